"""`magnetc mine OUT -o MINED`: what a student does wrong in a dataset's turns, as preference pairs and repairs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.agent_options import agent_options
from magnetc.cli.pace import pace
from magnetc.cli.report import announce, counted, diagnosed, fail, show, spent
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.acting import ActingModel
    from magnetc.build.mine.driver import MineSummary


@click.command("mine")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("-o", "--to", type=click.Path(path_type=Path), required=True, help="Where to write.")
@agent_options(temperature=1.0)
@click.option("-n", "--samples", type=click.IntRange(min=1), default=10, show_default=True, help="How often the student answers each user turn.")
@click.option("--pairs", type=click.IntRange(min=0), default=2, show_default=True, help="Pairs of one conversation, at most.")
@click.option("--conversations", type=click.IntRange(min=1), help="So many of the dataset's training conversations; all by default.")
@click.option("--repairs/--no-repairs", default=True, show_default=True, help="Also rows in which the student's wrong call is followed by the right one.")
@click.option("--only", is_flag=True, help="Leave out the training pairs that OUT has.")
@click.option("--likely", type=click.FloatRange(min=0, max=1), default=1.0, metavar="SHARE",
              help="Keep this share of OUT's training pairs: those whose wrong action the student is likeliest to take.")
@click.option("--hardest", type=click.FloatRange(min=0, max=1, min_open=True), default=1.0, metavar="SHARE",
              help="Mine this share of the conversations: those whose rows the student finds least likely.")
@click.option("--judge", type=click.Path(path_type=Path), metavar="RECIPE",
              help="The folder of a recipe whose teacher judges words where execution cannot tell right from wrong.")
@click.option("--votes", type=click.IntRange(min=1), default=3, show_default=True, help="How often the judge is asked about the same words.")
@click.option("--trust", is_flag=True, help="Run the code in OUT/recipe this once, whether it is trusted or not.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def command(out: Path, to: Path, agent: ActingModel, samples: int, pairs: int, conversations: int | None, repairs: bool, only: bool, likely: float,
            hardest: float, judge: Path | None, votes: int, trust: bool, jobs: int | None, as_json: bool) -> None:
    """Let a student answer the user turns of the dataset in OUT, and write a dataset that also has what it did wrong, each proven by execution."""
    from magnetc.build.mine.driver import MineOptions, mine

    sink = Sink()
    with diagnosed(sink, folder=out / "recipe"), pace("mining") as watch:
        options = MineOptions(out=out, to=to, agent=agent, place=Path.cwd(), samples=samples, pairs=pairs, conversations=conversations or 0,
                              repairs=repairs, only=only, likely=likely, hardest=hardest, judge=judge, votes=votes, trust=trust, jobs=jobs, announce=announce, watch=watch)
        summary = asyncio.run(mine(options, sink))
    if summary is None:
        fail(sink, folder=out / "recipe")
    show(sink, folder=out / "recipe")
    _tell(summary, to)
    if as_json:
        click.echo(json.dumps({"out": str(to), **summary.document()}, indent=2, ensure_ascii=False))


def _tell(summary: MineSummary, to: Path) -> None:
    spent(summary.asked)
    share = summary.right / summary.rollouts if summary.rollouts else 0.0
    if summary.loss:
        by = ", ".join(f"{name} {value:.2f}" for name, value in summary.loss["dependency"].items())
        click.echo(f"loss of the rows' first messages: {summary.loss['mean']:.2f} a token; by dependency: {by}", err=True)
    click.echo(f"{counted(summary.rollouts, 'rollout')} of {counted(summary.turns, 'turn')}: {share:.0%} as they should be", err=True)
    for reason, number in summary.wrong.most_common(6):
        click.echo(f"  {number:,} wrong: {reason}", err=True)
    for reason, number in summary.unvoted.most_common(3):
        click.echo(f"  {number:,} votes missing: {reason}", err=True)
    for kind, number in summary.faults.most_common():
        click.echo(f"  {number:,} pairs: {kind}", err=True)
    click.echo(f"{counted(summary.pairs, 'pair')} and {counted(summary.repairs, 'repair')} in {to}", err=True)
