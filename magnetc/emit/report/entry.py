"""An entry of a list of rows: what a row is found by, and its first words. A report's page and `magnetc view` list the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from magnetc.ir.json import Json, wire

FACETS = ("path", "operation", "locale", "partition", "tool", "fault")
"""What rows are chosen by, beside their words. A row has any number of values of each."""

WORDS = 160
"""Characters of what the user says first."""

_SIDES = ("messages", "prompt", "chosen", "rejected")


def reading_order(name: str) -> tuple[bool, bool, str]:
    """Conversations before pairs, and what is trained on first."""
    return not name.startswith("sft/"), not name.endswith("/train.jsonl"), name


def entry(file: str, row: Mapping[str, Any]) -> dict[str, Json]:
    """The entry of a row of `file`: `id`, `says`, `turns`, `calls`, and its `facets` by name."""
    messages = conversation(row)
    says = next((str(message.get("content") or "") for message in messages if message.get("role") == "user"), "")
    return {
        "id": str(row.get("id", "")), "says": says if len(says) <= WORDS else says[:WORDS].rstrip() + " …",
        "turns": sum(message.get("role") == "user" for message in messages), "calls": sum(1 for _ in called(row, messages)),
        "facets": facets(file, row),
    }


def facets(file: str, row: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of each of `FACETS` that a row has; of a pair's tools, those of both sides."""
    tags = row.get("tags") or {}
    every = [message for side in _SIDES for message in row.get(side) or ()]
    found = {
        "path": [str(tags["path"])] if tags.get("path") else [],
        "operation": list(dict.fromkeys(str(operation).partition("@")[0] for operation in tags.get("operations") or ())),
        "locale": [str(tags["locale"])] if tags.get("locale") else [],
        "partition": [file.removesuffix(".jsonl")],
        "tool": sorted(set(called(row, every))),
        "fault": [str(row["fault"]["kind"])] if row.get("fault") else [],
    }
    return {name: values for name, values in found.items() if values}


def conversation(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row's messages; of a pair, those of the chosen side."""
    return list(row["messages"] if "messages" in row else [*(row.get("prompt") or ()), *(row.get("chosen") or ())])


def called(row: Mapping[str, Any], messages: list[dict[str, Any]]) -> Iterator[str]:
    """The tools that messages call, in order, by their real names."""
    shown = (row.get("certificate") or {}).get("shown", {}).get("tools", {})
    real = {name: tool for tool, name in shown.items()}
    for message in messages:
        for call in message.get("tool_calls") or ():
            name = str((call.get("function") or {}).get("name", ""))
            yield real.get(name, name)


def words(row: Mapping[str, Any]) -> Iterator[str]:
    """What a search looks through, one after the other: the id, what is said and returned, names and arguments of calls. `rows.js` has the
    same."""
    yield str(row.get("id", ""))
    for message in (message for side in _SIDES for message in row.get(side) or ()):
        yield _text(message.get("content") or "")
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            yield str(function.get("name", ""))
            yield _text(function.get("arguments") or "")


def _text(value: Json) -> str:
    return value if isinstance(value, str) else wire(value)


def offered(row: Mapping[str, Any]) -> list[dict[str, Json]]:
    """The functions that a row offers, however it holds them; none where it holds what are none."""
    tools = row.get("tools") or []
    try:
        tools = json.loads(tools) if isinstance(tools, str) else tools
    except (ValueError, RecursionError):
        return []
    return [tool.get("function", tool) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
