"""JSON data as YAML in one line, with what YAML could take for something else in quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from magnetc.ir.json import Json

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./+-]*[A-Za-z0-9_]|[A-Za-z_]")
_WORDS = frozenset("true false null yes no on off y n".split())


def inline(value: Json) -> str:
    """`value` in flow style."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key(name)}: {inline(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(inline(inner) for inner in value) + "]"
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
    return json.dumps(value, ensure_ascii=False)


def key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name) and name.lower() not in _WORDS else json.dumps(name, ensure_ascii=False)


def commented(line: str, note: str = "", width: int = 60) -> str:
    """A line with a comment behind it."""
    return f"{line:<{width}}  # {' '.join(note.split())}" if note else line


def block(name: str, entries: Mapping[str, Json], depth: int) -> list[str]:
    """`name:` and a line for each entry, `depth` columns deep."""
    return [f"{' ' * depth}{key(name)}:", *(f"{' ' * (depth + 2)}{key(inner)}: {inline(value)}" for inner, value in entries.items())]
