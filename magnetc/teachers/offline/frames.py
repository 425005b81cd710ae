"""Frames: the standard library's sentences around authors' phrases, filled with parts so that values stay marked."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import overload

from magnetc.ir import draw
from magnetc.ir.signature import Effect
from magnetc.ir.spec import STYLES, Frame, Frames
from magnetc.ir.trajectory import MessagePart, Reference, Value, Words
from magnetc.surface import capitalise, elide_parts, is_unspaced, lower_first, tidy_parts
from magnetc.teachers.conversation import Conversation

Parts = tuple[MessagePart, ...]

OWN = 2.0
"""How much likelier a frame of the user's style is than one that suits everyone."""

REACTING = 2.0
"""How much likelier a follow-up is that reacts to the last result."""

_STOPS = tuple(".?!。？！")

_PLACEHOLDER = re.compile(r"\{(\w+(?::\w+)?)\}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def frame(frames: Frames, group: str, *key: object) -> str:
    """One text of a group that the agent says, drawn."""
    return draw.choose(frames.of[group], *key, group, name=_text, weight=_weight).text


def user_frame(conversation: Conversation, group: str, *key: object) -> str:
    """One text of a group that the user says: in the user's style, and after what the last call came to."""
    return user_frames(conversation, group, *key)[0].text


def user_frames(conversation: Conversation, group: str, *key: object) -> list[Frame]:
    """The frames of a group as this user would say them, the drawn one first. Those of other styles come last, for when no
    other suits. A user's own style is likelier than what everyone says, and what reacts than what does not."""
    style, last = conversation.style, came_to(conversation)
    others = user_styles(conversation) - {style}

    def weight(each: Frame) -> float:
        return each.weight * (OWN if each.style == style else 1) * (REACTING if each.after else 1)

    every = conversation.spec.frame[conversation.locale].of[group]
    here = [each for each in every if each.after in ("", last)] or every
    mine = draw.shuffle((f for f in here if f.style not in others), *key, group, name=_text, weight=weight)
    rest = draw.shuffle((f for f in here if f.style in others), *key, group, name=_text, weight=weight)
    return [*mine, *rest]


def user_styles(conversation: Conversation) -> set[str]:
    """The styles that tell users apart. Frames of any other suit everyone."""
    return {*STYLES, *(name for name, _ in conversation.spec.recipe.styles)}


def came_to(conversation: Conversation) -> str:
    """What the last call came to: it `reads` and told something, it `writes`, or it found `nothing`. Empty before the first."""
    if not conversation.executed:
        return ""
    done = conversation.executed[-1]
    if conversation.spec.tool[done.call.function].effect is Effect.WRITES:
        return "writes"
    told = list(done.result.values()) if isinstance(done.result, dict) else [done.result]
    lists = [value for value in told if isinstance(value, (list, dict))]
    return "nothing" if lists and not any(lists) else "reads"


def _text(each: Frame) -> str:
    return each.text


def _weight(each: Frame) -> float:
    return each.weight


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


def placeholders(text: str) -> set[str]:
    """What a frame asks for, in lower case: `phrase`, `phrase:te`."""
    return {name.lower() for name in _split(text)[1::2]}


def _cased(placeholder: str, fillers: dict[str, Parts], locale: str) -> Parts:
    parts = fillers[placeholder.lower()]
    if placeholder == "S":
        return parts
    return starting(parts, locale, upper=placeholder[0].isupper())


def starting(parts: Parts, locale: str, *, upper: bool) -> Parts:
    """`parts` with the case of the very first letter set. Values keep their spelling unless a sentence starts with one, and
    then, too, if they may be names that case is part of (`fix-typos`)."""
    if not parts or is_unspaced(locale):
        return parts
    first = parts[0]
    match first:
        case Words(text):
            changed: MessagePart = Words(capitalise(text) if upper else lower_first(text, locale))
        case Value(text):
            changed = first if not upper or _SLUG.fullmatch(text) else replace(first, text=capitalise(text))
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
    if text[-1:] in _STOPS and parts[-1].text[:1] in (".", "。"):
        return (*parts[:-1], Words(parts[-1].text[1:])) if len(parts[-1].text) > 1 else parts[:-1]
    return parts
