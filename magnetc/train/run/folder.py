"""A run's folder: settings that claim it, a folder a stage, checkpoints that are whole, and what is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.source.write_whole import write_whole
from magnetc.train.run.settings import differences

CLAIM = "run.json"
STATE = "trainer_state.json"
"""Written last into a checkpoint by transformers: one without it was cut short."""


@dataclass(frozen=True, slots=True)
class StageFolder:
    """`model` is there, whole, once the stage is done."""

    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def history(self) -> Path:
        return self.folder / "history.json"

    def best(self, step: int) -> Path:
        """Where the weights of a step are kept while they are the best."""
        return self.folder / f"best-{step}"

    def keep_best(self, step: int) -> None:
        """Remove the weights of all steps that were the best but this."""
        for path in self.folder.glob("best-*"):
            if path != self.best(step):
                shutil.rmtree(path)

    def is_done(self) -> bool:
        return self.model.is_dir()

    def checkpoint(self) -> Path | None:
        """The last whole checkpoint; those that a killed process left unfinished are removed."""
        whole = []
        for path in self.folder.glob("checkpoint-*"):
            if _is_whole(path):
                whole.append(path)
            else:
                shutil.rmtree(path)
        return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)

    def read_history(self) -> list[dict[str, Any]]:
        return json.loads(self.history.read_text(encoding="utf-8")) if self.history.is_file() else []

    def clear(self) -> None:
        """Remove the checkpoints of a stage that is done."""
        for path in self.folder.glob("checkpoint-*"):
            shutil.rmtree(path)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def is_last(checkpoint: Path) -> bool:
    """Whether a whole checkpoint is of its stage's last step."""
    state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    return state["global_step"] >= state["max_steps"]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run writes. The same settings on the same data go on where they stopped; others are refused."""

    folder: Path

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def final(self) -> Path:
        return self.folder / "final"

    def stage(self, name: str) -> StageFolder:
        return StageFolder(self.folder / name)

    def claim(self, identity: Mapping[str, Any]) -> None:
        """Make the folder this run's. `identity` is all that its result depends on, as JSON.

        Raises:
            MagnetError: MG717 when it holds another run that has begun, MG010 when it is no run's folder.
        """
        claim = self.folder / CLAIM
        if claim.is_file():
            try:
                before = json.loads(claim.read_text(encoding="utf-8"))
            except ValueError:
                before = {}
            found = differences(before, json.loads(json.dumps(identity)))
            if found and self.has_begun():
                raise MagnetError(_other_run(self.folder, found))
            if not found:
                return
            self.forget()
        if self.folder.is_file() or (self.folder.is_dir() and any(self.folder.iterdir())):
            raise MagnetError(Diagnostic(code="MG010", message=f"the folder `{self.folder}` exists and holds no run",
                                         help="name another with `-o`"))
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(claim, identity)

    def has_begun(self) -> bool:
        """Whether there is anything to lose: a run that was refused, or killed at once, left no checkpoint and no model."""
        return any(any(self.folder.glob(name)) for name in ("*/checkpoint-*", "*/best-*", "*/model"))

    def forget(self) -> None:
        """Remove a run, and nothing else."""
        if (self.folder / CLAIM).is_file():
            shutil.rmtree(self.folder)


def _other_run(folder: Path, found: list[str]) -> Diagnostic:
    return Diagnostic(code="MG717", message=f"`{folder}` holds a run with other settings or data", notes=tuple(found),
                      help="name another folder with `-o`, or begin anew with `--fresh`")


def write_json(path: Path, value: Any) -> None:
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def replace_folder(partial: Path, place: Path) -> None:
    """Move a folder that is whole into its place."""
    if place.exists():
        shutil.rmtree(place)
    partial.rename(place)
