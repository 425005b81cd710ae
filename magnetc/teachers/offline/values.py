"""Values that users give: drawn from a type's state, enum, examples, range, window or faker pool."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.types import EntityType, ListOf, Ref, TypeExpr
from magnetc.surface.faker_pool import faker_pool
from magnetc.teachers.conversation import Conversation

DEFAULT_DAYS = (1, 40)
LARGE = 8
"""Above this a value is drawn by its index: scoring every candidate buys stability that a long list does not need."""

REUSE = 0.45
"""Chance that a user speaks of the last value of a type again: conversations keep their subject.

Examples are texts and numbers of their own, and no subject: nobody sends one message twice.
"""


def draw_argument(expr: TypeExpr, conversation: Conversation, said: Sequence[tuple[str, Json]], *key: object) -> Json:
    """A value of type `expr`; `said` is what the user spoke of before, as (entity type, value), oldest first.

    None when the type offers no value: it cannot be the user's to give.
    """
    match expr:
        case ListOf(items):
            count = draw.integer(1, 3, *key, "count")
            drawn = [draw_argument(items, conversation, (), *key, i) for i in range(count)]
            return list(dict.fromkeys(item for item in drawn if item is not None)) or None
        case Ref(name):
            entity = conversation.entity(name)
            return _draw_entity(entity, conversation, said, key) if entity else None
        case _:
            return None


def _draw_entity(entity: EntityType, conversation: Conversation, said: Sequence[tuple[str, Json]], key: tuple) -> Json:
    earlier = [v for name, v in said if conversation.spec.type_table.unify(name, entity.name)]
    finite = candidates(entity, conversation)
    if earlier and not entity.examples and draw.fraction(*key, "reuse") < REUSE and (not finite or earlier[-1] in finite):
        return earlier[-1]
    if len(finite) > LARGE:
        return finite[draw.integer(0, len(finite) - 1, *key)]
    if finite:
        return draw.choose(finite, *key)
    return _generate(entity, conversation.now, key)


def candidates(entity: EntityType, conversation: Conversation) -> list[Json]:
    """The finite set of values a user may give for `entity`, in a stable order; empty when it is generated."""
    if entity.state:
        return list(dict.fromkeys(conversation.state.get(entity.state, ())))
    if entity.enum:
        return list(entity.enum)
    if entity.examples:
        return list(entity.examples)
    if entity.faker:
        return list(faker_pool(entity.faker, conversation.locale))
    if entity.base == "boolean":
        return [True, False]
    return []


def _generate(entity: EntityType, now: str, key: tuple) -> Json:
    today = datetime.fromisoformat(now).date()
    low, high = entity.days or DEFAULT_DAYS
    if entity.format == "date":
        return _day(today, low, high, key)
    if entity.format == "time":
        return _clock(key)
    if entity.format == "datetime":
        return f"{_day(today, low, high, key)}T{_clock(key)}"
    if entity.base in ("integer", "number") and entity.minimum is not None and entity.maximum is not None:
        return _number(entity, entity.minimum, entity.maximum, key)
    return None


def _day(today: date, low: int, high: int, key: tuple) -> str:
    return (today + timedelta(days=draw.integer(low, high, *key, "day"))).isoformat()


def _clock(key: tuple) -> str:
    half_hours = draw.integer(16, 40, *key, "clock")
    return f"{half_hours // 2:02d}:{30 * (half_hours % 2):02d}"


def _number(entity: EntityType, low: float, high: float, key: tuple) -> int | float:
    step = entity.step or (1 if entity.base == "integer" else 0.5)
    steps = int((high - low) / step + 1e-9)
    value = low + step * draw.integer(0, steps, *key, "number")
    if entity.base == "integer":
        return int(value)
    value = round(value, 6)
    return int(value) if value == int(value) else value
