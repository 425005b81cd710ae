"""Leaves: the places of raw tools where scalars stand, in what they take and in what they return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.ir.json import Json

_DEEP = 6
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """`pointer` is a pattern, `*` for the items of lists and the values of maps, into the arguments or into the result.

    `owner` is what the object around it is called, as far as anything says. `is_list`: the argument is a list of such scalars.
    """

    tool: str
    is_result: bool
    pointer: str
    name: str
    kind: str
    schema: Mapping[str, Any]
    owner: str
    description: str = ""
    is_list: bool = False
    required: bool = True

    @property
    def place(self) -> tuple[str, bool, str]:
        return self.tool, self.is_result, self.pointer


def leaves_of(tool: Mapping[str, Any]) -> Iterator[Leaf]:
    """The scalar places of a raw tool: its parameters, then its result."""
    parameters = tool["parameters"]
    yield from _walk(tool, parameters, _definitions(parameters), False, "", "", tool["name"], 0)
    returns = tool.get("returns")
    if isinstance(returns, dict):
        yield from _walk(tool, returns, _definitions(returns), True, "", "", tool["name"], 0)


def _definitions(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**schema.get("definitions", {}), **schema.get("$defs", {})}


def _walk(
    tool: Mapping[str, Any],
    schema: Any,
    definitions: Mapping[str, Any],
    is_result: bool,
    pointer: str,
    name: str,
    owner: str,
    depth: int,
    is_list: bool = False,
    required: bool = True,
) -> Iterator[Leaf]:
    schema = plain(schema, definitions)
    if depth > _DEEP:
        return
    kind = kind_of(schema)
    if kind in _SCALARS:
        yield Leaf(
            tool=tool["name"],
            is_result=is_result,
            pointer=pointer,
            name=name,
            kind=kind,
            schema=schema,
            owner=owner,
            description=str(schema.get("description") or ""),
            is_list=is_list,
            required=required,
        )
    elif kind == "array":
        yield from _walk(
            tool, schema.get("items", {}), definitions, is_result, f"{pointer}/*", name, name or owner, depth + 1, True, required
        )
    elif kind == "object":
        inner = str(schema.get("title") or name or owner)
        for field, each in (schema.get("properties") or {}).items():
            yield from _walk(
                tool,
                each,
                definitions,
                is_result,
                f"{pointer}/{field}",
                field,
                inner,
                depth + 1,
                required=field in (schema.get("required") or ()),
            )
        if isinstance(schema.get("additionalProperties"), dict):
            yield from _walk(tool, schema["additionalProperties"], definitions, is_result, f"{pointer}/*", name, inner, depth + 1)


def plain(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A schema behind its reference; the one of `anyOf` that is not null, where there is only one."""
    for _ in range(_DEEP):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**(definitions.get(str(schema["$ref"]).rpartition("/")[2]) or {}), **beside}
            continue
        others = [each for each in schema.get("anyOf") or schema.get("oneOf") or () if each != {"type": "null"}]
        if len(others) == 1:
            beside = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
            schema = {**others[0], **beside}
            continue
        break
    return schema


def kind_of(schema: Mapping[str, Json]) -> str:
    """The JSON type of a schema, null left aside; empty when it has several, or says none."""
    kind = schema.get("type")
    if isinstance(kind, list):
        named = [each for each in kind if each != "null"]
        kind = named[0] if len(named) == 1 else ""
    if kind is None and "properties" in schema:
        return "object"
    if kind is None and schema.get("enum"):
        kinds = {type(value).__name__ for value in schema["enum"] if value is not None}
        return {"str": "string", "int": "integer", "float": "number"}.get(kinds.pop(), "") if len(kinds) == 1 else ""
    return kind if isinstance(kind, str) else ""
