"""Form: one way to say a value. And the folding under which two texts count as the same words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

LANGUAGES = ("en", "fr", "ja")
"""Languages whose dates, times and numbers can be said. In others a value has its raw form only."""

_EQUAL = str.maketrans({"’": "'", "ʼ": "'", "−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ",
                        "：": ":", **{chr(0xFF10 + digit): str(digit) for digit in range(10)}})


@dataclass(frozen=True, slots=True)
class Form:
    """`style` tells forms of one value apart: relative, weekday, month_day, full, iso, symbol, name, word, said, ..."""

    text: str
    style: str


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """`text` without what readers ignore: case, kinds of space and apostrophe, runs of spaces, and the width of digits."""
    return " ".join(text.translate(_EQUAL).casefold().split())


def language_of(locale: str) -> str:
    """`fr` of `fr_CA`; empty for a language without rules of its own."""
    language = locale.replace("-", "_").partition("_")[0].lower()
    return language if language in LANGUAGES else ""


def unique(forms: list[Form]) -> tuple[Form, ...]:
    """The forms in order, each text once."""
    first: dict[str, Form] = {}
    for form in forms:
        first.setdefault(form.text, form)
    return tuple(first.values())
