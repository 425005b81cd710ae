"""`magnetc import SOURCE`: the tools of a source as a spec to review, or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from magnetc.cli.report import diagnosed
from magnetc.diagnostics import Sink


@click.command("import")
@click.argument("source")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Where to write; types go beside it, in `NAME.types.yaml`.")
@click.option("--json", "as_json", is_flag=True, help="In OpenAI's format, nothing guessed and nothing left out.")
def command(source: str, output: Path | None, as_json: bool) -> None:
    """Read the tools of SOURCE and write them as YAML: a .py file, "mcp: COMMAND", a URL, an OpenAPI, JSON or JSON-lines file."""
    from magnetc.build.start.source import identify
    from magnetc.build.start.spec_text import declared_text, types_text
    from magnetc.tools.guesses.effects import guess_effect
    from magnetc.tools.guesses.entities import guess_entities
    from magnetc.tools.importers import importer
    from magnetc.tools.importers.importer import Place, without_references
    from magnetc.tools.importers.openai_json import openai_tools

    with diagnosed(Sink()):
        found = identify(source)
        snapshot = importer(found.importer)(found.argument, Place(folder=found.folder, site_packages=lambda: found.folder))
        if as_json:
            whole = {
                "source": snapshot.source,
                "digest": snapshot.digest,
                "licence": snapshot.licence,
                "tools": openai_tools(snapshot.functions),
            }
            _put(output, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
            return
        snapshot = without_references(snapshot)
        guesses = guess_entities(snapshot.functions)
        effects = {tool["name"]: guess_effect(tool) for tool in snapshot.functions}
        _put(output, declared_text(snapshot, guesses, effects))
        if guesses.types:
            if output is None:
                click.echo("---")
            _put(output and output.with_suffix(".types.yaml"), types_text(guesses.types))


def _put(path: Path | None, text: str) -> None:
    if path is None:
        click.echo(text, nl=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}", err=True)
