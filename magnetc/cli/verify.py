"""`magnetc verify OUT`: every proof of every row, from OUT alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from magnetc.cli.report import ERRORS, announce, counted, diagnosed, fail
from magnetc.diagnostics import Sink

SHOWN = 50


@click.command("verify")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--trust", is_flag=True, help="Run the code in OUT/recipe this once, whether it is trusted or not.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def command(out: Path, trust: bool, jobs: int | None, as_json: bool) -> None:
    """Check every proof of the dataset in OUT again. Exit 1 when one does not hold."""
    from magnetc.build.verify import verify

    sink = Sink()
    with diagnosed(sink, folder=out / "recipe"):
        found = asyncio.run(verify(out, sink, trust=trust, jobs=jobs, announce=announce))
    if found is None:
        fail(sink, folder=out / "recipe")
    if as_json:
        failures = [{"row": f.row, "proof": f.proof, "message": f.message} for f in found.failures]
        click.echo(json.dumps({"rows": found.rows, **({"mixed": found.mixed} if found.mixed else {}), "failures": failures}, indent=2, ensure_ascii=False))
    else:
        for failure in found.failures[:SHOWN]:
            click.echo(str(failure))
        if len(found.failures) > SHOWN:
            click.echo(f"... and {len(found.failures) - SHOWN} more")
        click.echo(f"{counted(found.rows, 'row')} checked" +
                   (f", {counted(len(found.failures), 'failure')}" if found.failures else ": every proof holds"))
        if found.mixed:
            click.echo(f"{found.mixed:,} of them were mixed in: nothing is proven of these but that they are the ones that were")
    if found.failures:
        raise SystemExit(ERRORS)
