"""Pages of a list of rows, and a search through them, in portions that take no longer than a reader waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

from magnetc.emit.report.entry import words
from magnetc.ir.json import Json
from magnetc.view.read_row import as_entry, read_row
from magnetc.view.row_index import RowIndex

PATIENCE = 0.4
"""Seconds that a portion of a search takes: what is found by then is shown, and the next portion goes on behind it."""


class Lines:
    """Reads lines of an index's files. Use it as a context: it keeps files open."""

    def __init__(self, index: RowIndex):
        self._index, self._open, self._files = index, ExitStack(), dict[str, BinaryIO]()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def __getitem__(self, row: int) -> tuple[str, bytes]:
        """The file of a row and its line. Raises IndexError when there is no such row, OSError when its file is gone."""
        name, start = self._index.place(row)
        if name not in self._files:
            self._files[name] = self._open.enter_context((self._index.folder / name).open("rb"))
        self._files[name].seek(start)
        return name, self._files[name].readline()


def page(index: RowIndex, wanted: Mapping[str, str], text: str, after: int, limit: int) -> dict[str, Json]:
    """The next entries from place `after` of the rows that have all `wanted` values, and, where there is a `text`, say it.

    `next` is the place to go on from, or null when there are no more; `total` is null while it is not known; `share` is how much has been
    looked through. Reads files: not for an event loop.
    """
    whole, share = index.whole, index.share
    rows = index.rows(wanted)
    found: list[Json] = []
    place = after
    with Lines(index) as lines:
        for place in _places(after, len(rows), limit, found, text):
            number = int(rows[place])
            file, line = lines[number]
            if _may_say(line, text) and _says(row := read_row(line), text):
                found.append({**as_entry(file, row), "number": number})
            place += 1
    is_end = place >= len(rows) and whole
    total = len(rows) if whole and not text else None
    looked = share * (min(place / len(rows), 1.0) if text and len(rows) else 1.0)
    return {"rows": found, "next": None if is_end else place, "total": total, "share": looked}


def _places(after: int, count: int, limit: int, found: list[Json], text: str) -> Iterator[int]:
    """Places one after the other, until enough is found or it takes too long."""
    until = time.monotonic() + PATIENCE
    for place in range(after, count):
        if len(found) >= limit or (text and place > after and time.monotonic() > until):
            return
        yield place


def _may_say(line: bytes, text: str) -> bool:
    """Whether a line can hold the text, capitals aside: spares parsing. A line with characters that were escaped needlessly may."""
    if not text or b"\\u" in line or b"\\/" in line:
        return True
    return json.dumps(text, ensure_ascii=False)[1:-1].casefold() in line.decode(errors="replace").casefold()


def _says(row: dict[str, Any], text: str) -> bool:
    if not text:
        return True
    try:
        return any(text.casefold() in each.casefold() for each in words(row))
    except (AttributeError, KeyError, TypeError):
        return False
