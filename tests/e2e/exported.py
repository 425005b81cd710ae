"""Exports in tests: written by the command, and read back to the calls and results of the rows they were made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from magnetc.ir.json import wire

Row = dict[str, Any]
Said = list[tuple[str, str]]
"""What happens in messages: who, and what as JSON text, so that 1, 1.0 and true are told apart, and the order of keys."""


def lines(path: Path) -> list[Row]:
    """The rows of a file of JSON lines, at the line feeds alone."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def said(messages: list[Row]) -> Said:
    """Messages of rows, and of the forms that are like them: arguments are JSON text or objects, and null is nothing."""
    found: Said = []
    for message in messages:
        if message.get("tool_calls"):
            assert not message["content"]
            found += [(f"call {call['function']['name']}", wire(_parsed(call["function"]["arguments"]))) for call in message["tool_calls"]]
        else:
            found.append((message["role"], wire(message["content"])))
    return found


def _parsed(arguments: str | dict[str, Any]) -> dict[str, Any]:
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def said_in_turns(example: Row, extra: tuple[Row, ...] = ()) -> Said:
    """Turns of LLaMA-Factory's form as the messages they are of; what stands where is checked as LLaMA-Factory does."""
    found: Said = [("system", wire(example["system"]))] if example["system"] else []
    results = 0
    for position, turn in enumerate([*example["conversations"], *extra], 1):
        assert turn.keys() == {"from", "value"}
        assert turn["from"] in (("human", "observation") if position % 2 else ("gpt", "function_call"))
        if turn["from"] == "function_call":
            calls = json.loads(turn["value"])
            calls = calls if isinstance(calls, list) else [calls]
            found += [(f"call {call['name']}", wire(call["arguments"])) for call in calls]
            results = len(calls)
        elif turn["from"] == "observation":
            texts = [turn["value"]] if results == 1 else [wire(value) for value in json.loads(turn["value"])]
            assert len(texts) == results
            found += [("tool", wire(text)) for text in texts]
        else:
            found.append(({"human": "user", "gpt": "assistant"}[turn["from"]], wire(turn["value"])))
    return found


def functions(tools: str | list[Row]) -> list[str]:
    """Tools in any form, each as the JSON text of its function."""
    return [wire(tool.get("function", tool)) for tool in (json.loads(tools) if isinstance(tools, str) else tools)]


def parquet_rows(path: Path) -> list[Row]:
    """The rows of a Parquet file, without what Arrow fills with null."""
    from pyarrow.parquet import ParquetFile

    return [without_nulls(row) for row in ParquetFile(path).read().to_pylist()]


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def trained(rows: list[Row]) -> Iterator[tuple[Row, int]]:
    """The trained messages of rows, each by its index."""
    for row in rows:
        for index, message in enumerate(row["messages"]):
            if message.get("weight"):
                yield row, index
