"""Acting: the model goes through a turn as the agent, one message after the other, under a hint (Magnet §3.3, positives).

The hint of a step are the calls of the script that can be made now, with values that the conversation has; what they return is fed back before
the next. What the model calls has to come to the same as the script: its calls, defaults aside, in any order that executes to the same results; and reads
that were not needed, in messages of their own, which are executed, shown to the model, and left out of the row with what it thought in that turn. A row
has no call but those of the script, so that every source and proof is as it was. Its own are the order and the division into messages, what it thinks and its words at
the end. The hint enters no row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from magnetc.ir.json import Json, wire
from magnetc.ir.path import Call, OutputSource
from magnetc.ir.shown import Shown
from magnetc.ir.signature import Effect
from magnetc.ir.trajectory import MessagePart
from magnetc.teachers.acted import Did
from magnetc.teachers.conversation import Executed
from magnetc.teachers.prompted.calls import DETOURS, Reading
from magnetc.teachers.reasoned import problems, spoken_hint
from magnetc.teachers.rehearsal import NOTHING, MadeCall, Recorded, Rehearsal

Told = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One answer that makes calls: `calls` of the script, or `detours`, which are not the script's, with what they `gave`."""

    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    detours: tuple[MadeCall, ...] = ()
    gave: tuple[Json, ...] = ()


@dataclass(slots=True)
class Acting:
    """A turn under way. `told` is all that the agent has seen, as programs are given it and as the row shows it; `reasons`: it thinks aloud.

    `rounds` are the script's calls of the turn; `rehearsal` executes others in their place. `made` are all that were made so far, each with the script's call that it is.
    """

    shown: Shown
    offered: Sequence[str]
    system: str
    told: list[Told]
    executed: Mapping[str, Executed]
    reasons: bool
    one_at_once: bool
    rounds: Sequence[Sequence[Call]] = ()
    rehearsal: Rehearsal = NOTHING
    made: list[tuple[MadeCall, Call | None]] = field(default_factory=list)
    detours: int = 0
    left: list[Call] = field(init=False)
    reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        arguments = {name: done.arguments for name, done in self.executed.items()}
        self.reading = Reading((), Recorded(arguments=arguments, results={}), self.offered, self.shown.spec)
        self.left = [call for calls in self.rounds for call in calls]

    def inputs(self) -> dict[str, Json]:
        """What the program is given: the hint are the calls of this round that are still to be made."""
        tools = [json.loads(self.shown.text(name))["function"] for name in self.offered]
        hint = next((left for calls in self.rounds if (left := [self._stated(call) for call in calls if call in self.left])), [])
        return {"system": self.system, "tools": tools, "history": list(self.told), "reasoning": self.reasons, "hint": hint}

    def read_move(self, said: Any) -> Move:
        """The calls of an answer. Raises ValueError, in words for the model, where they can come to no good."""
        if not said["calls"]:
            raise ValueError("it calls nothing, and not all that the user wants is done")
        made = self.reading.read({"calls": [self._real(each) for each in said["calls"]]})
        if self.one_at_once and len(made) > 1:
            raise ValueError("make one call at a time")
        mine, others = self.reading.told_apart(self.left, made)
        if (mine and others) or any(self._effect(name) is not Effect.READS for name, _ in others):
            raise ValueError(f"it calls `{self.shown.name(others[0][0])}` with other values, or once more than is right")
        if others:
            if self.detours == DETOURS:
                raise ValueError("enough has been looked at: make the calls that are left")
            return Move(detours=tuple(others))
        calls = tuple(call for call in self.left if call in mine)
        if first := self._comes_first(calls):
            raise ValueError(f"`{self.shown.name(first.function)}` comes first")
        return Move(calls=calls, reasoning=self._reasoning(said, [wire(self._stated(call)) for call in calls]))

    def _comes_first(self, calls: Sequence[Call]) -> Call | None:
        """A call that has to be made before one of `calls`: what that takes comes from it, or what it changes may matter."""
        left = {call.id: call for call in self.left}
        for call in calls:
            for argument in call.arguments:
                if isinstance(argument.source, OutputSource) and argument.source.call in left:
                    return left[argument.source.call]
        writes, mine = [[call for call in those if self._effect(call.function) is not Effect.READS] for those in (self.left, calls)]
        due = next((due for due, call in zip(writes, mine) if due != call), None)
        if due is None and mine and len({number for number, each in enumerate(self.rounds) for call in calls if call in each}) > 1:
            return calls[0]
        return due

    async def settled(self, move: Move) -> Move:
        """A move that comes to the same as the script, executed where it is not the script's own next. Raises ValueError where it does not."""
        if not self.detours and not move.detours and tuple(self.left[: len(move.calls)]) == move.calls:
            return move
        now = [*self.made, *((self._call(call), call) for call in move.calls), *((made, None) for made in move.detours)]
        whole = [*now, *((self._call(call), call) for call in self.left if call not in move.calls)]
        other = await self.rehearsal.other([made for made, _ in whole])
        alike = other is not None and other.is_equivalent and all(
            call is None or result == self.executed[call.id].result for (_, call), result in zip(whole, other.results))
        if other is None or not alike:
            raise ValueError(f"`{self.shown.name(self.left[0].function)}` comes first: otherwise something else comes of it")
        return replace(move, gave=tuple(other.results[len(self.made) : len(now)])) if move.detours else move

    def take(self, move: Move) -> None:
        """The calls have been made: the agent sees what they returned."""
        for call in move.calls:
            self.left.remove(call)
            self._tell(self._call(call), call, self.executed[call.id].result)
        for made, result in zip(move.detours, move.gave):
            self._tell(made, None, result)
        self.detours += bool(move.detours)

    def _tell(self, made: MadeCall, call: Call | None, result: Json) -> None:
        name, arguments = made
        self.made.append((made, call))
        self.told.append({"who": "tool", "call": self.shown.name(name), "arguments": self.shown.arguments(name, arguments),
                          "result": self.shown.result(name, result)})

    def read_words(self, said: Any, read: Callable[[str], tuple[MessagePart, ...]]) -> tuple[tuple[MessagePart, ...], str]:
        """(parts, reasoning) of an answer that calls nothing; `read` is what reads its words."""
        if said["calls"]:
            raise ValueError("it calls a tool, and nothing is to be called now")
        parts = read(said.get("content") or "")
        return parts, self._reasoning(said, ())

    def hinted(self, hint: Sequence[MadeCall]) -> list[Json]:
        """Calls as a hint states them."""
        return [{"name": self.shown.name(name), "arguments": self.shown.arguments(name, arguments)} for name, arguments in hint]

    def read_anything(self, said: Any, read: Callable[[str], tuple[MessagePart, ...]]) -> Did:
        """Any calls that can be made, or words, which do not speak of the hint. Raises ValueError, in words for the model."""
        if not said["calls"]:
            if found := spoken_hint(said.get("content") or ""):
                raise ValueError(f"it speaks of `{found}` to the user, who knows of none")
            return Did(parts=read(said.get("content") or ""))
        made = self.reading.read({"calls": [self._real(each) for each in said["calls"]]})
        if self.one_at_once and len(made) > 1:
            raise ValueError("make one call at a time")
        return Did(calls=tuple(made))

    def _stated(self, call: Call) -> dict[str, Json]:
        return {"name": self.shown.name(call.function), "arguments": self.shown.arguments(call.function, self.executed[call.id].arguments)}

    def _call(self, call: Call) -> MadeCall:
        return call.function, self.executed[call.id].arguments

    def _effect(self, name: str) -> Effect:
        return self.shown.spec.tool[name].effect

    def _real(self, each: Mapping[str, Any]) -> dict[str, Json]:
        name = self.shown.read_name(each["name"])
        try:
            return {"name": name, "arguments": dict(self.shown.read_arguments(name, each["arguments"]))}
        except LookupError:
            raise ValueError(f"there is no tool `{each['name']}`") from None

    def _reasoning(self, said: Any, calls: Sequence[str]) -> str:
        if not self.reasons:
            return ""
        text = " ".join(str(said.get("reasoning") or "").split())
        if not text:
            raise ValueError("it has no `reasoning`")
        tools = self.shown.texts(self.offered)
        for problem in problems(text, [self.system, tools, *calls, *self._texts()]):
            raise ValueError(problem)
        return text

    def _texts(self) -> Iterator[str]:
        for each in self.told:
            if each["who"] == "tool":
                yield from (str(each["call"]), wire(each["arguments"]), wire(each["result"]))
            else:
                yield str(each["text"])
