"""`magnetc eval heldout OUT`: what a model does in conversations that nothing was trained on, in their worlds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.agent_options import agent_options
from magnetc.cli.pace import pace
from magnetc.cli.report import announce, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from rich.table import Table

    from magnetc.build.acting import ActingModel
    from magnetc.eval.heldout import HeldOutResult, SetScore

LINES = {
    "success_rate": "conversations that succeed", "turn_success_rate": "turns that succeed", "call_recall": "calls made, of the reference's",
    "call_precision": "calls right, of the model's", "asked_rate": "asked where it should", "declined_rate": "declined where it should",
    "asked_needlessly_rate": "asked although it could act", "refused_needlessly_rate": "refused although it could act",
    "acted_wrongly_rate": "acted where it should not",
}


@click.command("heldout")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--set", "sets", multiple=True, metavar="NAME", help="A held-out set, such as `test`; all that the dataset has by default.")
@click.option("--conversations", type=click.IntRange(min=1), help="At most so many of each set, drawn by their ids.")
@click.option("-k", "--trials", type=click.IntRange(min=1), default=1, show_default=True, help="Play each conversation so often, for pass^k.")
@click.option("--user", type=click.Choice(["recorded", "goal"]), default="recorded", show_default=True,
              help="Who speaks to the model: the messages of the row, or one who also answers questions about what these are after.")
@click.option("--messages", "most_actions", type=click.IntRange(min=1), default=8, show_default=True, help="Messages of calls in one turn, at the most.")
@agent_options()
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--trust", is_flag=True, help="Run the code in OUT/recipe this once, whether it is trusted or not.")
@click.option("-o", "--results", type=click.Path(path_type=Path), help="Write all that was found here, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The same on stdout.")
def command(out: Path, sets: tuple[str, ...], conversations: int | None, trials: int, user: str, most_actions: int, agent: ActingModel,
            jobs: int | None, trust: bool, results: Path | None, as_json: bool) -> None:
    """Let a model play the held-out conversations of the dataset in OUT, and score what it did by execution."""
    if trials > 1 and not agent.sampling.temperature:
        raise click.UsageError("--trials: at temperature 0 every trial is the same; say `--temperature`, such as 0.7")
    sink = Sink()
    with diagnosed(sink):
        from magnetc.eval.heldout import HeldOutOptions, heldout

        with pace("playing") as watch:
            options = HeldOutOptions(out=out, agent=agent, sets=sets, conversations=conversations, trials=trials, user=user,
                                     most_actions=most_actions, jobs=jobs, trust=trust, announce=announce, watch=watch)
            found = asyncio.run(heldout(options, sink))
        if found is None:
            fail(sink, folder=out / "recipe")
        show(sink, folder=out / "recipe")
        text = json.dumps(found.document(), indent=1, ensure_ascii=False) + "\n"
        if results is not None:
            results.write_text(text, encoding="utf-8")
    if as_json:
        click.echo(text, nl=False)
    else:
        _show(found)


def _show(found: HeldOutResult) -> None:
    from rich.console import Console

    console = Console()
    for each in found.sets:
        console.print(f"[bold]{each.name}[/bold]: {counted(len(each.trials[0]), 'conversation')} of {each.rows:,}, played by {found.model}"
                      + (f", {len(each.trials)} times" if len(each.trials) > 1 else ""), highlight=False, soft_wrap=True)
        console.print(_rates(each))
        console.print(_parts(each))
    if found.counts.get("refused"):
        console.print(f"{counted(found.counts['refused'], 'request')} refused by the server: empty messages of the agent", soft_wrap=True)


def _rates(found: SetScore) -> Table:
    """Each rate with what it is of and its 95 % interval, and what else was counted."""
    from rich.table import Table

    total = found.summary.total
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, line in LINES.items():
        part, whole = total.counts(name)
        if whole:
            interval = found.interval(name)
            table.add_row(line, f"{part:,} of {whole:,}", f"{part / whole:.1%}", f"{interval[0]:.1%} to {interval[1]:.1%}")
    if len(found.trials) > 1:
        for k, rate in found.passes.items():
            table.add_row(f"pass^{k}", "", "" if rate is None else f"{rate:.1%}")
    for line, number in (("conversations that end in another state", total.other_state), ("conversations without a result they need", total.missing_results),
                         ("turns without an answer", total.exhausted), ("calls of no tool that is offered, or unfit", total.refused),
                         ("calls that cannot be read", total.malformed)):
        table.add_row(line, f"{number:,}")
    return table


def _parts(found: SetScore) -> Table:
    """Success by operation, and by how far the results are that a turn's calls need."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("", "of", "succeed", "calls made"):
        table.add_column(column, justify="right" if column else "left")
    for name, tally in found.summary.operations.items():
        table.add_row(f"operation {name}", counted(tally.conversations, "conversation"), _share(tally.success_rate), _share(tally.call_recall))
    for name, turns in found.summary.distances.items():
        table.add_row(f"dependency {name}", counted(turns.turns, "turn"), _share(turns.successes / turns.turns), _share(turns.recalled / turns.reference_calls))
    return table


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"
