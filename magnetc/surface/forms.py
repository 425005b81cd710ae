"""How values are said, and what is read back: `read` is the exact inverse of `say`.

Every form that `say` yields is read back, under the same type, locale and day, to that one value. This is what lets a
certificate prove that a user's words suffice for an argument, without a model.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import islice, product

from magnetc.ir.json import Json
from magnetc.ir.types import EntityType
from magnetc.surface import dates, numerals, times
from magnetc.surface.days import parse_date
from magnetc.surface.form import Form, fold, language_of, unique
from magnetc.surface.lists import join, segmentations
from magnetc.surface.notation import Notation, notation, primitive, same, type_of

_MOST_READINGS = 8


def say(value: Json, entity: EntityType | None, locale: str, now: str, case: str = "") -> tuple[Form, ...]:
    """All ways to say `value`, best first; empty when it cannot be said.

    Args:
        value: A JSON scalar of the type, or a list of them.
        entity: The type; None for a value without a declared type, which is said by its JSON type.
        locale: `en`, `fr`, or a variant; in other locales values have their raw form only.
        now: ISO 8601; its date is the day that relative dates are said on.
        case: `on` (or `at`) for the form that carries its own preposition; ignored by types that have none.
    """
    if isinstance(value, list):
        return say_list(value, entity, locale, now, case)
    if entity is None:
        entity = type_of(value)
    if entity is None or isinstance(value, dict):
        return ()
    return say_as(value, notation(entity, locale), now[:10], case in ("on", "at"))


@lru_cache(maxsize=65536, typed=True)
def say_as(value: Json, how: Notation, today: str, on: bool) -> tuple[Form, ...]:
    """The forms of a scalar in one notation on one day (`YYYY-MM-DD`): what `say` looks up."""
    if not how.holds(value):
        return ()
    authored = [Form(text, "said") for text in how.forms_of(value)]
    if not how.said:
        return unique(_say_plainly(value, how, today, on))
    for forms in (authored, [] if authored else _say_plainly(value, how, today, on)):
        clear = tuple(form for form in unique(forms) if _only_means(form.text, value, how, today))
        if clear:
            return clear
    return ()


def read(text: str, entity: EntityType | None, locale: str, now: str) -> tuple[Json, ...]:
    """All values of the type that `text` may mean, without its final stop.

    A text without a declared type may be a number and a string at once: its readings differ in JSON type.
    """
    if entity is None:
        return (*read(text, primitive("number"), locale, now), *read(text, primitive("string"), locale, now))
    return _read(text, notation(entity, locale), now[:10])


def say_list(values: list[Json], entity: EntityType | None, locale: str, now: str, case: str = "") -> tuple[Form, ...]:
    """All ways to say a list of scalars of the type ("A, B and C"); empty when it would not be read back."""
    entity = entity or type_of(*values)
    rows: list[tuple[Form, ...]] = [
        () if isinstance(value, list) else say(value, entity, locale, now, case) for value in values
    ]
    if entity is None or not rows or not all(rows):
        return ()
    forms = [Form(join([row[0].text for row in rows], locale), "list")]
    for style in dict.fromkeys(form.style for form in rows[0]):
        texts = [next((form.text for form in row if form.style == style), "") for row in rows]
        if all(texts):
            forms.append(Form(join(texts, locale), style))
    return tuple(form for form in unique(forms) if _only_means_list(form.text, values, entity, locale, now))


def read_list(text: str, entity: EntityType | None, locale: str, now: str) -> tuple[list[Json], ...]:
    """All lists of values of the type that `text` may mean, at most eight."""
    if entity is None:
        return (*read_list(text, primitive("number"), locale, now), *read_list(text, primitive("string"), locale, now))
    how = notation(entity, locale)
    free = how.base == "string" and how.kind in ("string", "raw") and not how.enum
    found: list[list[Json]] = []
    for pieces in segmentations(text, locale, merge=not free):
        readings = [read(piece, entity, locale, now) for piece in pieces]
        for values in islice(product(*readings), _MOST_READINGS):
            if list(values) not in found:
                found.append(list(values))
        if len(found) >= _MOST_READINGS:
            break
    return tuple(found[:_MOST_READINGS])


def long_date(now: str, locale: str) -> str:
    """The date that the system message shows: "Monday, March 2, 2026", "lundi 2 mars 2026"."""
    return dates.long_date(now, language_of(locale))


def _only_means_list(text: str, values: list[Json], entity: EntityType, locale: str, now: str) -> bool:
    found = read_list(text, entity, locale, now)
    return len(found) == 1 and len(found[0]) == len(values) and all(map(same, found[0], values))


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _only_means(text: str, value: Json, how: Notation, today: str) -> bool:
    found = _read(text, how, today)
    return len(found) == 1 and same(found[0], value)


def _say_plainly(value: Json, how: Notation, today: str, on: bool) -> list[Form]:
    """The forms that the type itself gives, without the author's."""
    match how.kind:
        case "date":
            day = parse_date(value)
            return dates.say_date(day, _day(today), how.language, on=on) if day else []
        case "time":
            return times.say_time(value, how.shape, how.language, at=on)
        case "datetime":
            return times.say_instant(value, how.shape, _day(today), how.language, on=on)
        case "money" if how.money:
            return numerals.say_money(value, how.money, how.language)
        case "percent":
            return numerals.say_percent(value, how.language)
        case "number":
            return numerals.say_number(value, how.language, grouped=how.grouped, worded=how.worded)
        case "raw" | "string" if isinstance(value, str):
            known = not how.enum or value in how.enum
            return [Form(value, "plain")] if value.strip() and known else []
        case "raw" if how.base in ("integer", "number"):
            return [Form(repr(value), "plain")]
    return []


@lru_cache(maxsize=65536)
def _read(text: str, how: Notation, today: str) -> tuple[Json, ...]:
    authored = how.said_as(fold(text)) if how.said else ()
    if authored and how.kind == "string" and not how.enum:
        return authored
    found = list(authored)
    for value in _read_plainly(text, how, today):
        if not any(same(value, other) for other in found):
            found.append(value)
    return tuple(found)


def _read_plainly(text: str, how: Notation, today: str) -> tuple[Json, ...]:
    """The readings that the type itself gives: the author's forms are not known here, raw values are."""
    integer = how.base == "integer"
    match how.kind:
        case "date":
            return tuple(day.isoformat() for day in dates.read_date(text, _day(today), how.language))
        case "time":
            return times.read_time(text, how.shape, how.language)
        case "datetime":
            return times.read_instant(text, how.shape, _day(today), how.language)
        case "money" if how.money:
            return numerals.read_money(text, how.money, how.language, integer=integer)
        case "percent":
            return numerals.read_percent(text, how.language, integer=integer)
        case "number":
            return numerals.read_number(text, how.language, integer=integer)
        case "boolean":
            return {"true": (True,), "false": (False,)}.get(fold(text), ())
        case "raw" if how.base in ("integer", "number"):
            return numerals.read_number(text, "en", integer=integer)
        case "raw" | "string" if how.base == "string":
            return _read_string(text, how.enum)
    return ()


def _read_string(text: str, enum: tuple[Json, ...]) -> tuple[Json, ...]:
    if not enum:
        return (text,) if text.strip() else ()
    if text in enum:
        return (text,)
    return tuple(value for value in enum if isinstance(value, str) and fold(value) == fold(text))
