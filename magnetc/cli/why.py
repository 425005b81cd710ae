"""`magnetc why OUT UNIT`: why a row of a dataset is as it is, with file and line of what it rests on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from magnetc.cli.report import diagnosed, fail
from magnetc.diagnostics import Sink


@click.command("why")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("unit")
@click.option("--json", "as_json", is_flag=True, help="The reasons as JSON.")
def command(out: Path, unit: str, as_json: bool) -> None:
    """Say what drew the row UNIT of the dataset in OUT (or the unit of that name, with its copies and pairs), and where each value comes from."""
    from magnetc.build.differences import read_spec
    from magnetc.build.row_reasons import RowReasons, find_rows

    sink = Sink()
    with diagnosed(sink, folder=out):
        rows = find_rows(out, unit)
        spec = read_spec(out, sink)
        if spec is None:
            fail(sink, folder=out / "recipe")
        reasons = RowReasons(spec, sink, (out / "recipe").as_posix())
        told = [list(reasons.facts(file, row)) for file, row in rows]
    if as_json:
        click.echo(json.dumps([[asdict(fact) for fact in facts] for facts in told], indent=2, ensure_ascii=False))
        return
    for facts in told:
        for fact in facts:
            click.echo("  " * fact.depth + fact.text + (f"   {fact.at}" if fact.at else ""))
