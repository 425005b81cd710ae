"""Impossible values: what a user may say for a parameter whose type has no such value. Said, and read back, like any other.

A type has some where one that it refines has words for a value outside of it (`said Cabin "first"`, while `CabinChoice` is
one of economy, premium and business). Else values are made up: numbers beyond its range or list, examples that are spelt
so that its pattern does not match.
"""

from __future__ import annotations

from collections.abc import Iterator

from magnetc.ir.conform import violations
from magnetc.ir.json import Json, canonical
from magnetc.ir.types import EntityType, Ref, TypeExpr, TypeTable
from magnetc.surface.form import Form
from magnetc.surface.forms import read, say
from magnetc.surface.notation import notation

MOST = 6
"""Values that are made up for one type."""


def impossible_values(expr: TypeExpr | None, table: TypeTable, locale: str, now: str) -> tuple[Json, ...]:
    """Values outside the type `expr` that can be said in `locale`; empty where there are none, or it has no limits."""
    entity = table.get(expr.name) if isinstance(expr, Ref) else None
    if entity is None or not isinstance(expr, Ref):
        return ()
    worded = {canonical(said): said for name in table.ancestry(entity.name) for said, _ in notation(table.types[name], locale).said}
    found = [value for value in worded.values() if violations(value, expr, table)]
    if not found and not notation(entity, locale).said:
        found = [value for value in _made_up(entity) if violations(value, expr, table)]
    return tuple(value for value in found if say_impossible(value, entity, table, locale, now))


def say_impossible(value: Json, entity: EntityType, table: TypeTable, locale: str, now: str, case: str = "") -> tuple[Form, ...]:
    """All ways to say `value`, best first: as the nearest type says it that has words for it, else that can say it."""
    types = [table.types[name] for name in table.ancestry(entity.name)]
    worded = [each for each in types if notation(each, locale).forms_of(value)]
    return next((forms for each in (*worded, *types) if (forms := say(value, each, locale, now, case))), ())


def read_impossible(text: str, entity: EntityType, table: TypeTable, locale: str, now: str) -> tuple[Json, ...]:
    """All values that `text` may mean, under the type or one that it refines."""
    return tuple(value for name in table.ancestry(entity.name) for value in read(text, table.types[name], locale, now))


def _made_up(entity: EntityType) -> Iterator[Json]:
    if entity.base in ("integer", "number") and (entity.enum or (entity.minimum is not None and entity.maximum is not None)):
        yield from _numbers(entity)
    elif entity.base == "string" and entity.pattern and not entity.format:
        yield from (value for text in entity.examples if isinstance(text, str) for value in (text[:-1], text + text[-1:]))


def _numbers(entity: EntityType) -> Iterator[Json]:
    """A few steps beyond the range, or beyond and between the numbers of a list."""
    known = sorted(value for value in entity.enum if isinstance(value, (int, float)) and not isinstance(value, bool))
    low, high = (known[0], known[-1]) if known else (entity.minimum, entity.maximum)
    if low is None or high is None:
        return
    step = entity.step or (1 if entity.base == "integer" else max((high - low) / 10, 0.5))
    for number in range(1, MOST + 1):
        value = high + number * number * step
        yield int(value) if value == int(value) else round(value, 2)
