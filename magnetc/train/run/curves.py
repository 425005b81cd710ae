"""The curves of a run, as a picture and as a page to look into, from the histories of its trainers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

History = Sequence[Mapping[str, Any]]

PLAY = "free-running play"
KEPT = "#888888"
PANELS = {
    "loss": {"loss": "training", "eval_loss": "held out"},
    "margin": {"margin": "training", "eval_margin": "held out"},
    "log-probability gained over the reference": {
        "eval_chosen_gain": "chosen, held out", "eval_rejected_gain": "rejected, held out"},
    PLAY: {"play_success": "success", "play_recall": "call recall"},
}
"""Panels by title, each with its curves: a name in the history, and what it is called."""


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    steps: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """`kept` is the step whose weights the stage hands on, where it was chosen; `shares` go from 0 to 1."""

    title: str
    curves: list[Curve]
    kept: int | None = None
    shares: bool = False


def panels(stages: Mapping[str, History], kept: Mapping[str, int]) -> list[Panel]:
    """Every panel that has a curve, of each stage in order, and one of the margin by fault class. `kept`: steps by stage."""
    found = []
    for stage, history in stages.items():
        wanted = {title: dict(curves) for title, curves in PANELS.items()}
        faults = sorted({name for entry in history for name in entry if name.startswith("eval_") and name.endswith("/margin")})
        wanted["margin by fault"] = {name: name[5:-7].replace("_", " ") for name in faults}
        for title, names in wanted.items():
            curves = [curve for name, label in names.items() if (curve := _curve(history, name, label)).steps]
            if curves:
                found.append(Panel(f"{stage}: {title}", curves, kept.get(stage), title == PLAY))
    return found


def _curve(history: History, name: str, label: str) -> Curve:
    points = [(int(entry["step"]), float(entry[name])) for entry in history if name in entry]
    return Curve(label, [step for step, _ in points], [value for _, value in points])


def draw_png(path: Path, shown: Sequence[Panel], title: str) -> None:
    """The panels, two in a line."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    lines = -(-len(shown) // 2)
    figure = Figure(figsize=(11, 3.2 * lines + 0.5), layout="constrained")
    figure.suptitle(title)
    for place, panel in enumerate(shown, 1):
        axes = figure.add_subplot(lines, 2, place)
        for curve in panel.curves:
            axes.plot(curve.steps, curve.values, label=curve.name, marker="o" if len(curve.steps) < 30 else None, markersize=3)
        if panel.kept is not None:
            axes.axvline(panel.kept, color=KEPT, linestyle="--", linewidth=1, label="kept", zorder=0)
        if panel.shares:
            axes.set_ylim(-0.04, 1.04)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(panel.title, fontsize=10)
        axes.set_xlabel("optimiser step", fontsize=8)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=130)


def draw_html(path: Path, shown: Sequence[Panel], title: str) -> None:
    """The same as a page of its own, without a network."""
    from plotly.subplots import make_subplots

    lines = -(-len(shown) // 2)
    figure: Any = make_subplots(rows=lines, cols=2, subplot_titles=[panel.title for panel in shown])
    for place, panel in enumerate(shown):
        for curve in panel.curves:
            figure.add_scatter(x=curve.steps, y=curve.values, name=curve.name, legendgroup=panel.title,
                               legendgrouptitle_text=panel.title, mode="lines+markers", row=place // 2 + 1, col=place % 2 + 1)
        if panel.kept is not None:
            figure.add_vline(panel.kept, line={"color": KEPT, "dash": "dash", "width": 1}, annotation_text="kept",
                             row=place // 2 + 1, col=place % 2 + 1)
        if panel.shares:
            figure.update_yaxes(range=[-0.04, 1.04], tickformat=".0%", row=place // 2 + 1, col=place % 2 + 1)
    figure.update_layout(title=title, height=340 * lines, template="simple_white")
    figure.update_xaxes(title_text="optimiser step")
    figure.write_html(path, include_plotlyjs=True)


def draw(folder: Path, stages: Mapping[str, History], kept: Mapping[str, int], title: str) -> None:
    """`curves.png` and `curves.html`, unless there is nothing to show."""
    shown = panels(stages, kept)
    if shown:
        draw_png(folder / "curves.png", shown, title)
        draw_html(folder / "curves.html", shown, title)
