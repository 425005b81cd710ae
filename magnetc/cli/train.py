"""`magnetc train OUT`: a model from the dataset, by the stages of its manifest."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, diagnosed, fail, is_terminal, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from rich.table import Table

    from magnetc.train.run.driver import RunSummary

STAGES = ("sft", "mdpo")


@click.command("train")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("-o", "--run", "folder", type=click.Path(path_type=Path), help="Where to write; OUT-model by default.")
@click.option("--stage", "stages", type=click.Choice(STAGES), multiple=True, help="Run this stage only.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting, such as `mdpo.beta=0.3`.")
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on where the run stopped.")
@click.option("--trust", is_flag=True, help="Run the code in OUT/recipe this once, whether it is trusted or not.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def command(out: Path, folder: Path | None, stages: tuple[str, ...], changes: tuple[str, ...], fresh: bool, trust: bool,
            as_json: bool) -> None:
    """Train on the dataset in OUT: SFT, then multi-turn preference optimisation. The same command resumes."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    sink = Sink()
    with diagnosed(sink):
        from magnetc.extras import required

        required("torch", "transformers", "trl", "peft", "matplotlib", "plotly")
        from magnetc.train.run.driver import RunOptions, train

        place = folder or out.with_name(f"{out.resolve().name}-model")
        options = RunOptions(out=out, folder=place, changes=changes, stages=stages or None, trust=trust, fresh=fresh,
                             bar=is_terminal(), announce=announce)
        summary = train(options, sink)
        if summary is None:
            fail(sink)
        if _is_main():
            show(sink)
            if as_json:
                click.echo(json.dumps({"run": str(place), **summary.document()}, indent=2, ensure_ascii=False))
            else:
                _table(place, summary)


def _is_main() -> bool:
    """Whether this process speaks for all that were started together."""
    return int(os.environ.get("RANK", "0")) == 0


def _table(place: Path, summary: RunSummary) -> None:
    """What each stage came to, for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("stage", "kept step", "success", "call recall", "held-out loss", "held-out margin"):
        table.add_column(title)
    for name, figures in summary.stages.items():
        kept, start, end = (figures.get(key, {}) for key in ("kept", "start", "end"))
        table.add_row(name, str(kept.get("step", "last")), *(f"{kept[key]:.1%}" if kept else "" for key in ("success", "recall")),
                      *(f"{start[key]:.3f} → {end[key]:.3f}" if key in start else "" for key in ("loss", "margin")))
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    for figures in summary.stages.values():
        if faults := sorted(name[: -len("/pairs")] for name in figures.get("start", {}) if name.endswith("/pairs")):
            console.print("\nlog-probability of a token in held-out pairs, where the sides differ, and elsewhere (else):")
            console.print(_faults(faults, figures["start"], figures["end"]))
    console.print(f"\nthe model is in {place / 'final'}; its SERVE.md says how to serve it, {place / 'curves.html'} shows the curves",
                  highlight=False, soft_wrap=True)


def _faults(faults: list[str], start: dict[str, float], end: dict[str, float]) -> Table:
    """A line for each fault class: what became of both sides from the start of the stage to its end."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1))
    places = {f"{side}_{where}": f"{side}{words}" for side in ("chosen", "rejected")
              for where, words in (("span", ""), ("elsewhere", ", else"))}
    for title in ("fault", "pairs", "margin", *places.values()):
        table.add_column(title)
    for fault in faults:
        names = [f"{fault}/{name}" for name in ("margin", *places)]
        table.add_row(fault, f"{end[f'{fault}/pairs']:.0f}",
                      *(f"{start[name]:.2f}→{end[name]:.2f}" if name in start else "" for name in names))
    return table
