"""`magnetc diff A B`: what is other in B, of two recipes or two datasets, in the words of the domain."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import diagnosed, fail
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.differences import Change, RowChanges


@click.command("diff")
@click.argument("first", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("second", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="The differences as JSON.")
@click.option("--exit-code", is_flag=True, help="End with 1 where there are differences.")
def command(first: Path, second: Path, as_json: bool, exit_code: bool) -> None:
    """Compare the recipes or datasets in FIRST and SECOND."""
    from magnetc.build.differences import differences, is_dataset, read_spec, row_differences

    specs = []
    for folder in (first, second):
        sink = Sink()
        with diagnosed(sink, folder=folder):
            spec = read_spec(folder, sink)
            if spec is None or sink.has_errors:
                fail(sink, folder=folder)
            specs.append(spec)
    changes = list(differences(*specs))
    with diagnosed(Sink()):
        rows = row_differences(first, second) if is_dataset(first) and is_dataset(second) else []
    if as_json:
        click.echo(json.dumps({"recipe": [asdict(change) for change in changes], "rows": [asdict(each) for each in rows]}, indent=2, ensure_ascii=False))
    else:
        _tell(changes, rows)
    if exit_code and (changes or any(each.changed or each.only_first or each.only_second for each in rows)):
        raise SystemExit(1)


def _tell(changes: list[Change], rows: list[RowChanges]) -> None:
    marks = {"added": "+", "removed": "-", "changed": "~"}
    for change in changes:
        click.echo(f"{marks[change.change]} {change.kind} `{change.name}`" + (f": {'; '.join(change.details)}" if change.details else ""))
    if not changes:
        click.echo("the recipes are the same")
    for each in rows:
        told = [f"{number:,} {word}" for number, word in ((each.same, "the same"), (each.changed, "changed"), (each.only_first, "only in the first"),
                                                         (each.only_second, "only in the second")) if number]
        click.echo(f"rows of {each.rows}: {', '.join(told)}")
