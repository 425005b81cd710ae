"""`magnetc lock DIR`: snapshots of imported tools, made from their sources; with `--judge`, what a model says of the edges between
them; with `--probe`, which value flows are true."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.ir.probed import ProbedFlow


@click.command("lock")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--probe", is_flag=True, help="Execute producer and consumer of every value flow of the graph, too.")
@click.option("--judge", is_flag=True, help="Ask the recipe's teacher about tools that read alike, too: `infer judged`.")
@click.option("--votes", type=click.IntRange(min=1), default=3, show_default=True, help="How often each pair of tools is judged.")
@click.option("--trust", is_flag=True, help="Run the recipe's code and commands this once, whether they are trusted or not.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
def command(folder: Path, probe: bool, judge: bool, votes: int, trust: bool, jobs: int | None) -> None:
    """Contact the sources that `tools from` names in FOLDER and write magnetc.lock."""
    from magnetc.build.lock import lock_recipe

    sink = Sink()
    with diagnosed(sink, folder=folder):
        written = lock_recipe(folder, sink, announce, trust)
        if written is not None and judge:
            _judge(folder, votes)
        if written is not None and probe:
            _probe(folder, trust, jobs)
    if written is None:
        fail(sink, folder=folder)
    click.echo(f"wrote {written}", err=True)


def _judge(folder: Path, votes: int) -> None:
    from magnetc.build.judge import JudgeOptions, judge_recipe
    from magnetc.cli.report import progress

    sink = Sink()
    with diagnosed(sink, folder=folder), progress("votes") as advance:
        judged = asyncio.run(judge_recipe(JudgeOptions(folder=folder, votes=votes, announce=announce, progress=advance), sink))
    if judged is None:
        fail(sink, folder=folder)
    sink.extend(judged.failures)
    show(sink, folder=folder)
    kinds = Counter(each.kind for each in judged.votes)
    for reason, number in judged.lost.most_common(5):
        click.echo(f"  {counted(number, 'vote')} could not be read: {reason}", err=True)
    spent = judged.budget
    if spent and spent.requests:
        click.echo(spent.summary(), err=True)
    click.echo(f"{counted(len(judged.votes), 'pair')} judged: {', '.join(f'{number} {kind}' for kind, number in sorted(kinds.items()))}", err=True)
    if judged.failures:
        raise SystemExit(1)


def _probe(folder: Path, trust: bool, jobs: int | None) -> None:
    from magnetc.build.probe import ProbeOptions, probe_recipe

    sink = Sink()
    with diagnosed(sink, folder=folder):
        options = ProbeOptions(folder=folder, trust=trust, announce=announce, **({"jobs": jobs} if jobs else {}))
        flows = asyncio.run(probe_recipe(options, sink))
    told = sink.only("MG307")  # `magnetc check` tells the rest
    if flows is None or told.has_errors:
        fail(told, folder=folder)
    show(told, folder=folder)
    _table(flows)


def _table(flows: Iterable[ProbedFlow]) -> None:
    """What was not proven, a line each, then the counts."""
    counts = {"proven": 0, "refuted": 0, "untried": 0}
    for probed in flows:
        counts[probed.finding.value] += 1
        if probed.finding.value != "proven":
            name = f"{probed.source}{probed.flow.pointer} -> {probed.target}.{probed.flow.parameter}"
            click.echo(f"  {probed.finding.value}  {name}" + (f": {probed.reason}" if probed.reason else ""), err=True)
    told = ", ".join(f"{number} {finding}" for finding, number in counts.items())
    click.echo(f"{counted(sum(counts.values()), 'value flow')}: {told}", err=True)
