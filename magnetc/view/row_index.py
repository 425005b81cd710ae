"""An index of the rows of data files: where each begins, and which rows have what they can be chosen by."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from magnetc.ir.json import Json
from magnetc.view.read_row import as_entry, read_row

Rows = npt.NDArray[np.uint32]
"""Numbers of rows, ascending."""

BATCH = 64
"""Rows that are read between two moments at which others can ask."""


class RowIndex:
    """Made by one thread, `read`, while others ask for the rows that it has by then. A row costs some 20 bytes, and 4 for each of its values.

    Attributes:
        whole: every row is in it.
        share: how much of the files has been read.
    """

    def __init__(self, folder: Path, files: list[str]):
        self.folder, self.files = folder, files
        self.whole, self.share = False, 0.0
        self._starts, self._file, self._ids = array("Q"), array("H"), array("q")
        self._having: dict[str, dict[str, array[int]]] = {}
        self._lock, self._stopped = threading.Lock(), threading.Event()

    def __len__(self) -> int:
        return len(self._starts)

    def read(self) -> None:
        """Read every file from its beginning to its end."""
        size = sum((self.folder / name).stat().st_size for name in self.files) or 1
        before = 0
        for number, name in enumerate(self.files):
            at = 0
            with (self.folder / name).open("rb") as file:
                while not self._stopped.is_set() and (lines := list(islice(file, BATCH))):
                    entries = [as_entry(name, read_row(line)) for line in lines]
                    with self._lock:
                        for line, entry in zip(lines, entries):
                            self._add(number, at, entry)
                            at += len(line)
                    self.share = min((before + at) / size, 1.0)
            before += at
        self.whole = not self._stopped.is_set()

    def stop(self) -> None:
        """Let `read` come to its end."""
        self._stopped.set()

    def _add(self, file: int, start: int, entry: Mapping[str, Any]) -> None:
        row = len(self._starts)
        self._starts.append(start)
        self._file.append(file)
        self._ids.append(hash(entry["id"]))
        for facet, values in entry["facets"].items():
            having = self._having.setdefault(facet, {})
            for value in values:
                having.setdefault(value, array("I")).append(row)

    def place(self, row: int) -> tuple[str, int]:
        """The file of a row, and the byte at which it begins. Raises IndexError when there is no such row."""
        with self._lock:
            return self.files[self._file[row]], self._starts[row]

    def facets(self) -> dict[str, dict[str, int]]:
        """How many rows have each value, as far as is known."""
        with self._lock:
            return {facet: {value: len(rows) for value, rows in having.items()} for facet, having in self._having.items()}

    def rows(self, wanted: Mapping[str, str]) -> Rows:
        """The rows that have all these values, by facet: as far as is known, in the order of the files."""
        with self._lock:
            if not wanted:
                return np.arange(len(self._starts), dtype=np.uint32)
            found = [np.array(self._having.get(facet, {}).get(value, array("I")), dtype=np.uint32) for facet, value in wanted.items()]
        common = min(found, key=len)
        for rows in found:
            common = common if rows is common else np.intersect1d(common, rows, assume_unique=True)
        return common

    def named(self, name: str) -> Rows:
        """The rows that may have this id."""
        with self._lock:
            ids = np.array(self._ids, dtype=np.int64)
        return np.flatnonzero(ids == hash(name)).astype(np.uint32)

    def document(self) -> dict[str, Json]:
        """What there is to choose by, and how far the index is."""
        return {"facets": self.facets(), "rows": len(self), "share": self.share, "whole": self.whole}
