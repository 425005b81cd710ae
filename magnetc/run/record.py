"""What a run has done: a step is done once for all that it came from, and is done again when any of that is another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json, digest
from magnetc.source.write_whole import write_whole

NAME = "run.json"


@dataclass(slots=True)
class Record:
    """The steps of a run by name: what each came from, as a digest, and what it told when it was done."""

    folder: Path
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Record:
        """The record in a run's folder.

        Raises:
            MagnetError: MG010 for a folder that holds something else.
        """
        path = folder / NAME
        if not path.is_file():
            if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
                raise MagnetError(Diagnostic(code="MG010", message=f"the folder `{folder}` exists and is no run", help="name another with `-o`"))
            return cls(folder)
        try:
            return cls(folder, {str(name): dict(step) for name, step in json.loads(path.read_text(encoding="utf-8"))["steps"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MagnetError(Diagnostic(code="MG010", message=f"`{path}` is not the record of a run", notes=(f"{type(error).__name__}: {error}",),
                                         help="name another folder with `-o`, or remove this one")) from None

    def told(self, name: str, made_of: Json) -> dict[str, Any] | None:
        """What a step told that came from the same and was done; None where there is none."""
        step = self.steps.get(name)
        return step["told"] if step and step["of"] == digest(made_of) and step.get("told") is not None else None

    def is_other(self, name: str, made_of: Json) -> bool:
        """Whether the step was begun from something else: what it left is of no use."""
        return name in self.steps and self.steps[name]["of"] != digest(made_of)

    def begin(self, name: str, made_of: Json) -> None:
        """Note that a step is under way, before it leaves anything."""
        self._write(name, {"of": digest(made_of), "told": None})

    def done(self, name: str, made_of: Json, told: Mapping[str, Any]) -> None:
        self._write(name, {"of": digest(made_of), "told": dict(told)})

    def _write(self, name: str, step: dict[str, Any]) -> None:
        self.steps[name] = step
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / NAME, json.dumps({"steps": self.steps}, indent=1, ensure_ascii=False) + "\n")
