"""Twins: goals of one turn that ask the same tool for different things are said in one phrase (operation `parallel`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from magnetc.ir.script import Goal
from magnetc.ir.spec import Frames
from magnetc.ir.trajectory import Reference, Words
from magnetc.surface import join_parts
from magnetc.teachers.offline.frames import Parts, merge_words
from magnetc.teachers.offline.spoken import Spoken
from magnetc.teachers.offline.words import GoalWords


def says_the_same(one: GoalWords, other: GoalWords) -> bool:
    """Whether two goals of a turn are the same request in the same words."""
    return _text(one.parts) == _text(other.parts)


def in_one_phrase(goals: Sequence[Goal], words: Sequence[GoalWords], frames: Frames) -> list[Spoken]:
    """The phrase of each goal; neighbours of one build share a phrase: "from Boston to Lyon and from Oslo to Rome"."""
    phrases: list[Spoken] = []
    for (_, mood), group in groupby(zip(goals, words), key=lambda pair: (pair[0].chain, pair[1].mood)):
        own = [said for _, said in group]
        joined = _joined([said.parts for said in own], frames) if len(own) > 1 else None
        if joined is None:
            phrases += [Spoken(mood or "do", said.parts, said.forms) for said in own]
            continue
        names = set.intersection(*(set(said.forms) for said in own))
        forms = {name: form for name in names if (form := _joined([said.forms[name] for said in own], frames))}
        phrases.append(Spoken(mood or "do", joined, forms))
    return phrases


def _joined(twins: list[Parts], frames: Frames) -> Parts | None:
    """One phrase for all; None where the words between the values differ, or what is left of the second would not stand.

    The last word before the first value is said again when it is a preposition; any other is left out, which only a value
    that ends the phrase allows: "look up Mara and Jonas".
    """
    first, *others = (list(parts) for parts in twins)
    if not isinstance(first[0], Words) or any(_frame(parts) != _frame(first) for parts in others):
        return None
    again = {*frames.prepositions, *(short for word, short in frames.elide if word in frames.prepositions)}
    head, last = _cut(first[0].text)
    shortened: list[Parts] = []
    for parts in others:
        own_head, own_last = _cut(parts[0].text if isinstance(parts[0], Words) else "")
        if own_head != head:
            return None
        if own_last.strip() in again:
            shortened.append((Words(own_last), *parts[1:]))
        elif own_last == last and len(parts) == 2:
            shortened.append(tuple(parts[1:]))
        else:
            return None
    whole = [tuple(first), *shortened]
    if any("," in part.text for part in first[1:] if isinstance(part, Words)) and len(whole) == 2:
        whole[0] = (*whole[0], Words(","))
    return merge_words(join_parts(tuple(whole), frames.locale))


def _cut(text: str) -> tuple[str, str]:
    """Words without the last, and the last with the blank behind it."""
    at = text.rstrip().rfind(" ") + 1
    return text[:at], text[at:]


def _text(parts: Parts) -> str:
    return "".join(_text(part.parts) if isinstance(part, Reference) else part.text for part in parts)


def _frame(parts: Sequence[object]) -> list[str | None]:
    """The words between the values, those before the first aside."""
    return [part.text if isinstance(part, Words) else None for part in parts[1:]]
