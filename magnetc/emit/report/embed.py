"""Rows in a page: packed as text that HTML leaves alone, and that browsers unpack without a library."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from magnetc.emit.report.drawn import Drawn
from magnetc.emit.report.entry import entry
from magnetc.ir.json import Json, wire

ROWS = 2000
"""Rows that a page has, at most."""


class Embedded:
    """Takes rows as they come, and keeps those that are drawn. A row's key is its file and id."""

    def __init__(self, most: int = ROWS):
        self._drawn: Drawn[tuple[str, str]] = Drawn(most, "rows")

    def add(self, file: str, line: str, key: str) -> None:
        """A row of `file` as its line of JSON."""
        rank = self._drawn.wants(f"{file}\x1f{key}")
        if rank is not None:
            self._drawn.keep(rank, (file, line))

    @property
    def seen(self) -> int:
        return self._drawn.seen

    def packed(self) -> str:
        """`{tools, rows}` as JSON, deflated (zlib), in base64. Rows name their tools by number: most offer the same ones."""
        tools: dict[str, int] = {}
        rows = [_slim(file, json.loads(line), tools) for file, line in self._drawn.things()]
        return b64encode(zlib.compress(wire({"tools": list(tools), "rows": rows}).encode(), 9)).decode()


def _slim(file: str, row: dict[str, Any], tools: dict[str, int]) -> dict[str, Json]:
    numbers = [tools.setdefault(wire(tool), len(tools)) for tool in _offered(row)]
    return {**entry(file, row), "row": {**{name: value for name, value in row.items() if name not in ("tools", "id")}, "tools": numbers}}


def _offered(row: Mapping[str, Any]) -> Iterator[Json]:
    tools = row.get("tools") or []
    try:
        tools = json.loads(tools) if isinstance(tools, str) else tools
    except (ValueError, RecursionError):
        tools = [tools]
    yield from tools if isinstance(tools, list) else [tools]
