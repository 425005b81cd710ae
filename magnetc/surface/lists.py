"""Lists as a locale joins them: "A, B and C", "A, B et C"; and the ways to take such a text apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from magnetc.ir.trajectory import MessagePart, Words
from magnetc.surface.form import language_of

_AND = {"en": " and ", "fr": " et ", "ja": "、", "": ", "}
_COMMA = {"ja": "、"}
_MOST_PIECES = 64
_MOST_CUTS = 10


def join(items: Sequence[str], locale: str) -> str:
    """The items with commas between, and before the last the word for "and"."""
    if len(items) < 2:
        return "".join(items)
    return _COMMA.get(language_of(locale), ", ").join(items[:-1]) + _AND[language_of(locale)] + items[-1]


def join_parts(items: Sequence[tuple[MessagePart, ...]], locale: str,
               words: Callable[[str], MessagePart] = Words) -> tuple[MessagePart, ...]:
    """The same for message parts; `words` makes the parts between."""
    joined: list[MessagePart] = []
    for index, item in enumerate(items):
        if index:
            language = language_of(locale)
            joined.append(words(_AND[language] if index == len(items) - 1 else _COMMA.get(language, ", ")))
        joined.extend(item)
    return tuple(joined)


def segmentations(text: str, locale: str, *, merge: bool) -> Iterator[tuple[str, ...]]:
    """The lists of items that `text` may be, the finest cut first.

    With `merge`, an item may itself hold a comma or the conjunction ("March 12, 2026 and March 13, 2026"): all cuts
    that `join` could have made are tried. A text with very many separators is cut everywhere only.
    """
    conjunction = _AND[language_of(locale)]
    comma = _COMMA.get(language_of(locale), ", ")
    pieces = re.split(f"({comma}|{re.escape(conjunction)})", text)
    items, marks = pieces[::2], pieces[1::2]
    if len(items) > _MOST_PIECES or not all(items):
        return
    if not merge or len(marks) > _MOST_CUTS:
        if not marks or (marks[-1] == conjunction and all(mark == comma for mark in marks[:-1])):
            yield tuple(items)
        return
    for chosen in range((1 << len(marks)) - 1, -1, -1):
        cuts = [i for i in range(len(marks)) if chosen >> i & 1]
        if not cuts or (marks[cuts[-1]] == conjunction and all(marks[i] == comma for i in cuts[:-1])):
            yield _cut(items, marks, cuts)


def _cut(items: list[str], marks: list[str], cuts: list[int]) -> tuple[str, ...]:
    parts, current = [], items[0]
    for i, mark in enumerate(marks):
        if i in cuts:
            parts.append(current)
            current = items[i + 1]
        else:
            current += mark + items[i + 1]
    return (*parts, current)
