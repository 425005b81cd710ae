"""Amendments: a call came to nothing, and the user's next words give one of its values anew.

Of a call that was *undone* (Correct), the corrected argument names it as `superseded`; a call that the world *refused* (Recover)
stands in the certificate's `denied`. Both were right when they were made, and are trained. What replaces a call is the same
function with one other argument, in the very next turn of the user, whose words are a frame of `correct_after` (with both values)
or `amend` around the new one. No other call of a row errs, slips aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from magnetc.distill.proofs.sourced import argument_leaves, reads_back
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.path import Call, OutputSource
from magnetc.ir.pointer import get
from magnetc.ir.spec import Spec
from magnetc.ir.undo import undo_call

QUOTES = ' "“”«»\u00a0\u202f'
"""What may stand around a value that is a text of its own."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What the certificate says: `repair` is made in place of `attempt`, with another value at `pointer`, which the user says
    in turn `turn`."""

    attempt: str
    repair: str
    pointer: str
    turn: int
    denied: bool


def amendments(view: ConversationView) -> Iterator[Amendment]:
    """Each amendment that the certificate names; turn -1 where the repair does not take the value from the user."""
    for attempt, entry in view.denied.items():
        repair, at = str(entry.get("repair")), str(entry.get("at"))
        turn = view.sources.get(repair, {}).get(at, {}).get("user")
        yield Amendment(attempt, repair, at, turn if type(turn) is int else -1, True)
    for repair, entries in view.sources.items():
        for pointer, entry in entries.items():
            taken: Any = entry.get("superseded", {})
            if "call" in taken:
                turn = entry.get("user")
                yield Amendment(str(taken["call"]), repair, pointer, turn if type(turn) is int else -1, False)


def check(view: ConversationView, spec: Spec) -> list[str]:
    """What holds of each amendment by the calls and their results; and that no call errs beside."""
    known = list(amendments(view))
    problems = [f"`{each.attempt}` is certified to be made anew by `{each.repair}`, yet {problem}"
                for each in known if (problem := _problem(view, each, spec))]
    repairs = [each.repair for each in known]
    problems += [f"`{name}` is made in place of more than one call" for name in sorted(set(repairs)) if repairs.count(name) > 1]
    allowed = {*view.slips, *view.denied}
    return problems + [f"`{call.id}` errs, and is certified neither as a slip nor as refused"
                       for call in view.calls if _erred(call) and call.id not in allowed]


def check_words(view: ConversationView, spec: Spec, locale: str) -> list[str]:
    """The words of each amendment are those of one, and whoever takes back what was acted on is heeded."""
    known = {each.turn: each for each in amendments(view)}
    problems = [f"`{each.repair}` argument `{each.pointer}` {problem}" for each in known.values()
                if (problem := _words_problem(view, each, spec, locale))]
    heeded = {turn for turn, each in known.items() if not each.denied}
    for turn in sorted(set(range(len(view.users))) - heeded):
        if any(_may_be(found, turn, view, spec, locale) for found in _said(view, turn, "correct_after", spec, locale)):
            problems.append(f"the user's turn {turn} takes back what was acted on, which no argument is certified to heed")
    return problems


def _problem(view: ConversationView, each: Amendment, spec: Spec) -> str | None:
    if each.attempt not in view.position or each.repair not in view.position:
        return "the row does not call both"
    attempt, repair = (view.calls[view.position[name]] for name in (each.attempt, each.repair))
    if {each.attempt, each.repair} & {*view.slips} or each.repair in view.denied:
        return "one of them is no right call"
    if _erred(attempt) is not each.denied or _erred(repair):
        return "their results are not those of such calls"
    users = view.users
    if not 0 < each.turn < len(users) or not users[each.turn] < repair.message < view.turn_end(users[each.turn]):
        return "the user's words for it are not those before it"
    before = [call for call in view.calls if users[each.turn - 1] < call.message < users[each.turn] and call.id not in view.slips]
    if [call.id for call in before] != [attempt.id]:
        return "it is not the one call of the turn before"
    mine, theirs = dict(argument_leaves(attempt)), dict(argument_leaves(repair))
    other = {at for at in mine | theirs if at not in mine or at not in theirs or mine[at] != theirs[at]}
    if attempt.name != repair.name or other != {each.pointer}:
        return f"they differ in more than `{each.pointer}`, or not in it"
    between = [call for call in view.calls if users[each.turn] < call.message and view.position[call.id] < view.position[repair.id]]
    return _between_problem(view, attempt, between, None if each.denied else spec.graph.undoing(attempt.name), spec)


def _between_problem(view: ConversationView, attempt: CallView, between: list[CallView], by: str | None, spec: Spec) -> str | None:
    """What the agent calls before it calls anew: what undoes the attempt, with what came out of it; nothing, if that is the same
    tool or the attempt came to nothing. `by` is the tool that undoes it."""
    if by is None or by == attempt.name:
        return "calls stand between them" if between or (by is None and not _erred(attempt)) else None
    undone = undo_call(spec, Call(id=attempt.id, function=attempt.name, goal=attempt.id), by, "undo")
    if [call.name for call in between] != [by] or isinstance(undone, str):
        return f"`{by}` does not undo it before"
    for argument in undone.arguments:
        if isinstance(argument.source, OutputSource):
            entry = view.sources.get(between[0].id, {}).get(argument.pointer, {})
            if (entry.get("output"), entry.get("at")) != (attempt.id, argument.source.pointer):
                return f"`{between[0].id}` undoes something else"
            if get(between[0].arguments, argument.pointer) != get(attempt.result, argument.source.pointer):
                return f"`{between[0].id}` undoes something else"
    return "what undoes it errs" if _erred(between[0]) else None


def _erred(call: CallView) -> bool:
    return isinstance(call.result, dict) and "error" in call.result


@dataclass(frozen=True, slots=True)
class _Said:
    """A message that is a frame around a new value, and maybe an old one."""

    new: str
    old: str


def _words_problem(view: ConversationView, each: Amendment, spec: Spec, locale: str) -> str | None:
    if each.attempt not in view.position or each.repair not in view.position:
        return None
    attempt = view.calls[view.position[each.attempt]]
    entry = view.sources[each.repair][each.pointer] if each.pointer in view.sources.get(each.repair, {}) else {}
    said = str(entry.get("said")).rstrip(".")
    if entry.get("again"):
        return "is certified to be said anew, and to have been said before"
    others = [found for entries in view.sources.values() for found in entries.values() if found.get("user") == each.turn and found is not entry]
    if any(not found.get("again") for found in others):
        return f"is not all that the user's turn {each.turn} says"
    for found in _said(view, each.turn, "amend" if each.denied else "correct_after", spec, locale):
        old = dict(argument_leaves(attempt)).get(each.pointer)
        if found.new.rstrip(".") == said and (each.denied or reads_back(found.old, old, attempt, each.pointer, view, spec, locale)):
            return None
    return f"is certified to be said anew, yet no such words of the user say `{said}`"


def _may_be(found: _Said, turn: int, view: ConversationView, spec: Spec, locale: str) -> bool:
    """Whether both texts could be values of one argument of a call of the turn before: then these are such words."""
    end = view.users[turn]
    calls = [call for call in view.calls if call.message < end and turn and call.message > view.users[turn - 1]]
    return any(reads_back(found.old, value, call, pointer, view, spec, locale) for call in calls for pointer, value in argument_leaves(call))


def _said(view: ConversationView, turn: int, group: str, spec: Spec, locale: str) -> Iterator[_Said]:
    """The ways in which the words of a user turn are a frame of a group."""
    text = view.messages[view.users[turn]]["content"] if 0 <= turn < len(view.users) else ""
    for frame in spec.frame[locale].texts.get(group, ()):
        if found := _pattern(frame).fullmatch(text):
            yield _Said(found["new"].strip(QUOTES), (found.groupdict().get("old") or "").strip(QUOTES))


@lru_cache(maxsize=512)
def _pattern(frame: str) -> re.Pattern[str]:
    """A message that is the frame; a stop behind a value may be the value's own."""
    body = re.escape(frame)
    for name in ("new", "old"):
        body = re.sub(rf"\\\{{{name}\\\}}\\\.", rf"(?P<{name}>.+?)\\.?", body, flags=re.IGNORECASE)
        body = re.sub(rf"\\\{{{name}\\\}}", f"(?P<{name}>.+?)", body, flags=re.IGNORECASE)
    return re.compile(body, re.DOTALL)
