"""The folder of results: files as `bfcl generate` writes them, which `bfcl evaluate` reads, and what says whose they are."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.source.write_whole import write_whole

RUN, REPORT = "run.json", "report.json"


class ResultFolder:
    """The results of a model in `folder`, a file for each category under `result/NAME`.

    `run` says what they come from; a folder that has results of something else is refused, unless it is to be begun anew (`fresh`).

    Raises:
        MagnetError: MG704 for a folder of other results.
    """

    def __init__(self, folder: Path, name: str, files: Mapping[str, str], run: Mapping[str, Json], *, fresh: bool = False):
        self.folder, self._files, self._place = folder, files, folder / "result" / name
        known = None if fresh else _read(folder / RUN)
        if known is not None and known != dict(run):
            raise _another(folder, known, run)
        if fresh:
            shutil.rmtree(folder / "result", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / RUN, json.dumps(run, indent=2, ensure_ascii=False) + "\n")

    def path(self, category: str) -> Path:
        return self._place / self._files[category]

    def lines(self, category: str) -> dict[str, dict[str, Any]]:
        """The answered entries of a category, by id. A line that a killed process left unfinished is none."""
        try:
            text = self.path(category).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        found = {}
        for line in text.split("\n"):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("magnetc"), dict):
                found[row["id"]] = row
        return found

    def add(self, category: str, line: Mapping[str, Json]) -> None:
        """Write an entry's line behind the others."""
        path = self.path(category)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def mend(self, category: str) -> None:
        """Leave the whole lines of a category alone, in the order of their numbers, as the package does when it is done."""
        lines = self.lines(category)
        if lines:
            ordered = sorted(lines.values(), key=lambda line: int(re.findall(r"\d+", line["id"].rpartition("_")[2])[0]))
            write_whole(self.path(category), "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in ordered))


def _read(path: Path) -> dict[str, Any] | None:
    """What a folder says of its results; None where it has none."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _another(folder: Path, known: Mapping[str, Json], run: Mapping[str, Json]) -> MagnetError:
    notes = [f"{key}: {json.dumps(known.get(key), ensure_ascii=False)} there, {json.dumps(run.get(key), ensure_ascii=False)} here"
             for key in sorted({*known, *run}) if known.get(key) != run.get(key)]
    return MagnetError(Diagnostic(code="MG704", message=f"`{folder}` has results of another model or other settings", notes=tuple(notes),
                                  help="name another folder with `-o`, or begin anew in this one with `--fresh`"))
