"""A rollout of the student: one user turn as it answered it, held against the row by execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from magnetc.agent.play import Played
from magnetc.build.mine.asked import AskedTurn, calls_of
from magnetc.build.mine.certified import certificate_of, said_of_results, shown_in
from magnetc.distill.fault_between import dependency, fault_between
from magnetc.distill.judged import EVIDENCE, KIND
from magnetc.distill.policy import EVIDENCE as POLICY
from magnetc.distill.proofs.nonequivalent import breaks_policy
from magnetc.distill.proofs.view import CallView, ConversationView, parse
from magnetc.distill.taxonomy import evidence_of
from magnetc.ir.json import Json, canonical, wire
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec
from magnetc.teachers.reasoned import KEY
from magnetc.tools.worlds.equivalence import Execution, difference

Message = dict[str, Any]

NOT_CALLS = "the student's call is none: it cannot be read, or the tools do not take it"
DEADLY = "the student's call stops the world"
ENDLESS = "the student did not come to an end"
UNPROVEN = "the student's words state what no result says"


class NoPair(Exception):
    """Why a rollout makes no pair. Its text is stable: it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What the student did in `asked`; `played` has that turn alone."""

    asked: AskedTurn
    played: Played

    def wrong(self, spec: Spec) -> str | None:
        """What is other than in the row when the turn is over: `state`, or the call whose result is missing; None when all is as it should be.

        A turn without an end is wrong in its state.
        """
        (turn,), played = self.played.turns, self.played
        if turn.exhausted or turn.observed is None:
            return "state"
        good = Execution((*played.before, *turn.reference), turn.reference_observed)
        return difference(good, Execution((*played.before, *turn.made), turn.observed), spec, played.existing)

    def words(self) -> str:
        """What the student says at the end of a turn in which it calls what the row calls; nothing where it differs in more, or in nothing."""
        own, at = self.apart()
        if len(own) != 1 or own[0].get("tool_calls") or at != self.asked.end - 1:
            return ""
        said = own[0]["content"].strip()
        return "" if said == self.asked.row["messages"][at]["content"].strip() else said

    def calls_otherwise(self) -> bool:
        """Whether the student's first message that is not the row's calls something."""
        own, _ = self.apart()
        return bool(own and own[0].get("tool_calls"))

    def action(self) -> str:
        """What the student did first that the row does not, and where, as text: rollouts with the same did the same."""
        own, at = self.apart()
        return canonical([at, own[0]["content"] if not own[0].get("tool_calls") else "", calls_of(own[0])]) if own else ""

    def apart(self) -> tuple[list[Message], int]:
        """The student's messages from the first that is not the row's, and the index of the row's message in whose place it stands."""
        row, said = self.asked.row["messages"], self.played.turns[0].messages[1:]
        at, index = self.asked.start, 0
        while at < self.asked.end and index < len(said) and row[at].get("tool_calls") and _same(row[at], said[index]):
            steps = 1 + len(row[at]["tool_calls"])
            at, index = at + steps, index + steps
        return said[index:], at


def _same(one: Message, other: Message) -> bool:
    return canonical(_stated(one)) == canonical(_stated(other))


def _stated(message: Message) -> Json:
    return [[name, arguments] for name, arguments in calls_of(message)]


class RolloutPair:
    """The preference row of a rollout that went wrong: the row's turn is chosen, the student's is rejected."""

    def __init__(self, rollout: Rollout, spec: Spec):
        self.rollout, self.spec, self.asked = rollout, spec, rollout.asked
        self.certificate: Mapping[str, Any] = self.asked.row["certificate"]
        self.shown = Shown(spec, Presentation.read(self.certificate.get("shown", {})))
        self.own, self.root = rollout.apart()
        self.prompt: list[Message] = [_thoughtless(message) for message in self.asked.row["messages"][: self.root]]
        self.chosen = [self._credited(index, index == self.root) for index in range(self.root, self.asked.end)]

    def row(self, name: str, shows: str | None, *, free: bool = False) -> dict[str, Any]:
        """The preference row called `name`; `shows` is what `Rollout.wrong` says. `free`: its last words may say whatever they say.

        Raises:
            NoPair: the student did what cannot be shown in a row.
        """
        (turn,) = self.rollout.played.turns
        if turn.malformed or any(attempt.refused for attempt in turn.attempts):
            raise NoPair(NOT_CALLS)
        if not all(attempt.reached for attempt in turn.attempts):
            raise NoPair(DEADLY)
        if turn.exhausted or turn.observed is None or not self.own or self.root >= self.asked.end:
            raise NoPair(ENDLESS)
        rejected, entries = self._rejected(free)
        sides = [*self.prompt, *self.chosen]
        ids = {call["id"] for message in sides for call in message.get("tool_calls") or ()}
        certificate = certificate_of(self.certificate, ids, len(sides))
        row: dict[str, Any] = {
            "id": name, "prompt": self.prompt, "chosen": self.chosen, "rejected": rejected, "tools": self.asked.row["tools"],
            "fault": {"kind": "", "turn": self.asked.turn, "shows": POLICY if shows == POLICY else evidence_of(shows), "dependency": "", "made": "rollout"},
            "tags": self.asked.row["tags"], "certificate": certificate}
        chosen = self._view(sides, certificate)
        wrong = self._view([*self.prompt, *rejected], {**certificate, "arguments": {}})
        certificate |= {"shown": used} if (used := shown_in(self.shown, chosen, wrong)) else {}
        certificate["corresponds"] = _corresponds(chosen, wrong, len(self.prompt))
        certificate["rejected_replies"] = {**{i: e for i, e in certificate["replies"].items() if int(i) < len(self.prompt)}, **entries}
        row["fault"] |= {"kind": fault_between(chosen, wrong, len(self.prompt)), "dependency": dependency(chosen, wrong, len(self.prompt))}
        return row

    def judged(self, name: str, judged: Mapping[str, Json]) -> dict[str, Any]:
        """The preference row of words that a model held to be wrong; `judged` says which, and with how many votes.

        Raises:
            NoPair: as `row`.
        """
        row = self.row(name, None, free=True)
        row["fault"] |= {"kind": KIND, "shows": EVIDENCE}
        row["certificate"]["judged"] = dict(judged)
        return row

    def breaks_policy(self) -> bool:
        """Whether what the student calls breaks a rule of the recipe that the row keeps, or makes a value up."""
        try:
            row = self.row("", POLICY)
        except NoPair:
            return False
        certificate = {**row["certificate"], "shown": self.certificate.get("shown", {})}
        chosen, wrong = (parse([*row["prompt"], *row[side]], row["tools"], certificate, self.spec) for side in ("chosen", "rejected"))
        return breaks_policy(chosen, wrong, len(self.prompt), certificate["corresponds"], self.spec, str(row["tags"]["path"]))

    def _credited(self, index: int, root: bool) -> Message:
        message = _thoughtless(self.asked.row["messages"][index])
        if message["role"] != "assistant":
            return message
        return {**message, "credit": int(root or bool(message.get("tool_calls")))}

    def _rejected(self, free: bool) -> tuple[list[Message], dict[str, list[dict[str, Json]]]]:
        """The student's messages in the form of rows, and what its last words say of results, by their index."""
        before = sum(len(message.get("tool_calls") or ()) for message in self.prompt)
        done = sum(len(message.get("tool_calls") or ()) for message in self.prompt[self.asked.start :])
        attempts = iter(self.rollout.played.turns[0].attempts[done:])
        made: list[Message] = []
        for message in self.own:
            if message["role"] == "tool":
                continue
            calls = [next(attempts) for _ in message.get("tool_calls") or ()]
            if not calls:
                made.append({"role": "assistant", "content": message["content"].strip(), "weight": 0, "credit": int(not made)})
                continue
            ids = [f"call_{before + number}" for number in range(1, len(calls) + 1)]
            before += len(calls)
            stated = [{"id": id, "type": "function", "function": {
                "name": self.shown.name(c.function), "arguments": wire(self.shown.arguments(c.function, c.arguments))}}
                for id, c in zip(ids, calls)]
            made.append({"role": "assistant", "content": "", "tool_calls": stated, "weight": 0, "credit": 1})
            made += [{"role": "tool", "tool_call_id": id, "name": self.shown.name(c.function), "content": wire(self.shown.result(c.function, c.result))}
                     for id, c in zip(ids, calls)]
        return (made, {}) if free else self._with_words(made)

    def _with_words(self, made: list[Message]) -> tuple[list[Message], dict[str, list[dict[str, Json]]]]:
        """With last words that hold: where what the student says beside its fault cannot be proven, it says no more than that it is done."""
        index = len(self.prompt) + len(made) - 1
        told = [*self.prompt, *made]
        if told[index - 1]["role"] != "tool":
            if not told[index]["content"] or any(char.isdigit() for char in told[index]["content"]):
                raise NoPair(UNPROVEN)
            return made, {}
        locale, now = str(self.certificate["locale"]), str(self.certificate["world"]["now"])
        view = self._view(told, {**self.certificate, "arguments": {}})
        right = [call for call in view.calls if call.id not in view.slips]
        entries = said_of_results(told[index]["content"], right, self.spec, locale, now) if told[index]["content"] else None
        if entries is not None:
            return made, {str(index): entries}
        if index == self.root:
            raise NoPair(UNPROVEN)
        return [*made[:-1], {**made[-1], "content": self.spec.frame[locale].texts["done"][0]}], {str(index): []}

    def _view(self, messages: list[Message], certificate: Mapping[str, Any]) -> ConversationView:
        return replace(parse(messages, self.asked.row["tools"], {**certificate, "shown": self.certificate.get("shown", {})}, self.spec),
                       certificate=certificate)


def _thoughtless(message: Message) -> Message:
    """A message without what was thought before it: pairs have no thoughts, since only one side could."""
    return {key: value for key, value in message.items() if key != KEY}


def _corresponds(chosen: ConversationView, rejected: ConversationView, prompt: int) -> dict[str, str]:
    """By id of a rejected call, that of the chosen call it stands for: at the root by place, after it the most alike of the same tool."""
    good, bad = ([call for call in view.calls if call.message >= prompt] for view in (chosen, rejected))
    roots = [[call for call in calls if call.message == prompt] for calls in (good, bad)]
    found = {wrong.id: right.id for right, wrong in zip(*roots)} if len(roots[0]) == len(roots[1]) else {}
    for call in bad:
        free = [other for other in good if other.id not in found.values() and other.name == call.name]
        if call.id not in found and free:
            found[call.id] = max(free, key=lambda other: _likeness(call, other)).id
    return found


def _likeness(one: CallView, other: CallView) -> int:
    return sum(canonical(value) == canonical(other.arguments.get(name)) for name, value in one.arguments.items())


def rollouts(asked: Sequence[AskedTurn], played: Sequence[Played]) -> list[Rollout]:
    """Each turn with what was played of it; what was cut off before it began is left out."""
    return [Rollout(asked=turn, played=one) for turn, one in zip(asked, played, strict=True) if one.turns]
