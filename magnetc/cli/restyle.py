"""`magnetc restyle OUT -o OUT2`: the same conversations in other words, proven again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, progress, show, spent
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.restyle.driver import Summary


@click.command("restyle")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("-o", "--to", type=click.Path(path_type=Path), required=True, help="Where to write.")
@click.option("--teacher", type=click.Path(path_type=Path), help="The folder of the recipe whose teacher is asked; the one in OUT by default.")
@click.option("--trust", is_flag=True, help="Run the code in OUT/recipe this once, whether it is trusted or not.")
@click.option("--replay", is_flag=True, help="Ask nobody: the journal has all replies, or the command ends.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def command(out: Path, to: Path, teacher: Path | None, trust: bool, replay: bool, jobs: int | None, as_json: bool) -> None:
    """Let a model say the words of the dataset in OUT otherwise: calls, results and values stay, every proof is made again."""
    from magnetc.build.restyle.driver import RestyleOptions, restyle

    folder = teacher or out / "recipe"
    sink = Sink()
    with diagnosed(sink, folder=folder), progress("restyling") as advance:
        options = RestyleOptions(out=out, to=to, teacher=folder, trust=trust, replay=replay, jobs=jobs, announce=announce, progress=advance)
        summary = asyncio.run(restyle(options, sink))
    if summary is None:
        fail(sink, folder=folder)
    show(sink, folder=folder)
    _tell(summary)
    if as_json:
        click.echo(json.dumps({"out": str(to), **summary.document()}, indent=2, ensure_ascii=False))


def _tell(summary: Summary) -> None:
    spent(summary.asked)
    for reason, number in summary.kept.most_common(5):
        click.echo(f"  {counted(number, 'message')} kept: {reason}", err=True)
    click.echo(f"{counted(summary.said, 'message')} said otherwise, {sum(summary.kept.values()):,} kept; "
               f"{summary.changed:,} of {counted(summary.rows, 'row')} changed, every proof made again", err=True)
