"""Skeletons: what is left of a user's words without the values in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "<v>"
_NUMBERS = re.compile(r"\d[\d:.,]*(?: ?(?:am|pm|h(?: \d\d)?)\b|(?:st|nd|rd|th|er)\b)?")


def skeletons(row: Mapping[str, Any]) -> Iterator[str]:
    """The skeleton of each user turn of a conversation. Masked are the words that its certificate says give an argument, every text of
    an earlier result, and every number, date and time."""
    said: dict[int, set[str]] = {}
    for entries in row.get("certificate", {}).get("arguments", {}).values():
        for entry in entries.values():
            if "user" in entry:
                said.setdefault(entry["user"], set()).add(entry["said"])
    seen: set[str] = set()
    turn = -1
    for message in row["messages"]:
        if message["role"] == "tool":
            seen.update(_texts(_parsed(message["content"])))
        elif message["role"] == "user":
            turn += 1
            yield _masked(message["content"], said.get(turn, set()) | seen)


def _parsed(content: Any) -> Any:
    """A result as the JSON that it may be."""
    try:
        return json.loads(content)
    except (TypeError, ValueError, RecursionError):
        return content


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) > 2:
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _masked(text: str, values: set[str]) -> str:
    for value in sorted((value for value in values if value in text), key=lambda value: (-len(value), value)):
        text = text.replace(value, MASK)
    return _NUMBERS.sub(MASK, text)
