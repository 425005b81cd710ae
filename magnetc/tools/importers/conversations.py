"""Tools of conversations: JSON lines with `messages` and `tools`, such as other datasets have them.

The tools of all lines together, by name. What a tool returns is read off its results, and for one that is called but not
declared, its parameters off its calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.observed import observed_schema
from magnetc.ir.read_json import read_json
from magnetc.tools.importers.importer import MAX_DATA_BYTES, Place, Snapshot, raw_tool, read_source, refused
from magnetc.tools.importers.openai_json import read_tool


def import_conversations(argument: str, place: Place) -> Snapshot:
    """The tools of the conversations in the file `argument`."""
    text, digest = read_source(place.folder / PurePosixPath(argument), MAX_DATA_BYTES)
    declared: dict[str, dict[str, Json]] = {}
    arguments: dict[str, list[Json]] = defaultdict(list)
    results: dict[str, list[Json]] = defaultdict(list)
    for number, line in enumerate(text.split("\n"), 1):   # a text in JSON may hold what `splitlines` takes for a line's end
        if not line.strip():
            continue
        row = _row(line, f"line {number} of `{argument}`")
        tools = _parsed(row.get("tools")) or []
        if not isinstance(tools, list):
            raise refused(f"the `tools` in line {number} of `{argument}` are no list", 'write `{"messages": […], "tools": […]}`')
        for each in tools:
            tool = read_tool(each, argument)
            declared[tool["name"]] = _joined(declared.get(tool["name"]), tool)
        for name, given, result in _calls(row["messages"]):
            arguments[name].append(given)
            if result is not None:
                results[name].append(result)
    names = dict.fromkeys((*declared, *arguments))
    if not names:
        raise refused(f"`{argument}` declares no tools and calls none", "each line has `messages`, and `tools` beside them")
    functions = tuple(_with_result(declared.get(name) or _called(name, arguments[name]), results[name]) for name in names)
    return Snapshot(source=argument, digest=digest, functions=functions)


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = read_json(line)
    except (ValueError, RecursionError) as error:
        raise refused(f"{where} is not JSON: {error}", "write one conversation a line") from None
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        raise refused(f"{where} has no list of `messages`", 'write `{"messages": […], "tools": […]}`')
    return row


def _parsed(value: Json) -> Json:
    """What may stand as JSON text in a file made for Arrow; text that is no JSON stays text."""
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            return read_json(value)
    return value


def _joined(known: dict[str, Json] | None, tool: dict[str, Json]) -> dict[str, Json]:
    """Two declarations of one tool: the one with more parameters, since some lines show fewer."""
    if known is None:
        return tool
    return max(known, tool, key=lambda each: len(each["parameters"].get("properties", {})))


def _calls(messages: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """(tool, arguments, result) of each call; a result that is missing or an error is None."""
    waiting: list[tuple[str, str, Json]] = []
    for message in messages:
        if not isinstance(message, dict):
            continue
        for call in message.get("tool_calls") or ():
            function = call.get("function", call) if isinstance(call, dict) else {}
            if isinstance(function.get("name"), str):
                waiting.append((str(call.get("id", "")), function["name"], _parsed(function.get("arguments")) or {}))
        if message.get("role") == "tool" and waiting:
            index = _answered(message, waiting)
            _, name, given = waiting.pop(index)
            result = _parsed(message.get("content"))
            yield name, given, None if isinstance(result, dict) and "error" in result else result
    yield from ((name, given, None) for _, name, given in waiting)


def _answered(message: Mapping[str, Any], waiting: list[tuple[str, str, Json]]) -> int:
    """Which of the waiting calls a result answers: by id, by name, or the first."""
    for key, place in (("tool_call_id", 0), ("name", 1)):
        for index, call in enumerate(waiting):
            if message.get(key) and call[place] == message[key]:
                return index
    return 0


def _called(name: str, arguments: list[Json]) -> dict[str, Json]:
    return raw_tool(name, "", {"type": "object", "properties": {}, **observed_schema(each for each in arguments if isinstance(each, dict))})


def _with_result(tool: dict[str, Json], results: list[Json]) -> dict[str, Json]:
    return tool if "returns" in tool or not results else {**tool, "returns": observed_schema(results)}
