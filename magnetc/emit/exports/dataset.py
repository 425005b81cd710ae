"""A dataset as exports see it: its rows, file by file, looked at before anything is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.distill.proofs.mixed import is_mixed
from magnetc.ir.json import Json
from magnetc.teachers.reasoned import KEY

Message = dict[str, Any]
Row = dict[str, Any]

MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id", "name", "weight", "credit", KEY})
"""The keys that a message may have."""


@dataclass(frozen=True)
class Dataset:
    """The data files of an output. `names` are relative to `folder`: `sft/…` and `preference/…`."""

    folder: Path
    names: Sequence[str]

    def files(self, kind: str) -> list[str]:
        """The data files of conversations (`sft`) or of pairs (`preference`)."""
        return sorted(name for name in self.names if name.startswith(f"{kind}/"))

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a data file. Raises MagnetError MG620 where a line is none."""
        with (self.folder / name).open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                row = _row(line)
                if row is None:
                    raise MagnetError(Diagnostic(code="MG620", message=f"line {number} of `{name}` is no row", notes=(str(self.folder),),
                                                 help="build the dataset again, or copy it again"))
                yield row

    @cached_property
    def calls_at_once(self) -> bool:
        """Whether the agent ever makes several calls in one message."""
        return any(len(message.get("tool_calls", ())) > 1 for name in self.names for row in self.rows(name) for message in messages_of(row))

    @cached_property
    def thinks(self) -> bool:
        """Whether the agent ever thinks aloud."""
        return any(KEY in message for name in self.files("sft") for row in self.rows(name) for message in row["messages"])

    @cached_property
    def mixes(self) -> bool:
        """Whether any row was mixed in."""
        return any(is_mixed(row) for name in self.files("sft") for row in self.rows(name))


def messages_of(row: Row) -> list[Message]:
    """All messages of a row, those of both sides of a pair."""
    return [message for part in ("messages", "prompt", "chosen", "rejected") for message in row.get(part, ())]


def read_json(text: str) -> Json:
    """JSON as the standard has it. Raises ValueError for anything else, `NaN` among it."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _row(line: str) -> Row | None:
    """The row that a line holds; None where it holds none."""
    try:
        row = read_json(line)
        match row:
            case {"id": str(), "tools": str(tools), "tags": dict(), "certificate": dict(), "messages": [_, *_]}:
                pass
            case {"id": str(), "tools": str(tools), "tags": dict(), "certificate": dict(), "fault": {"kind": str(), "turn": int()},
                  "prompt": [_, *_], "chosen": [_, *_], "rejected": [_, *_]}:
                pass
            case _:
                return None
        return row if all(map(_is_tool, read_json(tools))) and all(map(_is_message, messages_of(row))) else None
    except (ValueError, TypeError, RecursionError):
        return None


def _is_tool(tool: Json) -> bool:
    match tool:
        case {"type": "function", "function": {"name": str()}}:
            return True
    return False


def _is_message(message: Json) -> bool:
    match message:
        case {"role": "system" | "user", "content": str()}:
            pass
        case {"role": "tool", "tool_call_id": str(), "content": str()}:
            pass
        case {"role": "assistant", "content": str(), "weight": 0 | 1, "tool_calls": [_, *_] as calls}:
            return message.keys() <= MESSAGE and all(map(_is_call, calls))
        case {"role": "assistant", "content": str(), "weight": 0 | 1}:
            return message.keys() <= MESSAGE - {"tool_calls"}
        case _:
            return False
    return message.keys() <= MESSAGE


def _is_call(call: Json) -> bool:
    match call:
        case {"id": str(), "type": "function", "function": {"name": str(), "arguments": str(arguments)}}:
            return isinstance(read_json(arguments), dict)
    return False
