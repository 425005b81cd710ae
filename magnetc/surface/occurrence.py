"""Whether a text says a value: the leak check of the *necessary* and *sufficient* proofs."""

from __future__ import annotations

from functools import lru_cache

from magnetc.ir.json import Json
from magnetc.ir.types import EntityType
from magnetc.surface.form import fold
from magnetc.surface.forms import say_as
from magnetc.surface.notation import Notation, notation, type_of
from magnetc.surface.numerals import numeral
from magnetc.surface.script import runs_on

_PRONOUNS = frozenset({"one", "un", "une"})
"""Words for 1 that mostly mean something else ("the cheapest one"), and so are no evidence that a 1 was said."""


def occurs(value: Json, entity: EntityType | None, locale: str, now: str, text: str) -> bool:
    """Whether any form of `value`, the raw one included, stands in `text` as a whole token sequence.

    A digit sequence inside a longer number, a date or a time is no token of its own. A list occurs when all its items
    do; null and objects never.
    """
    if isinstance(value, list):
        return bool(value) and all(occurs(item, entity, locale, now, text) for item in value)
    if value is None or isinstance(value, dict):
        return False
    entity = entity or type_of(value)
    if entity is None:
        return False
    folded = fold(text)
    needles = _needles(value, notation(entity, locale), now[:10])
    return any(needle in folded and _stands(needle, folded) for needle in needles)


@lru_cache(maxsize=65536, typed=True)
def _needles(value: Json, how: Notation, today: str) -> tuple[str, ...]:
    """All folded texts that say `value`."""
    texts = {form.text for form in say_as(value, how, today, False)} - _PRONOUNS
    if isinstance(value, bool):
        texts.add("true" if value else "false")
    elif isinstance(value, (int, float)):
        texts.add(repr(value))
        for language in {how.language or "en", "en"}:
            for grouped in (False, True):
                texts |= _padded(numeral(value, language, grouped=grouped) or "", "," if language == "fr" else ".")
    else:
        texts.add(str(value))
    return tuple(sorted({fold(text) for text in texts} - {""}))


def _padded(digits: str, point: str) -> set[str]:
    """A number as it stands and as tables print it, with one or two decimals at least."""
    whole, _, fraction = digits.partition(point)
    return {digits} | ({whole + point + fraction.ljust(width, "0") for width in (1, 2)} if digits else set())


def _stands(needle: str, text: str) -> bool:
    """Whether `needle` occurs in `text` with word boundaries at both ends."""
    at = text.find(needle)
    while at >= 0:
        if _opens(needle, text, at) and _closes(needle, text, at + len(needle)):
            return True
        at = text.find(needle, at + 1)
    return False


def _opens(needle: str, text: str, start: int) -> bool:
    first, before = needle[0], text[start - 1:start]
    if not (first.isalnum() or first in "_-") or not before:
        return True
    if runs_on(before, first):
        return False
    if first.isdigit() and before in ".,:/-":
        further = text[start - 2:start - 1] if start > 1 else ""
        return not further.isdigit() and not (before == "-" and not further.isalnum())
    return True


def _closes(needle: str, text: str, end: int) -> bool:
    last, after = needle[-1], text[end:end + 1]
    if not (last.isalnum() or last == "_") or not after:
        return True
    if runs_on(last, after):
        return False
    return not (last.isdigit() and after in ".,:/-" and text[end + 1:end + 2].isdigit())
