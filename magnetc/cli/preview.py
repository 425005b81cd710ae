"""`magnetc preview DIR`: a few conversations, built and proven like all others, in the terminal."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import click

from magnetc.cli.report import announce, diagnosed, fail, show
from magnetc.diagnostics import Sink


@click.command("preview")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True, help="How many paths.")
@click.option("--seed", type=int, help="Another seed than the recipe's.")
@click.option("--trust", is_flag=True, help="Run the recipe's code this once, whether it is trusted or not.")
def command(folder: Path, count: int, seed: int | None, trust: bool) -> None:
    """Build a few conversations of the recipe in FOLDER and print them."""
    from magnetc.build.driver import build
    from magnetc.build.options import BuildOptions
    from magnetc.emit.transcript import transcript

    sink = Sink()
    with diagnosed(sink, folder=folder), tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        options = BuildOptions(folder=folder, out=out, seed=seed, paths=count, trust=trust, gated=False, announce=announce)
        if asyncio.run(build(options, sink)) is None:
            fail(sink, folder=folder)
        files = [path.read_text(encoding="utf-8") for path in (out / "sft").glob("*.jsonl")]
        for row in sorted((json.loads(line) for text in files for line in text.split("\n") if line), key=lambda row: row["id"]):
            title = " ".join([row["id"], *row["tags"]["operations"]])
            click.echo(f"── {title}\n{transcript(row['messages'])}\n")
        show(sink, folder=folder)
