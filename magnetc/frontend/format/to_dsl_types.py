"""Write types, and how their values are said, in the DSL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from magnetc.frontend.format.rows import Inexpressible, Row
from magnetc.frontend.format.to_dsl_values import Places, body, json_text, name, number_text
from magnetc.frontend.string_literal import encode_string

_TEXTS = {"matching": "matching", "unit": "unit", "faker": "faker", "description": "description", "state": "from state",
          "system": "from system", "shown_as": "shown as"}


def types_rows(data: dict[str, Any], places: Places) -> Iterable[Row]:
    for key, value in data.items():
        if key == "domain":
            yield Row(f"domain {name(value, '/domain')}", places.at("/domain"))
        elif key == "types":
            for type_name, entity in value.items():
                pointer = places.child("/types", type_name)
                yield Row(f"type {name(type_name, pointer)} = {_entity(entity, pointer)}", places.at(pointer))
        elif key == "said":
            yield from _said(value, places)


def _entity(entity: dict[str, Any], pointer: str) -> str:
    clauses = [clause for key, value in entity.items() if (clause := _clause(key, value, f"{pointer}/{key}"))]
    return " ".join([name(entity["base"], pointer), *clauses])


def _clause(key: str, value: Any, pointer: str) -> str:
    match key:
        case "base":
            return ""
        case "minted" | "volatile":
            return key if value else ""
        case "enum" | "examples":
            return f"{'one of' if key == 'enum' else 'examples'} {', '.join(json_text(each, pointer) for each in value)}"
        case "format":
            return f"format {name(value, pointer)}"
        case "range" | "days":
            return f"{key} {number_text(value[0])}..{number_text(value[1])}"
        case "step":
            return f"step {number_text(value)}"
    if key not in _TEXTS:
        raise Inexpressible(pointer, f"a type has no `{key}` in the DSL")
    return f"{_TEXTS[key]} {encode_string(value)}"


def _said(said: list[dict[str, Any]], places: Places) -> Iterable[Row]:
    """A statement for each run of entries about one value."""
    rows: list[Row] = []
    head = ""
    for index, each in enumerate(said):
        pointer = f"/said/{index}"
        own = f"said {name(each['type'], pointer)} {json_text(each['value'], pointer)}"
        if rows and own != head:
            yield from body(head, rows, -1 if len(rows) > 1 else rows[0].at)
            rows = []
        head = own
        forms = " | ".join(map(encode_string, each["forms"]))
        rows.append(Row(f"  {name(each['locale'], pointer)} {forms}", places.at(pointer)))
    if rows:
        yield from body(head, rows, -1)
