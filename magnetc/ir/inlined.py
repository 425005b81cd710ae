"""Schemas without references: each definition written where it is referred to, and nothing where it would hold itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.ir.json import Json

_PLACES = ("$defs", "definitions")


MOST = 100_000
"""Values that a schema may come to: definitions that each name another twice grow by powers."""


def inlined(schema: Json, definitions: Mapping[str, Json] | None = None, opened: tuple[str, ...] = (), made: list[int] | None = None) -> Json:
    """`schema` with what its references name in their place; `{}`, anything, where a definition would hold itself.

    An object that has no title gets the name of its definition. Raises ValueError for what comes to more than `MOST` values.
    `made` counts them, in its only item.
    """
    made = made if made is not None else [0]
    made[0] += 1
    if made[0] > MOST:
        raise ValueError(f"a schema comes to more than {MOST:,} values with its definitions written out")
    if isinstance(schema, list):
        return [inlined(each, definitions, opened, made) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = definitions if definitions is not None else _definitions(schema)
    if isinstance(reference := schema.get("$ref"), str):
        name = reference.rpartition("/")[2]
        beside = {key: inlined(value, known, opened, made) for key, value in schema.items() if key != "$ref"}
        if name not in known or name in opened:
            return beside
        target = inlined(known[name], known, (*opened, name), made)
        return {**({"title": name} if isinstance(target, dict) and "properties" in target else {}), **target, **beside}
    return {key: inlined(value, known, opened, made) for key, value in schema.items() if key not in _PLACES}


def inlined_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A raw tool whose schemas have no references."""
    return {key: inlined(value) if key in ("parameters", "returns") else value for key, value in tool.items()}


def _definitions(schema: Mapping[str, Any]) -> dict[str, Json]:
    return {name: each for place in _PLACES if isinstance(schema.get(place), dict) for name, each in schema[place].items()}
