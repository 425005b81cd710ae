"""Progress of a training stage on stderr: a bar while a terminal watches, else a line every so often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from transformers import TrainerCallback

SHOWN = {"loss": "loss", "margin": "margin", "eval_loss": "held-out loss", "eval_margin": "held-out margin",
         "play_success": "success", "play_recall": "recall"}
"""Figures that are shown, by their names in a trainer's history."""


class Progress(TrainerCallback):
    """Shows steps, rate, time left and the last figures of a stage."""

    def __init__(self, stage: str, announce: Callable[[str], None], bar: bool):
        self.stage, self.announce = stage, announce
        self.figures: dict[str, float] = {}
        self.progress: Any = None
        self.task: Any = None
        if bar:
            self.progress = _bar()

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if self.progress is not None:
            self.progress.start()
            self.task = self.progress.add_task(self.stage, total=state.max_steps, completed=state.global_step, figures="")

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if self.progress is not None:
            self.progress.update(self.task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **others: Any) -> None:
        found = {SHOWN[name]: float(value) for name, value in (logs or {}).items() if name in SHOWN}
        self.figures |= found
        if self.progress is not None:
            self.progress.update(self.task, figures=_words(self.figures))
        elif found:
            self.announce(f"{self.stage} {state.global_step}/{state.max_steps}: {_words(found)}")

    def on_train_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self.stop()

    def stop(self) -> None:
        if self.progress is not None:
            self.progress.stop()


def _words(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in figures.items())


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    return Bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[figures]}"), console=Console(stderr=True), transient=True)
