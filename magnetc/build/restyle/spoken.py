"""What is said in the rows of a base path: each message once, by what was said and done before it, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from magnetc.distill.proofs.amendments import amendments
from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.view import CallView, ConversationView, parse
from magnetc.ir.json import Json, canonical
from magnetc.ir.path import Call
from magnetc.ir.spec import Spec
from magnetc.teachers.prompted.calls import Reading
from magnetc.teachers.rehearsal import Recorded

Row = dict[str, Any]
Place = tuple[int, str, int]
"""A row's number, the list of messages in it, and the index there."""

Told = tuple[Mapping[str, Json], ...]


@dataclass(slots=True, kw_only=True)
class Spoken:
    """Words that may be said otherwise, and where they stand. `names` are the tools as these rows show them.

    `heard` is what a reader of the words comes to, where calls follow them, `profile` what the reader knows of the user.
    """

    who: str
    text: str
    history: Told
    locale: str
    places: list[Place] = field(default_factory=list)
    held: dict[str, None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    heard: Reading | None = None
    profile: str = ""
    frozen: bool = False


@dataclass(slots=True)
class Collected:
    """What is said, by key, in the order of the rows; `linked` are keys of the two sides of a pair, which go together."""

    spoken: dict[str, Spoken] = field(default_factory=dict)
    linked: list[tuple[str, str]] = field(default_factory=list)

    def units(self) -> list[tuple[str, ...]]:
        """Keys that are said otherwise together or not at all."""
        of = {key: key for key in self.spoken if not self.spoken[key].frozen}

        def root(key: str) -> str:
            while of[key] != key:
                key = of[key]
            return key

        for one, other in self.linked:
            if one in of and other in of:
                of[root(other)] = root(one)
        units: dict[str, list[str]] = {}
        for key in of:
            units.setdefault(root(key), []).append(key)
        return [tuple(unit) for unit in units.values()]


def collect(rows: Sequence[Row], spec: Spec) -> Collected:
    """What is said in the rows of a base path, conversations first, then pairs.

    Raises:
        LookupError, TypeError, ValueError: for rows that are none.
    """
    found = Collected()
    for number, row in enumerate(rows):
        if "messages" in row:
            _add(found, number, _View(row["messages"], row, row["certificate"], spec, {"messages": 0}), spec)
            continue
        certificate, prompt = row["certificate"], len(row["prompt"])
        replies = {**certificate, "arguments": {}, "replies": certificate["rejected_replies"], "refused": {}, "denied": {}}
        chosen = _View(row["prompt"] + row["chosen"], row, certificate, spec, {"prompt": 0, "chosen": prompt})
        rejected = _View(row["prompt"] + row["rejected"], row, replies, spec, {"prompt": 0, "rejected": prompt})
        known = _add(found, number, chosen, spec)
        _add_rejected(found, number, rejected, chosen, known, prompt, spec)
    return found


class _View:
    """A conversation parsed, and where its messages stand in the row: by the list, the index at which it begins."""

    def __init__(self, messages: list[dict[str, Any]], row: Row, certificate: Mapping[str, Any], spec: Spec, lists: Mapping[str, int]):
        self.view: ConversationView = parse(messages, row["tools"], certificate, spec)
        self.base, self.lists = str(row["tags"]["base"]), lists
        self.told = _told(self.view)

    def place(self, number: int, index: int) -> Place:
        name, begin = max((each for each in self.lists.items() if each[1] <= index), key=lambda each: each[1])
        return number, name, index - begin

    def said(self) -> Iterator[int]:
        """The indices of the messages that are words."""
        return (index for index, message in enumerate(self.view.messages)
                if message["role"] in ("user", "assistant") and message["content"] and not message.get("tool_calls"))

    def key(self, index: int) -> str:
        message = self.view.messages[index]
        return canonical([str(self.view.certificate["locale"]), list(self.told[index]), message["role"], message["content"]])


def _add(found: Collected, number: int, one: _View, spec: Spec) -> dict[tuple[int, int], str]:
    """The words of a conversation; returns their keys by turn and how many of the agent's words of that turn come before."""
    keys: dict[tuple[int, int], str] = {}
    turn = order = -1
    for index in one.said():
        key = one.key(index)
        is_user = one.view.messages[index]["role"] == "user"
        turn, order = (turn + 1, -1) if is_user else (turn, order + 1)
        _note(found, key, one, number, index, spec)
        keys[turn, order] = key
    return keys


def _add_rejected(found: Collected, number: int, one: _View, chosen: _View, known: Mapping[tuple[int, int], str], prompt: int, spec: Spec) -> None:
    """The words of a rejected side from the fault on: those that the chosen side has too are one with them, others go with theirs."""
    turn = order = -1
    for index in one.said():
        message = one.view.messages[index]
        turn, order = (turn + 1, -1) if message["role"] == "user" else (turn, order + 1)
        if index < prompt:
            continue
        other = known.get((turn, order))
        if other is not None and found.spoken[other].text == message["content"]:
            found.spoken[other].places.append(one.place(number, index))
            _hold(found.spoken[other], one.view, index)
        elif message["role"] == "assistant":
            key = one.key(index)
            _note(found, key, one, number, index, spec)
            if other is not None:
                found.linked.append((other, key))


def _note(found: Collected, key: str, one: _View, number: int, index: int, spec: Spec) -> None:
    view, message = one.view, one.view.messages[index]
    spoken = found.spoken.get(key)
    if spoken is None:
        who = "user" if message["role"] == "user" else "agent"
        spoken = found.spoken[key] = Spoken(who=who, text=message["content"], history=one.told[index],
                                             locale=str(view.certificate["locale"]))
    place = one.place(number, index)
    if place not in spoken.places:
        spoken.places.append(place)
    spoken.names.update(map(view.shown.name, spec.tool))
    _hold(spoken, view, index)
    if spoken.who == "user":
        spoken.frozen |= index in _framed(view)
        if spoken.heard is None:
            spoken.heard = _heard(view, index, spec)
            first = view.messages[0]
            spoken.profile = first["content"] if first["role"] == "system" else ""


def _hold(spoken: Spoken, view: ConversationView, index: int) -> None:
    """Note what has to stand in the words: the certificate's texts, as far as they do."""
    for text in _held(view, index):
        if not unsaid(spoken.text, [*spoken.held, text])[0]:
            spoken.held[text] = None


def _held(view: ConversationView, index: int) -> Iterator[str]:
    if view.messages[index]["role"] == "user":
        turn = view.users.index(index)
        yield from (str(entry["said"]) for entries in view.sources.values() for entry in entries.values() if entry.get("user") == turn)
        answered = view.certificate.get("abstains", {}).get(str(index + 1), {})
        yield from [str(answered["said"])] if "said" in answered else []
    else:
        yield from (str(entry["said"]) for entry in view.certificate["replies"].get(str(index), ()))


def _framed(view: ConversationView) -> set[int]:
    """The messages whose form is what proves something: a value is taken back in them, or given anew."""
    turns = {entry["user"] for entries in view.sources.values() for entry in entries.values() if "superseded" in entry and "user" in entry}
    turns |= {each.turn for each in amendments(view)}
    return {view.users[turn] for turn in turns if type(turn) is int and 0 <= turn < len(view.users)}


def _heard(view: ConversationView, index: int, spec: Spec) -> Reading | None:
    """What a reader of the user's words comes to: the calls up to the user's next words, if there are any and they are right."""
    end = next((user for user in view.users if user > index), len(view.messages))
    calls = [call for call in view.calls if index < call.message < end]
    if not calls or any(call.id in view.slips for call in calls):
        return None
    rounds = [[Call(id=call.id, function=call.name, goal=call.id) for call in made] for _, made in groupby(calls, lambda call: call.message)]
    recorded = Recorded(arguments={call.id: dict(call.arguments) for call in calls}, results={call.id: call.result for call in calls})
    return Reading(rounds, recorded, view.offered, spec)


def _told(view: ConversationView) -> list[Told]:
    """Before each message, what programs are told of those before it, in real names."""
    by_result: dict[int, CallView] = {call.result_message: call for call in view.calls}
    before: list[Told] = []
    told: Told = ()
    for index, message in enumerate(view.messages):
        before.append(told)
        if call := by_result.get(index):
            told = (*told, {"who": "tool", "call": call.name, "arguments": dict(call.arguments), "result": call.result})
        elif message["role"] in ("user", "assistant") and message["content"]:
            told = (*told, {"who": "user" if message["role"] == "user" else "agent", "text": message["content"]})
    return before
