"""`magnetc run RECIPE`: from a recipe to an evaluated model, with one command."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import MISSED, announce, diagnosed, fail, is_terminal, progress, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.agent.watch import Watch
    from magnetc.run.driver import WholeRun

SIZES = ("recipe", "tiny")
LINES = {"build": "build the dataset", "sft": "fine-tune on its conversations", "mine": "let the model answer, and keep what it does wrong",
         "mdpo": "prefer what is right to that", "eval": "play what is held out"}


@click.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The run's folder; FOLDER-run by default.")
@click.option("--size", type=click.Choice(SIZES), default="recipe", show_default=True,
              help="`tiny`: a model from nothing, for two cores and half an hour, whatever the recipe says.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting of the training, such as `mdpo.beta=0.3`.")
@click.option("--paths", type=click.IntRange(min=1), help="Scale the recipe's path counts to this many in all.")
@click.option("-n", "--samples", type=click.IntRange(min=1), help="How often the model answers each turn that is mined.")
@click.option("--mined", type=click.IntRange(min=1), help="Conversations that are mined; all of the training partition by default.")
@click.option("--played", type=click.IntRange(min=1), help="Held-out conversations that are played of each set; all by default.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Of one message of the agent.")
@click.option("--batch", type=click.IntRange(min=1), default=32, show_default=True, help="Conversations that go through the model together.")
@click.option("--device", default="auto", show_default=True, help="Where the model plays: `cpu`, `cuda`, …")
@click.option("--trust", is_flag=True, help="Run the recipe's code this once, whether it is trusted or not.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on where the run stopped.")
@click.option("--json", "as_json", is_flag=True, help="What each step told, as JSON.")
def command(folder: Path, out: Path | None, size: str, changes: tuple[str, ...], paths: int | None, samples: int | None, mined: int | None,
            played: int | None, max_tokens: int | None, batch: int, device: str, trust: bool, jobs: int | None, fresh: bool, as_json: bool) -> None:
    """Build the dataset of the recipe in FOLDER, train on it, mine the model, prefer, and play what is held out. The same command goes on
    where it was cut off, and does again what has changed."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    sink = Sink()
    with diagnosed(sink, folder=folder), ExitStack() as shown:
        from magnetc.extras import required

        required("torch", "transformers", "trl", "peft", "matplotlib", "plotly")
        from dataclasses import replace

        from magnetc.run.driver import WholeRunOptions, run
        from magnetc.run.size import SIZES as KNOWN

        given = {"paths": paths, "samples": samples, "mined": mined, "played": played, "most_tokens": max_tokens}
        place = out or _beside(folder)
        bars = _Bars(shown)
        options = WholeRunOptions(
            recipe=folder, folder=place, size=replace(KNOWN[size], **{name: value for name, value in given.items() if value is not None}),
            changes=changes, trust=trust, jobs=jobs, batch=batch, device=device, fresh=fresh, bar=is_terminal(), announce=announce, built=bars.built,
            watched=bars.watched, step=bars.step)
        found = run(options, sink)
        bars.close()
        if found is None:
            fail(sink, folder=folder)
        show(sink, folder=folder)
        if as_json:
            click.echo(json.dumps({"run": str(place), **found.told}, indent=2, ensure_ascii=False))
        else:
            _table(found)
        if found.missed_gate:
            raise SystemExit(MISSED)


def _beside(folder: Path) -> Path:
    """The run's folder of a recipe: FOLDER-run, also where FOLDER is `.` or `..`."""
    named = folder if folder.name not in ("", "..") else folder.resolve()
    return named.with_name(f"{named.name}-run")


class _Bars:
    """One bar at a time, below the line that says which step it is of."""

    def __init__(self, shown: ExitStack):
        self._shown, self._open = shown, ExitStack()
        shown.enter_context(self._open)
        self._advance = None

    def step(self, name: str, number: int, of: int, why: str) -> None:
        self.close()
        announce(f"[{number}/{of}] {name}: {LINES[name]}" + (f" ({why})" if why else ""))

    def built(self) -> None:
        if self._advance is None:
            self._advance = self._open.enter_context(progress("building"))
        self._advance()

    def watched(self, what: str) -> Watch:
        from magnetc.cli.pace import pace

        self.close()
        return self._open.enter_context(pace(what))

    def close(self) -> None:
        self._open.close()
        self._advance = None


def _table(found: WholeRun) -> None:
    """What each model does in each held-out set, for people."""
    from rich.console import Console
    from rich.table import Table

    from magnetc.run.driver import PAGE

    table = Table(box=None, pad_edge=False)
    for title in ("held-out set", "model", "conversations", "succeed", "95 %", "turns succeed", "calls made"):
        table.add_column(title)
    for name, result in found.models.items():
        for each in result["sets"]:
            score, interval = each["score"]["total"], each["intervals"]["success_rate"]
            table.add_row(each["set"], name, f"{score['conversations']:,}", _share(score["success_rate"]), f"{interval[0]:.1%} to {interval[1]:.1%}",
                          _share(score["turn_success_rate"]), _share(score["call_recall"]))
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    last = "mdpo" if "mdpo" in found.models else "sft"
    console.print(f"\nthe model is in {found.folder / last / 'final'}; {found.folder / PAGE} shows the run", highlight=False, soft_wrap=True)


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"
