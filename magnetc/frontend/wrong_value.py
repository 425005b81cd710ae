"""A value that is not of its type: what keeps it from being one, and what to write instead."""

from __future__ import annotations

import re
from typing import Any

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import quoted, renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.ir.conform import violations
from magnetc.ir.json import canonical
from magnetc.ir.types import EntityType, Ref, TypeTable
from magnetc.source import Origin

_SUCH_AS = {"date": "a date such as `2026-03-04`", "time": "a time such as `09:30`", "datetime": "an instant such as `2026-03-04T09:30:00Z`",
            "email": "an address such as `ann@example.org`", "uri": "an address such as `https://example.org/a`"}
_MOST_SHOWN = 8


def value_problem(value: Any, name: str, table: TypeTable) -> str | None:
    """What keeps a scalar from being of the named type: "is not a date", or None."""
    found = violations(value, Ref(name), table)
    return found[0].split("` ", 1)[1] if found else None


def advice(value: Any, entity: EntityType, place: Origin, sink: Sink) -> tuple[str | None, Fix | None]:
    """What to write in place of `value`, which is not of the type, and the fix that writes it where that is certain."""
    if value_problem(value, entity.base, TypeTable({})):
        return _as_base(value, entity, place, sink)
    if entity.enum and value not in entity.enum:
        return _among(value, entity, place, sink)
    bounds = [f"{bound:g}" for bound in (entity.minimum, entity.maximum) if bound is not None]
    if entity.pattern and isinstance(value, str) and not re.search(entity.pattern, value):
        return f"values of `{entity.name}` match `{entity.pattern}`", None
    if bounds and isinstance(value, (int, float)):
        return f"values of `{entity.name}` are numbers {'from ' if len(bounds) > 1 else 'with the bound '}{' to '.join(bounds)}", None
    return (f"write {_SUCH_AS[entity.format]}", None) if entity.format in _SUCH_AS else (None, None)


def _among(value: Any, entity: EntityType, place: Origin, sink: Sink) -> tuple[str, Fix | None]:
    """The values of an enumeration, or the one that was misspelt."""
    words = [each for each in entity.enum if isinstance(each, str)]
    near = closest(value, words) if isinstance(value, str) else None
    if near:
        return f"did you mean `{near}`?", renamed(sink, place, value, near, safe=is_sure(value, near, words))
    shown = ", ".join(f"`{canonical(each)}`" for each in entity.enum[:_MOST_SHOWN])
    return f"the values are {shown}{', …' if len(entity.enum) > _MOST_SHOWN else ''}", None


def _as_base(value: Any, entity: EntityType, place: Origin, sink: Sink) -> tuple[str, Fix | None]:
    """A number or boolean that was meant as text, in quotes; a number or boolean that was quoted, without."""
    span = sink.span(Label(place))
    source = sink.source(span) if span else ""
    if span and entity.base == "string" and source and not source.startswith(("\"", "'", "[", "{")):
        return f"put it in quotes: `\"{source}\"`", quoted(span, source)
    text = value if isinstance(value, str) else ""
    if span and entity.base in ("integer", "number") and re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return f"remove the quotes: `{text}`", Fix.of(span, text)
    if entity.base == "boolean":
        meant = {"true": "true", "yes": "true", "false": "false", "no": "false"}.get(text.lower())
        return "write `true` or `false`", Fix.of(span, meant) if span and meant else None
    return f"write a value of `{entity.name}`, {'an' if entity.base[0] in 'aeiou' else 'a'} {entity.base}", None
