"""Pairs in forms that take one message a side: the first in which the sides differ, and all that stands before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.emit.exports.dataset import Message, Row

Cut = tuple[list[Message], Message, Message]
"""What both sides have in common, the chosen message, the rejected one."""


def first_difference(row: Row) -> Cut | str:
    """Where the sides of a pair part, or why that is no choice between two messages of the agent."""
    prompt = list(row["prompt"])
    for good, bad in zip(row["chosen"], row["rejected"]):
        if said(good) == said(bad):
            prompt.append(good)
        elif good["role"] == bad["role"] == "assistant":
            return prompt, good, bad
        else:
            return "the sides part where the agent does not speak"
    return "one side is the beginning of the other"


def said(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message without what it is trained with."""
    return {key: value for key, value in message.items() if key not in ("weight", "credit")}
