"""Rows that say what an earlier row says: all of it, or all but the values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from magnetc.emit.foreign.row import Problem, Row, Said
from magnetc.emit.report.skeleton import MASK, skeletons
from magnetc.ir.json import Json, canonical

_NAME = re.compile(r"(?<=[^\W\d_][ ,])\b[^\W\d_a-z]\w*(?: [^\W\d_a-z]\w*)*")

Place = tuple[str, int]
"""The name of a file and the number of a line of it."""


class Repeats:
    """Remembers rows as digests of 16 bytes."""

    def __init__(self) -> None:
        self._whole: dict[bytes, Place] = {}
        self._skeletons: dict[bytes, Place] = {}

    def add(self, row: Row, document: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        """What an earlier row has of this one."""
        first = self._whole.setdefault(_digest([[_bare(said) for said in side] for side in (row.messages, row.rejected or ())] + [_tools(row)]), place)
        if first is not place:
            yield Problem("MG840", f"the row is the same as {_told(first, place)}, ids aside")
            return
        skeleton = _skeleton(row, document)
        if skeleton is None:
            return
        first = self._skeletons.setdefault(_digest(skeleton), place)
        if first is not place:
            yield Problem("MG841", f"users say what they say in {_told(first, place)}, and the agent calls the same tools: only values differ")


def _told(first: Place, place: Place) -> str:
    return f"line {first[1]}" if first[0] == place[0] else f"line {first[1]} of {first[0]}"


def _bare(said: Said) -> list[Json]:
    return [said.role, said.content, [[call.name, call.text if call.arguments is None else call.arguments] for call in said.calls]]


def _tools(row: Row) -> Json:
    return sorted(tool.text for tool in row.tools or ())


def _skeleton(row: Row, document: Mapping[str, Any]) -> Json:
    """What users say without values and names, and the tools that are called in order, of each side; None where no user speaks."""
    values = sorted({text for said in row.messages for call in said.calls for text in _texts(call.arguments or {})}, key=lambda text: (-len(text), text))
    turns = [_masked(turn, values) for turn in skeletons({**document, "messages": [said.document() for said in row.messages]})]
    called = [[call.name for said in side for call in said.calls] for side in (row.messages, row.rejected or ())]
    said = [said.content for said in row.rejected or () if said.role == "assistant" and not said.calls]
    return [turns, called, [_masked(text, values) for text in said], row.rejected is None] if any(turns) else None


def _masked(text: str, values: list[str]) -> str:
    for value in values:
        if value in text:
            text = text.replace(value, MASK)
    return _NAME.sub(MASK, text).casefold()


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) > 2:
            yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
    else:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _texts(item)


def _digest(value: Json) -> bytes:
    return blake2b(canonical(value).encode(), digest_size=16).digest()
