"""Dotted names (`tool.field`, `alias.parameter`): a part that holds a dot or a space of its own stands in backquotes."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"`([^`]*)`|[^.`]+")


def split_dotted(text: str) -> tuple[str, ...]:
    """The parts of a dotted name, backquotes removed: `` `a.b`.code `` has the parts `a.b` and `code`."""
    return tuple(match[1] if match[1] is not None else match[0] for match in _PART.finditer(text))


def join_dotted(parts: tuple[str, ...] | list[str]) -> str:
    """The inverse of `split_dotted`, with backquotes only where they are needed."""
    return ".".join(f"`{part}`" if "." in part else part for part in parts)


def quote_name(name: str) -> str:
    """`name` as the DSL writes it: in backquotes unless it is made of ASCII letters, digits and `_`."""
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


def unquote_name(text: str) -> str:
    """The name that `quote_name` wrote as `text`."""
    return text[1:-1] if text.startswith("`") else text
