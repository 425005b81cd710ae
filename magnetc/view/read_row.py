"""A line of a data file as a row. What is none, or not like ours, is shown all the same: a viewer is asked what is wrong."""

from __future__ import annotations

import json
from typing import Any

from magnetc.emit.report.entry import entry
from magnetc.ir.json import Json


def read_row(line: bytes) -> dict[str, Any]:
    """The row; empty where the line is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def as_entry(file: str, row: dict[str, Any]) -> dict[str, Any]:
    """The entry of a row in a list; of one that has other things where ours have messages and tags, its id alone."""
    try:
        if row:
            return entry(file, row)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    facets: dict[str, Json] = {"partition": [file.removesuffix(".jsonl")]}
    return {"id": str(row.get("id", "")), "says": "This line is no row that can be read.", "turns": 0, "calls": 0, "facets": facets}
