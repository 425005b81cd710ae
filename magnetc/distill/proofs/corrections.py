"""Corrections: in one message the user says a value, takes it back, and says another: "on March 4. No wait, make that March 5."

What the call takes is the second value. The words show that by themselves: they end in a frame of `correct` or `correct_from`
around the new value. The value before it does not count as said, whatever a certificate says of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from magnetc.distill.proofs.amendments import QUOTES, amendments
from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.sourced import argument_leaves, reads_back
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.surface import read
from magnetc.teachers.conversation import entity_of

GROUPS = ("correct", "correct_from")
"""Frames that take a value back in the message that said it."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The end of a message: `head` is what stands before it, `new` the text of the new value, `old` that of the old one, where
    it is said again."""

    head: str
    new: str
    old: str


@dataclass(frozen=True, slots=True)
class Superseding:
    """An argument that the certificate says was corrected, and the correction, if the words have one around its value."""

    call: CallView
    pointer: str
    value: Json
    said: str
    taken: Mapping[str, Json]
    found: Correction | None


def superseding(view: ConversationView, spec: Spec, locale: str) -> dict[int, Superseding]:
    """The corrected argument of each user turn that has one."""
    made: dict[int, Superseding] = {}
    for call, pointer, value, entry in _given(view):
        if _is_taken_back(entry) and not entry.get("again"):
            said, turn = str(entry["said"]), int(str(entry["user"]))
            taken: Any = entry["superseded"]
            found = next((c for c in _in_turn(view, turn, spec, locale) if said.rstrip(".") == c.new.rstrip(".")), None)
            made[turn] = Superseding(call, pointer, value, said, taken, found)
    return made


def check(view: ConversationView, spec: Spec, locale: str, certified: Mapping[int, Superseding]) -> list[str]:
    """Each certified correction stands in the words, and each correction in the words is certified."""
    problems = [f"`{each.call.id}` argument `{each.pointer}` {problem}" for each in certified.values()
                if (problem := _problem(each, view, spec, locale))]
    counted = [int(str(entry["user"])) for *_, entry in _given(view) if _is_taken_back(entry)]
    problems += [f"the user's turn {turn} corrects more than one value" for turn in sorted(set(counted)) if counted.count(turn) > 1]
    anew = {each.turn for each in amendments(view)}
    for turn in sorted({int(str(entry["user"])) for *_, entry in _given(view)} - certified.keys() - anew):
        for found in _in_turn(view, turn, spec, locale):
            if any(_may_be(found.new, call, pointer, view, spec, locale) for call, pointer, _, entry in _given(view)
                   if entry["user"] == turn):
                problems.append(f"the user's turn {turn} takes a value back for `{found.new}`, which no argument is certified to heed")
    return problems


def _problem(each: Superseding, view: ConversationView, spec: Spec, locale: str) -> str | None:
    if each.found is None:
        return f"is certified to correct another value, yet no correction of the user says `{each.said}`"
    old, text = each.taken["value"], str(each.taken["said"])
    if old == each.value or type(old) is not type(each.value):
        return "corrects a value that is no other one of its type"
    for said in (text, each.found.old):
        if said and not reads_back(said, old, each.call, each.pointer, view, spec, locale):
            return f"corrects a value that `{said}` does not say"
    return None if not unsaid(each.found.head, [text])[0] else f"corrects `{text}`, which was not said before"


def _is_taken_back(entry: Mapping[str, Any]) -> bool:
    """Whether a value is certified to be other than what the same message says first."""
    return "superseded" in entry and "call" not in entry["superseded"]


def _given(view: ConversationView) -> Iterator[tuple[CallView, str, Json, Mapping[str, Json]]]:
    """The arguments that a user turn gives."""
    for call in view.calls:
        for pointer, value in argument_leaves(call):
            entry = view.sources.get(call.id, {}).get(pointer, {})
            if "user" in entry:
                yield call, pointer, value, entry


def _may_be(said: str, call: CallView, pointer: str, view: ConversationView, spec: Spec, locale: str) -> bool:
    entity = entity_of(spec.argument_type(call.name, pointer), spec)
    return bool(read(said, entity, locale, str(view.certificate["world"]["now"])))


def _in_turn(view: ConversationView, turn: int, spec: Spec, locale: str) -> Iterator[Correction]:
    """The ways in which the words of a user turn end in a correction."""
    text = view.messages[view.users[turn]]["content"] if 0 <= turn < len(view.users) else ""
    frames = spec.frame[locale].texts
    for frame in (frame for group in GROUPS for frame in frames.get(group, ())):
        if found := _pattern(frame).fullmatch(text):
            yield Correction(found["head"], found["new"].strip(QUOTES), (found.groupdict().get("old") or "").strip(QUOTES))


@lru_cache(maxsize=512)
def _pattern(frame: str) -> re.Pattern[str]:
    """A message that ends in the frame; its final stop may be that of a value."""
    body = re.escape(frame.removesuffix("."))
    for name in ("new", "old"):
        body = re.sub(rf"\\\{{{name}\\\}}", f"(?P<{name}>.+?)", body, flags=re.IGNORECASE)
    return re.compile(rf"(?P<head>.*\S)(?:\s|(?<=[。？！])){body}\.?", re.DOTALL)
