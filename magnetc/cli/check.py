"""`magnetc check DIR`: every error and warning of a recipe, without running anything."""

from __future__ import annotations

from pathlib import Path

import click

from magnetc.cli.report import counted, diagnosed, fail, show
from magnetc.diagnostics import Severity, Sink


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["full", "concise", "json", "github"]), default="full",
              show_default=True, help="How diagnostics are shown.")
@click.option("-W", "warnings", type=click.Choice(["warn", "error"]), default="warn", show_default=True,
              help="Whether warnings fail the check.")
def command(folder: Path, form: str, warnings: str) -> None:
    """Check the recipe in FOLDER without running anything."""
    from magnetc.build.compile import compile_recipe

    sink = Sink()
    with diagnosed(sink, form, folder):
        context = compile_recipe(folder, sink)
    noted = sum(d.severity is Severity.WARNING for d in sink.diagnostics)
    if context is None or (warnings == "error" and noted):
        fail(sink, form, folder)
    show(sink, form, folder)
    if form in ("full", "concise"):
        spec = context.spec
        parts = [counted(len(spec.tools), "tool"), counted(len(context.graph.edges), "edge"), counted(len(spec.paths), "path")]
        parts += [counted(noted, "warning")] if noted else []
        click.echo(f"`{spec.recipe.name}` is sound: {', '.join(parts)}", err=True)
