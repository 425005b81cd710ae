"""Frames: the standard library's sentences around authors' phrases, filled with parts so that values stay marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import overload

from magnetc.ir import draw
from magnetc.ir.spec import Frames
from magnetc.ir.trajectory import MessagePart, Reference, Value, Words
from magnetc.surface import capitalise, elide_parts, lower_first, tidy_parts

Parts = tuple[MessagePart, ...]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def frame(frames: Frames, group: str, *key: object) -> str:
    """One text of a group, drawn."""
    texts = frames.texts[group]
    return texts[draw.integer(0, len(texts) - 1, *key, group)]


def drawn_frames(frames: Frames, group: str, *key: object) -> Iterator[str]:
    """The texts of a group from a drawn one on: the next is there for whoever has said the first already."""
    texts = frames.texts[group]
    start = draw.integer(0, len(texts) - 1, *key, group)
    yield from texts[start:]
    yield from texts[:start]


@lru_cache(maxsize=8192)
def _split(text: str) -> tuple[str, ...]:
    """Literal, placeholder, literal, ... in turn."""
    return tuple(_PLACEHOLDER.split(text))


def fill(text: str, fillers: dict[str, Parts], locale: str) -> Parts:
    """`text` with `{name}` replaced by parts: `{Name}` capitalised, `{name}` lower-cased, a one-letter `{S}`/`{B}` as is.

    `{A}` and `{B}` are finished sentences as they stand, `{a}` and `{b}` the same with their first letter lower-cased.
    """
    filled: list[MessagePart] = []
    for index, piece in enumerate(_split(text)):
        if index % 2 == 0:
            if piece:
                filled.append(Words(piece))
        else:
            filled.extend(_cased(piece, fillers, locale))
    return merge_words(tuple(filled))


def _cased(placeholder: str, fillers: dict[str, Parts], locale: str) -> Parts:
    parts = fillers[placeholder.lower()]
    if placeholder == "S":
        return parts
    return starting(parts, locale, upper=placeholder[0].isupper())


def starting(parts: Parts, locale: str, *, upper: bool) -> Parts:
    """`parts` with the case of the very first letter set. Values keep their spelling unless a sentence starts with one."""
    if not parts:
        return parts
    first = parts[0]
    match first:
        case Words(text):
            changed: MessagePart = Words(capitalise(text) if upper else lower_first(text, locale))
        case Value(text):
            changed = replace(first, text=capitalise(text)) if upper else first
        case Reference(inner):
            changed = replace(first, parts=starting(inner, locale, upper=upper))
    return (changed, *parts[1:])


@overload
def merge_words(parts: tuple[Words | Value, ...]) -> tuple[Words | Value, ...]: ...
@overload
def merge_words(parts: Parts) -> Parts: ...
def merge_words(parts: Parts) -> Parts:
    """Adjacent words joined, so that equal texts are equal parts."""
    merged: list[MessagePart] = []
    for part in parts:
        if isinstance(part, Words) and merged and isinstance(merged[-1], Words):
            merged[-1] = Words(merged[-1].text + part.text)
        else:
            merged.append(part)
    return tuple(merged)


def finish(parts: Parts, frames: Frames) -> Parts:
    """A finished text: elided, tidy, and no doubled final stop whatever its last phrase or value ended in."""
    return stop_once(merge_words(tidy_parts(elide_parts(parts, frames.elide), frames.locale)))


def stop_once(parts: Parts) -> Parts:
    """A sentence without its final stop where what stands before it ends in one."""
    if len(parts) < 2 or not isinstance(parts[-1], Words):
        return parts
    before = parts[-2]
    text = before.parts[-1].text if isinstance(before, Reference) else before.text
    if text[-1:] in ".?!" and parts[-1].text[:1] == ".":
        return (*parts[:-1], Words(parts[-1].text[1:])) if len(parts[-1].text) > 1 else parts[:-1]
    return parts
