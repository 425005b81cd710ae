"""`magnetc lsp`: the language server for editors, over standard input and output."""

from __future__ import annotations

import click

from magnetc.cli.report import diagnosed
from magnetc.diagnostics import Sink


@click.command("lsp")
def command() -> None:
    """Serve an editor: diagnostics, hover, go to definition and formatting, over standard input and output.

    Editors start this themselves; `docs/editors.md` says how.
    """
    from magnetc.extras import required

    with diagnosed(Sink()):
        required("pygls", extra="lsp")
        from magnetc.lsp.server import make_server

        make_server().start_io()
