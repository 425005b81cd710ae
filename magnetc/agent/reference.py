"""A row as a conversation to be played: what its users say, what it does turn by turn, and the world it starts in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.protocol import Reset, Step

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTurn:
    """A user turn: its message, the messages up to the next one, and their calls, slips aside, which leave no trace in the
    world. `trained`: one of the messages has weight 1."""

    user: dict[str, Any]
    answer: tuple[dict[str, Any], ...]
    calls: tuple[Step, ...]
    trained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`opening` is what precedes the first user turn; turns from `first` on are played, those before it are context.

    Messages and `tools` are as the row shows them; calls and `offered` have the real names, `shown` leads from one to the other.
    """

    row: str
    tags: Mapping[str, Any]
    tools: str
    offered: frozenset[str]
    shown: Shown
    opening: tuple[dict[str, Any], ...]
    turns: tuple[ReferenceTurn, ...]
    first: int
    start: Reset

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
        opening, turns = _turns(row["messages"], shown, frozenset(row["certificate"].get("slips", {})))
        first = next((number for number, turn in enumerate(turns) if turn.trained), len(turns))
        offered = frozenset(shown.read_name(tool["function"]["name"]) for tool in json.loads(row["tools"]))
        return Reference(row=str(row["id"]), tags=row["tags"], tools=row["tools"], offered=offered, shown=shown,
                         opening=opening, turns=turns, first=first, start=start)
    except _MALFORMED as error:
        raise _unplayable(row, f"it is not well formed: {type(error).__name__}: {error}") from None


def _turns(messages: list[dict[str, Any]], shown: Shown,
           slips: frozenset[str]) -> tuple[tuple[dict[str, Any], ...], tuple[ReferenceTurn, ...]]:
    """What precedes the first user message, and the user turns. `slips`: ids of calls that are none to repeat."""
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    turns = [_turn(messages[start:end], shown, slips) for start, end in zip(users, [*users[1:], len(messages)])]
    return tuple(map(_shown, messages[: users[0]])), tuple(turns)


def _turn(messages: list[dict[str, Any]], shown: Shown, slips: frozenset[str]) -> ReferenceTurn:
    made = (call for message in messages for call in message.get("tool_calls") or ())
    calls = [call["function"] for call in made if call["id"] not in slips]
    return ReferenceTurn(
        user=_shown(messages[0]), answer=tuple(map(_shown, messages[1:])),
        calls=tuple(_step(call, shown) for call in calls),
        trained=any(message.get("weight") for message in messages))


def _step(call: dict[str, Any], shown: Shown) -> Step:
    name = shown.read_name(call["name"])
    return Step(call=name, args=shown.read_arguments(name, json.loads(call["arguments"])))


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what only training needs."""
    return {key: value for key, value in message.items() if key not in ("weight", "credit")}


def _unplayable(row: Mapping[str, Any], why: str) -> MagnetError:
    name = row.get("id", "?") if isinstance(row, Mapping) else "?"
    return MagnetError(Diagnostic(code="MG621", message=f"the row `{name}` cannot be played", notes=(why,),
                                  help="`magnetc verify` says which rows of an output are as they were built"))
