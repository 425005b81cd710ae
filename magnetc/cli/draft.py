"""`magnetc draft turns DIR`: a hosted teacher proposes phrases, which are checked and written into the recipe for review."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from magnetc.cli.report import counted, diagnosed, fail, show
from magnetc.diagnostics import Sink


@click.group("draft")
def command() -> None:
    """Let the recipe's teacher propose what the recipe lacks, and the compiler check it. Review it as any other change."""


@command.command("turns")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--enough", type=click.IntRange(min=1), default=6, show_default=True, help="Phrases that each tool is to have in each locale.")
@click.option("--tool", "tools", multiple=True, help="Draft for this tool alone; may be repeated.")
def turns(folder: Path, enough: int, tools: tuple[str, ...]) -> None:
    """Phrases for the tools of FOLDER that have few, into `turns/draft.magnet`."""
    from magnetc.build.draft import draft_turns

    sink = Sink()
    with diagnosed(sink, folder=folder):
        drafted = asyncio.run(draft_turns(folder, sink, enough=enough, tools=tools))
    if drafted is None:
        fail(sink, folder=folder)
    told = Sink()
    told.extend(drafted.failures)
    show(told, folder=folder)
    for reason in drafted.lost:
        click.echo(f"  nothing for {reason}", err=True)
    if drafted.budget is not None and drafted.budget.requests:
        click.echo(drafted.budget.summary(), err=True)
    number = sum(len(each) for each in drafted.phrases.values())
    if not number:
        click.echo("nothing was drafted: " + ("no answer could be used" if drafted.lost or drafted.failures else "every tool has enough phrases"), err=True)
    else:
        tools_drafted = len({tool for tool, _ in drafted.phrases})
        click.echo(f"wrote {counted(number, 'phrase')} for {counted(tools_drafted, 'tool')} to {folder / drafted.file}: include it in the recipe if it is not, "
                   f"run `magnetc check {folder}`, and review it", err=True)
    if drafted.failures or drafted.lost:
        raise SystemExit(1)
