"""Values of documents in words, as diagnostics about their shape quote them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from magnetc.ir.json import Json
from magnetc.source.resources import resource

NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
"""What schemas call types, in the words of recipes."""


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a kind as it is written, without what plugins add."""
    return json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text(encoding="utf-8"))


def referred(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    """A part of that schema, or the definition that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return schema_of(kind)["definitions"][name] if name else schema


def type_of(value: Json) -> str:
    for name, python_type in (
        ("null", type(None)),
        ("boolean", bool),
        ("integer", int),
        ("number", float),
        ("string", str),
        ("array", list),
    ):
        if isinstance(value, python_type):
            return name
    return "object"


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def count(number: int, what: str) -> str:
    return f"{'one' if number == 1 else number} {what}{'' if number == 1 else 's'}"


def show(value: Json) -> str:
    """A value as it would be written, cut to a line's length."""
    return value if isinstance(value, str) else short(json.dumps(value, ensure_ascii=False))


def short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def quote(value: Json) -> str:
    return f"`{short(show(value))}`"


def listed(names: Iterable[str], last: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return (
        quoted[0]
        if len(quoted) == 1
        else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
        if quoted
        else "none"
    )
