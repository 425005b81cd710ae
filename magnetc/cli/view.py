"""`magnetc view OUT`: the rows of a dataset in a browser, however many there are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from magnetc.cli.report import announce, diagnosed
from magnetc.diagnostics import Sink


@click.command("view")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on; one that is free by default.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
def command(out: Path, port: int, no_browser: bool) -> None:
    """Show the rows of the dataset in OUT to a browser of this machine, until interrupted. Nothing in OUT is run."""
    from magnetc.build.read_manifest import read_manifest
    from magnetc.emit.report.entry import reading_order
    from magnetc.view.server import serve

    def ready(address: str) -> None:
        click.echo(address)
        announce("Ctrl-C ends it")
        if not no_browser:
            click.launch(address)

    with diagnosed(Sink(), folder=out):
        manifest = read_manifest(out)
        files = [name for name in manifest["files"] if _is_inside(out, name)]
        for name in manifest["files"].keys() - set(files):
            announce(f"`{name}` is not in `{out}`: its rows are not shown")
        try:
            asyncio.run(serve(out, str(manifest.get("name", out.name)), sorted(files, key=reading_order), port, ready))
        except OSError as error:
            if error.filename is not None:
                raise
            raise click.BadParameter(f"port {port} cannot be listened on: {error.strerror or error}", param_hint="--port") from None


def _is_inside(out: Path, name: str) -> bool:
    """Whether a data file is there, and not in some other place that a manifest leads to."""
    return (out / name).resolve().is_relative_to(out.resolve()) and (out / name).is_file()
