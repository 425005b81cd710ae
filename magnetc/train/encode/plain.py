"""Rows that no compiler wrote, as any trainer takes them: what ours have and they lack is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Messages = list[dict[str, Any]]


def completed_pair(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A preference row with an `id`, a `fault`, `tools` and weights. `number` is its own among those it comes with.

    Where no message has a `weight`, the chosen side trains all that the agent says. A `datasets.Dataset` gives every
    message every key, None where there is none; such keys are left out.
    """
    sides = {name: _without_nulls(row[name]) for name in ("prompt", "chosen", "rejected")}
    if not _weighted(sides["prompt"] + sides["chosen"]):
        sides |= {name: _all_weighted(sides[name]) for name in ("prompt", "chosen")}
    return {**row, **sides, "id": row.get("id") or f"pair-{number}", "fault": row.get("fault") or {"kind": "unknown"},
            "tools": row.get("tools") or ""}


def completed_row(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """An SFT row with an `id`, `tools` and weights, as `completed_pair`."""
    messages = _without_nulls(row["messages"])
    if not _weighted(messages):
        messages = _all_weighted(messages)
    return {**row, "messages": messages, "id": row.get("id") or f"row-{number}", "tools": row.get("tools") or ""}


def _without_nulls(messages: Sequence[Mapping[str, Any]]) -> Messages:
    return [{key: value for key, value in message.items() if value is not None} for message in messages]


def _weighted(messages: Messages) -> bool:
    return any("weight" in message for message in messages)


def _all_weighted(messages: Messages) -> Messages:
    return [{**message, "weight": 1} if message["role"] == "assistant" else message for message in messages]
