"""Notation: what of an entity type decides how its values are said in one locale, worked out once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from math import isfinite

from magnetc.ir.json import Json
from magnetc.ir.types import EntityType
from magnetc.surface.form import fold, language_of
from magnetc.surface.numerals import Currency, currency
from magnetc.surface.times import Shape, shape_of

_SAMPLES = ("2026-03-05T15:00", "2026-03-05T15:00:00", "2026-03-05T15:00:00Z", "2026-03-05T15:00Z",
            "2026-03-05 15:00", "2026-03-05 15:00:00", "15:00", "15:00:00")
_USUAL = Shape()
_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, eq=False)
class Notation:
    """`kind` is the base, or for strings with a format date, time or datetime; money and percent for numbers with such
    a unit; raw when values are said as they stand. Compared by identity: there is one per type and locale.
    """

    kind: str
    base: str
    language: str
    money: Currency | None = None
    shape: Shape = _USUAL
    grouped: bool = False
    worded: bool = False
    enum: tuple[Json, ...] = ()
    said: tuple[tuple[Json, tuple[str, ...]], ...] = ()

    def forms_of(self, value: Json) -> tuple[str, ...]:
        """The author's own forms of `value`."""
        return next((forms for other, forms in self.said if same(value, other)), ())

    def said_as(self, folded: str) -> tuple[Json, ...]:
        """The values that the author says like this."""
        return tuple(value for value, forms in self.said if any(fold(form) == folded for form in forms))

    def holds(self, value: Json) -> bool:
        """Whether `value` is of the JSON type that this notation writes."""
        if isinstance(value, float):
            return isfinite(value) and (self.base == "number" or (self.base == "integer" and value.is_integer()))
        if isinstance(value, bool):
            return self.base == "boolean"
        if isinstance(value, int):
            return self.base in ("number", "integer")
        return isinstance(value, str) and self.base == "string"


def same(left: Json, right: Json) -> bool:
    """JSON equality: 184.0 is 184, and true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


_known: dict[tuple[int, str], tuple[EntityType, Notation]] = {}


def notation(entity: EntityType, locale: str) -> Notation:
    """The notation of `entity` in `locale`. Found by identity: hashing a type on every lookup would cost more."""
    key = (id(entity), locale)
    known = _known.get(key)
    if known is None or known[0] is not entity:
        if len(_known) > 4096:
            _known.clear()
        known = _known[key] = (entity, _make(entity, locale))
    return known[1]


@cache
def primitive(base: str) -> EntityType:
    """The entity type of values that have a JSON type and no meaning of their own."""
    return EntityType(name=base, base=base)


def type_of(*values: Json) -> EntityType | None:
    """The primitive type of scalars; numbers of which one is a float are no integers. None when they have no one type."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        kinds = {float}
    return primitive(_NAMES[kinds.pop()]) if len(kinds) == 1 and kinds <= _NAMES.keys() else None


def _make(entity: EntityType, locale: str) -> Notation:
    language = language_of(locale)
    said = tuple((item.value, item.forms) for item in entity.said if item.locale in (locale, language) and item.forms)
    kind, money = _kind(entity, language)
    counted = entity.unit is not None or entity.minimum is not None or entity.base == "number"
    known = entity.minted or entity.state is not None
    return Notation(kind=kind, base=entity.base, language=language, money=money, shape=_shape(entity), said=said,
                    grouped=counted and not known, worded=entity.base == "integer" and not known,
                    enum=entity.enum if entity.base == "string" else ())


def _kind(entity: EntityType, language: str) -> tuple[str, Currency | None]:
    if entity.minted or not language:
        return "raw", None
    if entity.base in ("number", "integer"):
        money = currency(entity.unit, language) if entity.unit else None
        return ("money" if money else "percent" if entity.unit == "%" else "number"), money
    if entity.base == "string":
        if entity.format in ("date", "time", "datetime"):
            return entity.format, None
        if entity.days is not None:
            return "date", None
    return entity.base, None


def _shape(entity: EntityType) -> Shape:
    """As the examples write it, else the first usual shape that the pattern allows."""
    for example in (*entity.examples, *entity.enum):
        if isinstance(example, str) and (shape := shape_of(example)):
            return shape
    if entity.pattern and entity.format in ("time", "datetime"):
        try:
            fitting = [sample for sample in _SAMPLES if re.search(entity.pattern, sample)
                       and (len(sample) > 10) == (entity.format == "datetime")]
        except re.error:
            return _USUAL
        return (shape_of(fitting[0]) if fitting else None) or _USUAL
    return _USUAL
