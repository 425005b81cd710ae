"""All exports by name; how one is written, with its counts beside it, and how a build writes those of its recipe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from magnetc.emit.exports.bfcl import write_conversation
from magnetc.emit.exports.dataset import Dataset, Row
from magnetc.emit.exports.openai import openai
from magnetc.emit.exports.parquet import parquet
from magnetc.emit.exports.sharegpt import sharegpt
from magnetc.emit.exports.sheet import Sheet
from magnetc.emit.exports.trl_completions import trl_completions
from magnetc.emit.exports.trl_objects import trl_objects
from magnetc.extras import required
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec

EXPORTS: dict[str, Callable[[Dataset, Sheet], None]] = {"trl-objects": trl_objects, "trl-completions": trl_completions,
                                                           "sharegpt": sharegpt, "openai": openai, "parquet": parquet}
"""Those that are made from rows alone, in the order of `NAMES`."""

COUNTS = "export.json"
"""In the folder of an export, what it holds and what it dropped: what tells such a folder from others."""

Counts = dict[str, Any]
"""`rows` by file, `dropped` by reason."""


def require_extras(names: Iterable[str]) -> None:
    """Raises MagnetError MG710 where an export needs a package that is not installed."""
    if "parquet" in names:
        required("pyarrow", extra="parquet")


def write_export(name: str, dataset: Dataset, folder: Path) -> Counts:
    """Make an export from rows, in a folder that has nothing in it yet."""
    with Sheet(folder) as sheet:
        EXPORTS[name](dataset, sheet)
    return _counted(name, sheet)


def _counted(name: str, sheet: Sheet) -> Counts:
    counts = sheet.document()
    sheet.text(COUNTS, json.dumps({"format": name, **counts}, indent=1, ensure_ascii=False) + "\n")
    return counts


class RecipeExports:
    """What the recipe's `emit` names, written into `folder`, each into a folder of its name."""

    def __init__(self, spec: Spec, folder: Path):
        self._spec, self._folder = spec, folder
        self._bfcl = Sheet(folder / "bfcl") if "bfcl" in spec.recipe.emit else None

    def take(self, rows: Sequence[Row], initial: Mapping[str, Json]) -> None:
        """A conversation as it is made: the one export that needs more than rows is written now."""
        if self._bfcl is not None:
            write_conversation(rows, initial, self._spec, self._bfcl)

    def finish(self, dataset: Dataset) -> dict[str, Counts]:
        """Write what is made from rows. Returns the counts of every export."""
        made = {name: write_export(name, dataset, self._folder / name) for name in self._spec.recipe.emit if name in EXPORTS}
        if self._bfcl is not None:
            self._bfcl.close()
            made["bfcl"] = _counted("bfcl", self._bfcl)
        return made

    def close(self) -> None:
        """Close what is open; after `finish` nothing is."""
        if self._bfcl is not None:
            self._bfcl.close()
