"""`magnetc init DIR`: a recipe to begin with, from tools that exist, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.start.recipe import Begun

SHOWN = 12
"""Tasks of the worklist that are printed."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "source", help='A `.py` file (`tools.py:Class`), `"mcp: COMMAND"`, an OpenAPI file, or a JSON file of tools.')
@click.option("--run", is_flag=True, help="Let conversations call the tools for real, also those that may change something outside.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def command(folder: Path, source: str | None, run: bool, force: bool) -> None:
    """Write a recipe into FOLDER that passes `check`: tools, types, a world, paths and first phrases."""
    from magnetc.build.start.recipe import init_recipe

    sink = Sink()
    with diagnosed(sink, folder=folder):
        begun = init_recipe(folder, source, force=force, run=run, announce=announce)
        for name in begun.files:
            click.echo(f"  wrote {folder / name}", err=True)
        _tell(folder, begun, sink)


def _tell(folder: Path, begun: Begun, sink: Sink) -> None:
    """What the recipe is, the worklist, and the next command."""
    from magnetc.build.compile import compile_recipe
    from magnetc.build.start.recipe import PATH
    from magnetc.build.start.worklist import worklist

    context = compile_recipe(folder, sink)
    if context is None:
        fail(sink, folder=folder)
    show(Sink(), folder=folder)
    spec = context.spec
    parts = [counted(len(spec.tools), "tool"), counted(len(spec.types), "type"), counted(len(context.graph.edges), "edge")]
    click.echo(f"`{spec.recipe.name}` is sound: {', '.join(parts)}; its world is {begun.world}", err=True)
    for note in begun.notes:
        click.echo(f"  {note}", err=True)
    if begun.guesses is not None and begun.effects is not None and PATH in context.path:
        tasks = worklist(context, PATH, begun.guesses, begun.effects)
        if tasks:
            click.echo("worth your time, by the walks that it opens (+) or touches:", err=True)
        for task in tasks[:SHOWN]:
            click.echo(f"  {'+' if task.opens else ' '}{task.share:>4.0%}  {task.what}: {task.how}", err=True)
        if len(tasks) > SHOWN:
            click.echo(f"  and {len(tasks) - SHOWN} more", err=True)
    if spec.recipe.paths:
        click.echo(f"next: magnetc preview {folder} -n 20 --trust", err=True)
    else:
        click.echo(f"no tool can be called yet: give the types in {folder / 'types.yaml'} values, then magnetc check {folder}", err=True)
