"""Values of documents in words, as diagnostics about their shape quote them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from magnetc.ir.json import Json

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
