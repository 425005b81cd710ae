"""`magnetc lock DIR`: snapshots of imported tools, made from their sources."""

from __future__ import annotations

from pathlib import Path

import click

from magnetc.cli.report import announce, diagnosed, fail
from magnetc.diagnostics import Sink


@click.command("lock")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Contact the sources that `tools from` names in FOLDER and write magnetc.lock."""
    from magnetc.build.lock import lock_recipe

    sink = Sink()
    with diagnosed(sink, folder=folder):
        written = lock_recipe(folder, sink, announce)
    if written is None:
        fail(sink, folder=folder)
    click.echo(f"wrote {written}", err=True)
