"""Reasoning: what an agent thinks aloud before it acts (`reasoning_content`), held against what it has seen.

Nobody can prove a thought. What can be: that it names no number, no id and no quoted text that stands nowhere before it, and does not speak of the
hint under which it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

KEY = "reasoning_content"
"""Of a message of the agent's, as chat templates and servers call it."""

MOST = 4000
"""Characters of reasoning before one message."""

_HINT = re.compile(r"\b(?:hint(?:s|ed)?|reference (?:calls?|actions?|answers?|solutions?)|ground[- ]truth|gold(?:en)? (?:calls?|answers?)|"
                   r"(?:expected|given|provided) (?:calls?|answers?)|(?:was|were|been|am|are) told (?:to|what)|for (?:my|your) eyes)\b", re.IGNORECASE)
_MIXED = re.compile(r"\w*\d\w*")
_QUOTED = re.compile(r"`([^`\n]{1,80})`|\"([^\"\n]{1,80})\"|“([^”\n]{1,80})”|«\s?([^»\n]{1,80}?)\s?»")
_DIGITS = re.compile(r"\d+")


def spoken_hint(text: str) -> str:
    """The words of a text that speak of a hint; empty where none do."""
    return found[0] if (found := _HINT.search(text)) else ""


def problems(text: str, seen: Iterable[str]) -> Iterator[str]:
    """What is wrong with reasoning, in words for who wrote it. `seen`: all that stood before it, the tools and the calls that it leads to as well."""
    if len(text) > MOST:
        yield f"its reasoning has more than {MOST:,} characters"
    if found := spoken_hint(text):
        yield f"its reasoning speaks of `{found}`: reason as if nobody had told you what to do"
    context = "\n".join(seen).casefold()
    known = set(map(_plain, _DIGITS.findall(context)))
    for word in _MIXED.findall(text):
        stands = _plain(word) in known if word.isdigit() else word.casefold() in context
        if not stands:
            yield f"its reasoning names `{word}`, which stands nowhere"
    for groups in _QUOTED.findall(text):
        quoted = next(filter(None, groups)).strip(" .,;:!?")
        if quoted.casefold() not in context:
            yield f"its reasoning quotes `{quoted}`, which stands nowhere"


def _plain(digits: str) -> str:
    """A number without the zeros before it: `03` of a date is `3`."""
    return digits.lstrip("0") or "0"


def seen_before(messages: Sequence[Mapping[str, Any]], index: int, tools: str) -> Iterator[str]:
    """All that stands before the reasoning of message `index` of a row, and the calls that it leads to."""
    yield tools
    yield from (str(message.get("content") or "") for message in messages[:index])
    for message in messages[: index + 1]:
        for call in message.get("tool_calls") or ():
            yield call["function"]["name"]
            arguments = call["function"]["arguments"]
            yield arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
