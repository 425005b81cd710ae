"""Observed schemas: JSON Schema of values that were seen, where nobody says what a tool returns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from magnetc.ir.json import Json, canonical

_FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"),
    "time": re.compile(r"\d\d:\d\d(:\d\d)?"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "uri": re.compile(r"https?://\S+"),
}
_MAP = 4
"""Keys that an object has to have before it may be a map, when no object has the same."""


def observed_schema(values: Iterable[Json]) -> dict[str, Any]:
    """The narrowest schema of this module's few words that all `values` have; `{}` when they have no type in common."""
    values = tuple(values)
    present = [value for value in values if value is not None]
    if not present:
        return {"type": "null"} if values else {}
    kinds = {_kind(value) for value in present}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    if len(kinds) > 1:
        return {}
    kind = kinds.pop()
    schema: dict[str, Any] = {"type": kind if len(present) == len(values) else [kind, "null"]}
    if kind == "string":
        form = next((name for name, pattern in _FORMATS.items() if all(pattern.fullmatch(each) for each in present)), None)
        return {**schema, "format": form} if form else schema
    if kind == "array":
        items = observed_schema(item for value in present for item in value)
        return {**schema, "items": items} if items else schema
    return schema | _object(present) if kind == "object" else schema


def _object(values: Sequence[dict[str, Json]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for value in values for name in value))
    if _is_map(values):
        inner = observed_schema(each for value in values for each in value.values())
        if inner:
            return {"additionalProperties": inner}
    return {"properties": {name: observed_schema(value[name] for value in values if name in value) for name in names},
            "required": [name for name in names if all(name in value for value in values)]}


def _is_map(values: Sequence[dict[str, Json]]) -> bool:
    """Whether keys are data: no key is in all objects, or there are many, no two objects the same, and all values are alike."""
    keys = [key for value in values for key in value]
    named = [key for key in set(keys) if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key)]
    if named and len(named) == len(set(keys)):
        return True
    shared = len(keys) - len(set(keys))
    shapes = {canonical(observed_schema([each])) for value in values for each in value.values()}
    return len(values) > 1 and len(keys) >= _MAP and not shared and len(shapes) == 1


def _kind(value: Json) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
