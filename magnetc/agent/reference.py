"""A row as a conversation to be played: what its users say, what it does turn by turn, and the world it starts in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Made
from magnetc.tools.worlds.protocol import Reset, Step

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Need(StrEnum):
    """What a user turn needs of the agent: calls; a question, as the user has left something out; to say that it cannot be done, as no tool
    does it or a value is impossible; or an answer without a call, out of what is known already or to small talk."""

    ACT = "act"
    ASK = "ask"
    DECLINE = "decline"
    ANSWER = "answer"


DISTANCES = ("none", "nested", "short", "long")
"""How far the results are that the calls of a turn take values from, the farthest of them: from none, in the same turn, in the turn
before, in an earlier one (Magnet's taxonomy, as `fault.dependency` of pairs has it)."""

_DECLINED = ("near", "none", "value")
"""The kinds of abstentions in which what the user wants cannot be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A value of the user's, as it is `said` in a user turn, that a call of the row takes: the argument `pointer` of `tool`."""

    tool: str
    pointer: str
    said: str
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTurn:
    """A user turn: its message, the messages up to the next one, and their calls with results, slips aside, which leave no trace in the
    world. `trained`: one of the messages has weight 1. `distance` is one of DISTANCES, `wants` the values of the user's for its calls."""

    user: dict[str, Any]
    answer: tuple[dict[str, Any], ...]
    made: tuple[Made, ...]
    trained: bool
    needs: Need
    distance: str
    wants: tuple[Want, ...]

    @property
    def calls(self) -> tuple[Step, ...]:
        return tuple(Step(call=call.function, args=call.arguments) for call in self.made)

    @property
    def messages(self) -> int:
        """How many messages the agent says."""
        return sum(message["role"] == "assistant" for message in self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`opening` is what precedes the first user turn; turns from `first` on are played, those before it are context.

    Messages and `tools` are as the row shows them; calls and `offered` have the real names, `shown` leads from one to the other.
    """

    row: str
    tags: Mapping[str, Any]
    tools: str
    offered: frozenset[str]
    shown: Shown = field(compare=False)
    opening: tuple[dict[str, Any], ...]
    turns: tuple[ReferenceTurn, ...]
    first: int
    start: Reset

    @property
    def locale(self) -> str:
        return str(self.tags.get("locale", ""))

    @property
    def played(self) -> tuple[ReferenceTurn, ...]:
        return self.turns[self.first :]

    @property
    def context(self) -> list[Step]:
        """The calls of the turns before the first that is played."""
        return [call for turn in self.turns[: self.first] for call in turn.calls]


def read_reference(row: Mapping[str, Any], states: Mapping[str, Json], spec: Spec) -> Reference:
    """Read an SFT row of an output of `spec`. `states` has the initial states by digest.

    Raises:
        MagnetError: MG621 when the row is none, or its initial state is not there.
    """
    try:
        at = row["certificate"]["world"]
        if at["initial"] not in states:
            raise _unplayable(row, f"its initial state `{at['initial']}` is not in `states/`")
        start = Reset(state=states[at["initial"]], seed=int(at["seed"]), now=str(at["now"]), digest=str(at["initial"]))
        shown = Shown(spec, Presentation.read(row["certificate"].get("shown", {})))
        opening, turns = _turns(row["messages"], shown, row["certificate"])
        first = next((number for number, turn in enumerate(turns) if turn.trained), len(turns))
        offered = frozenset(shown.read_name(tool["function"]["name"]) for tool in json.loads(row["tools"]))
        return Reference(row=str(row["id"]), tags=row["tags"], tools=row["tools"], offered=offered, shown=shown,
                         opening=opening, turns=turns, first=first, start=start)
    except _MALFORMED as error:
        raise _unplayable(row, f"it is not well formed: {type(error).__name__}: {error}") from None


def drawn_rows(rows: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """At most `count` rows, drawn by a hash of their ids, so that no path is favoured and the same are always drawn."""
    return sorted(rows, key=lambda row: sha256(str(row["id"]).encode()).digest())[:count]


def _turns(messages: list[dict[str, Any]], shown: Shown,
           certificate: Mapping[str, Any]) -> tuple[tuple[dict[str, Any], ...], tuple[ReferenceTurn, ...]]:
    """What precedes the first user message, and the user turns."""
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    made_in = {call["id"]: number for number, (start, end) in enumerate(zip(users, [*users[1:], len(messages)]))
               for message in messages[start:end] for call in message.get("tool_calls") or ()}
    turns = [_turn(messages, start, end, shown, certificate, made_in) for start, end in zip(users, [*users[1:], len(messages)])]
    return tuple(map(_shown, messages[: users[0]])), tuple(turns)


def _turn(messages: list[dict[str, Any]], start: int, end: int, shown: Shown, certificate: Mapping[str, Any],
          made_in: Mapping[str, int]) -> ReferenceTurn:
    said = messages[start:end]
    slips = certificate.get("slips", {})
    calls = [call for message in said for call in message.get("tool_calls") or () if call["id"] not in slips]
    results = {message["tool_call_id"]: json.loads(message["content"]) for message in said if message["role"] == "tool"}
    sources = certificate.get("arguments", {})
    made = tuple(_made(call["function"], results.get(call["id"]), shown) for call in calls)
    entries = [(call.function, pointer, entry) for each, call in zip(calls, made) for pointer, entry in sources.get(each["id"], {}).items()]
    number = sum(message["role"] == "user" for message in messages[:start])
    far = [number - made_in[entry["output"]] for _, _, entry in entries if entry.get("output") in made_in]
    return ReferenceTurn(
        user=_shown(messages[start]), answer=tuple(map(_shown, said[1:])), made=made, trained=any(message.get("weight") for message in said),
        needs=Need.ACT if calls else _silent(range(start, end), certificate), distance=DISTANCES[min(max(far), 2) + 1] if far else DISTANCES[0],
        wants=tuple(Want(tool=tool, pointer=pointer, said=str(entry["said"]), turn=int(entry["user"]))
                    for tool, pointer, entry in entries if "user" in entry))


def _silent(messages: range, certificate: Mapping[str, Any]) -> Need:
    """What a turn without calls needs, whose messages are at these indices of the row."""
    if any(str(index) in certificate.get("refused", {}) for index in messages):
        return Need.DECLINE
    kinds = [entry["kind"] for index in messages if (entry := certificate.get("abstains", {}).get(str(index)))]
    if not kinds:
        return Need.ASK
    return Need.DECLINE if kinds[0] in _DECLINED else Need.ANSWER


def _made(call: dict[str, Any], result: Json, shown: Shown) -> Made:
    name = shown.read_name(call["name"])
    return Made(name, shown.read_arguments(name, json.loads(call["arguments"])), shown.read_result(name, result))


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what only training needs."""
    return {key: value for key, value in message.items() if key not in ("weight", "credit")}


def _unplayable(row: Mapping[str, Any], why: str) -> MagnetError:
    name = row.get("id", "?") if isinstance(row, Mapping) else "?"
    return MagnetError(Diagnostic(code="MG621", message=f"the row `{name}` cannot be played", notes=(why,),
                                  help="`magnetc verify` says which rows of an output are as they were built"))
