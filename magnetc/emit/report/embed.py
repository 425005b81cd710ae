"""Rows in a page: packed as text that HTML leaves alone, and that browsers unpack without a library."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from magnetc.emit.report.drawn import Drawn
from magnetc.emit.report.entry import entry
from magnetc.ir.json import Json, wire

ROWS = 2000
"""Rows that a page has, at most."""

LEVEL = 6
"""Of compression: the greatest takes twice the time for four bytes of a hundred."""


class Embedded:
    """Takes rows as they come, and keeps those that are drawn. A row's key is its file and id."""

    def __init__(self, most: int = ROWS):
        self._drawn: Drawn[tuple[str, Mapping[str, Any]]] = Drawn(most, "rows")

    def add(self, file: str, row: Mapping[str, Any], key: str) -> None:
        """A row of `file`, which stays as it is."""
        rank = self._drawn.wants(f"{file}\x1f{key}")
        if rank is not None:
            self._drawn.keep(rank, (file, row))

    @property
    def seen(self) -> int:
        return self._drawn.seen

    def packed(self) -> str:
        """`{tools, rows}` as JSON, deflated (zlib), in base64. Rows name their tools by number: most offer the same ones."""
        tools = _Tools()
        rows = [_slim(file, row, tools) for file, row in self._drawn.things()]
        return b64encode(zlib.compress(wire({"tools": tools.texts, "rows": rows}).encode(), LEVEL)).decode()


class _Tools:
    """Numbers tools in the order in which they come."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._number: dict[str, int] = {}
        self._known: dict[str, list[int]] = {}

    def numbers(self, tools: Json) -> list[int]:
        """Those of the tools that a row has: a list, or its JSON as text; what is neither is a tool of its own."""
        if not isinstance(tools, str):
            return [self._numbered(wire(tool)) for tool in (tools if isinstance(tools, list) else [tools] if tools else [])]
        if tools not in self._known:
            try:
                self._known[tools] = self.numbers(json.loads(tools))
            except (ValueError, RecursionError):
                self._known[tools] = [self._numbered(wire(tools))]
        return self._known[tools]

    def _numbered(self, text: str) -> int:
        if text not in self._number:
            self._number[text] = len(self.texts)
            self.texts.append(text)
        return self._number[text]


def _slim(file: str, row: Mapping[str, Any], tools: _Tools) -> dict[str, Json]:
    others = {name: value for name, value in row.items() if name not in ("tools", "id")}
    return {**entry(file, row), "row": {**others, "tools": tools.numbers(row.get("tools"))}}
