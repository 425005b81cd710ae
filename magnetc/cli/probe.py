"""`magnetc probe DIR`: call every tool in the recipe's world, and compare what it does with what is said of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.probe_tools import ToolsProbed

CODES = ("MG640", "MG641", "MG642", "MG643")


@click.command("probe")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--trust", is_flag=True, help="Run the recipe's code this once, whether it is trusted or not.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--json", "as_json", is_flag=True, help="What was seen of each tool, as JSON.")
def command(folder: Path, trust: bool, jobs: int | None, as_json: bool) -> None:
    """Call the tools of FOLDER on sampled arguments; keep in magnetc.lock what they return, and how they refuse."""
    from magnetc.build.probe import ProbeOptions
    from magnetc.build.probe_tools import probe_tools

    sink = Sink()
    with diagnosed(sink, folder=folder):
        options = ProbeOptions(folder=folder, trust=trust, announce=announce, **({"jobs": jobs} if jobs else {}))
        probed = asyncio.run(probe_tools(options, sink))
    if probed is None:
        fail(sink, folder=folder)
    found = sink.only(*CODES)  # `magnetc check` tells the rest
    show(found, folder=folder)
    if as_json:
        click.echo(json.dumps({each.tool: each.entry() for each in probed.behaviours}, indent=2, ensure_ascii=False))
    _summary(probed, len(found.diagnostics))


def _summary(probed: ToolsProbed, mismatches: int) -> None:
    """What was never called, and the counts."""
    for each in probed.behaviours:
        if each.stuck:
            click.echo(f"  never called  {each.tool}: {each.stuck}", err=True)
    called = [each for each in probed.behaviours if each.called]
    calls = sum(len(each.called) for each in called)
    click.echo(f"{counted(len(called), 'tool')} of {len(probed.behaviours)} called {calls} times, {probed.compared} with a document: "
               f"{counted(mismatches, 'mismatch')}".replace("mismatchs", "mismatches"), err=True)
