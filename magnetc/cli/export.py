"""`magnetc export OUT --to FORMAT`: a dataset's rows as other trainers and hubs read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from magnetc.cli.report import announce, diagnosed
from magnetc.diagnostics import Sink
from magnetc.emit.exports import NAMES


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--to", "formats", type=click.Choice(NAMES), multiple=True, required=True, help="The form; several, each with its own `--to`.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path),
              help="Where to write; OUT/exports/FORMAT by default. Of several forms, each has a folder in it.")
@click.option("--json", "as_json", is_flag=True, help="What was written and dropped as JSON.")
def command(out: Path, formats: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Write the rows of the dataset in OUT in another form. Nothing in OUT is run; what a form cannot hold is counted."""
    from magnetc.build.export import export

    names = tuple(dict.fromkeys(formats))
    folders = {name: out / "exports" / name if folder is None else folder if len(names) == 1 else folder / name for name in names}
    with diagnosed(Sink(), folder=out):
        made = export(out, folders)
    for name, counts in made.items():
        announce(f"{name}: {sum(counts['rows'].values()):,} rows in {folders[name]}")
        for line in dropped(counts):
            announce(f"  {line}")
    if as_json:
        click.echo(json.dumps({name: {"folder": str(folders[name]), **counts} for name, counts in made.items()}, indent=2, ensure_ascii=False))


def dropped(counts: dict[str, Any]) -> list[str]:
    """What an export left out, a line a reason."""
    return [f"{number:,} left out: {reason}" for reason, number in counts["dropped"].items()]
