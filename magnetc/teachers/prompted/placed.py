"""Placing: a model's text as the parts of a message, each value that it has to say found where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from magnetc.ir.trajectory import MessagePart, Reference, Value, Words, text_of
from magnetc.surface import find_mention

Forms = Callable[[Value], Iterable[str]]
"""The texts that say a value."""

_HOLE = "\ue000"
"""Stands in a text where a part was found, so that what is around it makes no word."""


@dataclass(frozen=True, slots=True)
class Placed:
    """`parts` of the whole text, and `rest`: the text without what was looked for. `missing`: what has to be said and is not."""

    parts: tuple[MessagePart, ...]
    rest: str
    missing: tuple[MessagePart, ...]


def place(text: str, wanted: Sequence[MessagePart], forms: Forms) -> Placed:
    """Find each of `wanted` in `text`, at a place of its own, the longest first.

    A value may stand in any of its forms; a reference as it is, since its words tell one result from another. Case counts
    for nothing at the beginning of either.
    """
    found: list[tuple[int, int, MessagePart]] = []
    missing: list[MessagePart] = []
    rest = text
    for part in sorted(wanted, key=lambda part: -len(text_of(part))):
        span = next(_spans(rest, [text_of(part), *(forms(part) if isinstance(part, Value) else ())]), None)
        if span is None:
            missing.append(part)
            continue
        start, end = span
        rest = rest[:start] + _HOLE * (end - start) + rest[end:]
        found.append((start, end, _as_said(part, text[start:end])))
    return Placed(_parts(text, found), rest.replace(_HOLE, ""), tuple(missing))


def _spans(text: str, ways: Iterable[str]) -> Iterator[tuple[int, int]]:
    for way in ways:
        for said in dict.fromkeys((way, way[:1].upper() + way[1:], way[:1].lower() + way[1:])):
            at = find_mention(said, text)
            if at >= 0:
                yield at, at + len(said)


def _as_said(part: MessagePart, text: str) -> MessagePart:
    match part:
        case Value(_, call, pointer, superseded):
            return Value(text, call, pointer, superseded)
        case Reference((first, *others), call, pointer) if text_of(first)[:1] != text[:1]:
            return Reference((type(first)(text[:1] + first.text[1:]) if isinstance(first, Words) else
                              Value(text[:1] + first.text[1:], first.call, first.pointer), *others), call, pointer)
        case _:
            return part


def _parts(text: str, found: Iterable[tuple[int, int, MessagePart]]) -> tuple[MessagePart, ...]:
    parts: list[MessagePart] = []
    at = 0
    for start, end, part in sorted(found, key=lambda each: each[0]):
        parts += [*([Words(text[at:start])] if start > at else []), part]
        at = end
    return (*parts, Words(text[at:])) if at < len(text) else tuple(parts)
