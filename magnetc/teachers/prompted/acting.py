"""Acting: the model goes through a turn as the agent, one message after the other, under a hint (Magnet §3.3, positives).

The hint of a step are the calls of the script that can be made now, with values that the conversation has; what they return is fed back before
the next. What the model calls has to be these calls, defaults aside: so its execution is the reference's, and every source
and proof of the row is as it was. Its own are the division into messages, what it thinks and its words at the end. The hint enters no row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from magnetc.ir.json import Json, wire
from magnetc.ir.path import Call
from magnetc.ir.shown import Shown
from magnetc.ir.trajectory import MessagePart
from magnetc.teachers.acted import Did, Step
from magnetc.teachers.conversation import Executed
from magnetc.teachers.prompted.calls import Reading
from magnetc.teachers.reasoned import problems, spoken_hint
from magnetc.teachers.rehearsal import MadeCall, Recorded

Told = Mapping[str, Json]


@dataclass(slots=True)
class Acting:
    """A turn under way. `told` is all that the agent has seen, as programs are given it and as the row shows it; `reasons`: it thinks aloud."""

    shown: Shown
    offered: Sequence[str]
    system: str
    told: list[Told]
    executed: Mapping[str, Executed]
    reasons: bool
    one_at_once: bool
    reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        arguments = {name: done.arguments for name, done in self.executed.items()}
        self.reading = Reading((), Recorded(arguments=arguments, results={}), self.offered, self.shown.spec)

    def inputs(self, left: Sequence[Call]) -> dict[str, Json]:
        """What the program is given; `left` are the calls of this round that are still to be made."""
        tools = [json.loads(self.shown.text(name))["function"] for name in self.offered]
        return {"system": self.system, "tools": tools, "history": list(self.told), "reasoning": self.reasons, "hint": [self._stated(call) for call in left]}

    def read_step(self, said: Any, left: Sequence[Call]) -> Step:
        """The calls of an answer. Raises ValueError, in words for the model, where they are not the first of `left`."""
        if not said["calls"]:
            raise ValueError("it calls nothing, and not all that the user wants is done")
        made = self.reading.read({"calls": [self._real(each) for each in said["calls"]]})
        matched = self.reading.matched(left, made)
        if len(matched) < len(made):
            name, _ = made[len(matched)]
            raise ValueError(f"it calls `{self.shown.name(name)}` with other values, or once more than is right")
        if {call.id for call in matched} != {call.id for call in left[: len(matched)]}:
            raise ValueError(f"`{self.shown.name(left[0].function)}` comes first")
        if self.one_at_once and len(matched) > 1:
            raise ValueError("make one call at a time")
        calls = tuple(left[: len(matched)])
        return Step(calls=calls, reasoning=self._reasoning(said, [wire(self._stated(call)) for call in calls]))

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

    def take(self, calls: Sequence[Call]) -> None:
        """The calls have been made: the agent sees what they returned."""
        for call in calls:
            stated = self._stated(call)
            result = self.shown.result(call.function, self.executed[call.id].result)
            self.told.append({"who": "tool", "call": stated["name"], "arguments": stated["arguments"], "result": result})

    def _stated(self, call: Call) -> dict[str, Json]:
        return {"name": self.shown.name(call.function), "arguments": self.shown.arguments(call.function, self.executed[call.id].arguments)}

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
