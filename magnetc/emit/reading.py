"""A row as somebody reads it in a terminal: who says what, what is trained bright and the rest dim, a pair's sides one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLES = {"user": "bold cyan", "assistant": "green", "tool": "yellow", "system": "magenta"}
_NAMES = {"assistant": "agent"}

LONGEST = 1200
"""Characters of a tool result that are shown."""


def reading(row: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What is shown of a row, from top to bottom."""
    from rich.rule import Rule
    from rich.text import Text

    yield Text("offered: " + printable(", ".join(_offered(row))), style="dim")
    if "messages" in row:
        yield from _messages(row["messages"])
        return
    yield from _messages(row["prompt"])
    yield Rule("chosen", align="left", style="green")
    yield from _messages(row["chosen"])
    yield Rule(f"rejected: {printable(str(row['fault']['kind']).replace('_', ' '))}", align="left", style="red")
    yield from _messages(row["rejected"])


def printable(text: str) -> str:
    """`text` with control characters as escapes: what data says is shown, and never obeyed by a terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _messages(messages: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    from rich.text import Text

    for message in messages:
        role = message["role"]
        is_dim = role == "system" or (role == "assistant" and not message.get("weight", 1))
        for text in _said(message):
            line = Text(f"{_NAMES.get(role, role):>8}  ", style=_STYLES.get(role, ""))
            line.append(printable(text), style="dim" if is_dim else "")
            yield line


def _said(message: Mapping[str, Any]) -> Iterator[str]:
    for call in message.get("tool_calls") or ():
        yield f"→ {call['function']['name']}({call['function']['arguments']})"
    content = message.get("content") or ""
    if content:
        yield content if len(content) <= LONGEST or message["role"] != "tool" else f"{content[:LONGEST]} …"


def _offered(row: Mapping[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in json.loads(row["tools"])]
