"""Forward translation: a reader who sees the conversation alone makes the calls of a turn, and has to come to those of the script.

What it answers is checked in itself first: tools that are offered, arguments of their types. Then it is compared with what
the script calls, leaf by leaf, and where it differs the world is asked whether it comes to the same (Magnet §3.3: calls are executed
before the conversation goes on).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.ir.conform import violations
from magnetc.ir.json import Json, canonical
from magnetc.ir.path import Call
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import Effect
from magnetc.ir.spec import Spec
from magnetc.teachers.rehearsal import MadeCall, Rehearsal

DETOURS = 2
"""Answers that a reader may take beside one for each round: calls one after the other, reads that were not needed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is to come to: the `rounds` of a turn, rehearsed. `offered`: the tools to choose from."""

    rounds: Sequence[Sequence[Call]]
    rehearsal: Rehearsal
    offered: Sequence[str]
    spec: Spec

    def tools(self) -> list[Json]:
        """The offered tools as a model is shown them."""
        return [tool_schema(self.spec.tool[name], self.spec.type_table)["function"] for name in self.offered]

    def read(self, said: Any) -> list[MadeCall]:
        """The calls of an answer. Raises ValueError, in words for the reader, where they cannot be made."""
        made: list[MadeCall] = []
        for each in said["calls"]:
            name, arguments = each["name"], each["arguments"]
            if name not in self.offered:
                raise ValueError(f"there is no tool `{name}`")
            tool = self.spec.tool[name]
            for key, value in arguments.items():
                parameter = tool.parameter(key)
                if parameter is None:
                    raise ValueError(f"`{name}` has no parameter `{key}`")
                if found := violations(value, parameter.type, self.spec.type_table):
                    raise ValueError(f"`{key}` of `{name}`: {found[0]}")
            if missing := [p.name for p in tool.parameters if p.required and p.name not in arguments]:
                raise ValueError(f"`{name}` needs `{missing[0]}`")
            made.append((name, arguments))
        return made

    async def objection(self, ask: Callable[[list[Json]], Awaitable[Sequence[MadeCall]]]) -> str:
        """What a reader gets wrong who goes through the turn, in words for who wrote the words; empty where nothing.

        `ask` is given the calls and results so far, as programs are told them, and answers with calls. Results of calls that are
        the script's are those of its rehearsal; from the first other call on, all of them are executed. Other calls that come to the
        same are no objection, and the script's stay the reference: a value is said in no form that means another, too.
        """
        made: list[MadeCall] = []
        told: list[Json] = []
        rounds = [list(calls) for calls in self.rounds]
        is_astray = False
        for _ in range(len(self.rounds) + DETOURS):
            calls = await ask(told)
            objection, matched = self.difference(rounds[0], calls), self.matched(rounds[0], calls)
            if not calls:
                return objection
            made += calls
            is_astray |= len(matched) < len(calls)
            if is_astray:
                rehearsed = await self.rehearsal.other(made)
                if rehearsed is not None and rehearsed.is_equivalent:
                    return ""
                if rehearsed is None or rehearsed.fails or not all(map(self._may_go_on, calls)):
                    return objection
                told = [_told(call, result) for call, result in zip(made, rehearsed.results)]
                continue
            told += [_told(call, self.rehearsal.results[mine.id]) for call, mine in zip(calls, matched)]
            rounds[0] = [call for call in rounds[0] if call not in matched]
            if not rounds[0]:
                del rounds[0]
            if not rounds:
                return ""
        return f"whoever reads it does not come to {', '.join(f'`{call.function}`' for call in rounds[0])}"

    def difference(self, calls: Sequence[Call], made: Sequence[MadeCall]) -> str:
        """How the calls of a reader differ from `calls`, in words for who wrote the words; empty where they do not."""
        wanted = [(call.function, dict(self.rehearsal.arguments[call.id])) for call in calls]
        ours, theirs = Counter(name for name, _ in wanted), Counter(name for name, _ in made)
        if ours != theirs:
            other = ", ".join(f"`{name}`" for name in theirs - ours) or "nothing"
            return f"whoever reads it calls {other} where {', '.join(f'`{name}`' for name in ours - theirs) or 'no more'} is wanted"
        left = [self._whole(*each) for each in wanted]
        for name, arguments in made:
            mine = self._whole(name, arguments)
            if mine in left:
                left.remove(mine)
                continue
            meant = next(each for each in left if json.loads(each)[0] == name)
            return self._leaf(json.loads(meant)[1], json.loads(mine)[1], name)
        return ""

    def matched(self, left: Sequence[Call], made: Sequence[MadeCall]) -> list[Call]:
        """The calls of `left` that the first of `made` are, one for each."""
        free = list(left)
        matched: list[Call] = []
        for each in made:
            mine = next((call for call in free if self._is(call, each)), None)
            if mine is None:
                break
            free.remove(mine)
            matched.append(mine)
        return matched

    def told_apart(self, left: Sequence[Call], made: Sequence[MadeCall]) -> tuple[list[Call], list[MadeCall]]:
        """The calls of `left` that are among `made`, one for each, and those of `made` that are none of them."""
        mine: list[Call] = []
        others: list[MadeCall] = []
        for each in made:
            found = next((call for call in left if call not in mine and self._is(call, each)), None)
            if found is None:
                others.append(each)
            else:
                mine.append(found)
        return mine, others

    def _is(self, call: Call, made: MadeCall) -> bool:
        return call.function == made[0] and self._whole(call.function, self.rehearsal.arguments[call.id]) == self._whole(*made)

    def _may_go_on(self, made: MadeCall) -> bool:
        """Whether a turn may still come right after a call: it changes nothing, or is one that the script makes in its time."""
        return self.spec.tool[made[0]].effect is Effect.READS or any(self._is(call, made) for calls in self.rounds for call in calls)

    def _whole(self, name: str, arguments: Mapping[str, Json]) -> str:
        """A call with the defaults that it leaves out."""
        defaults = {p.name: p.default for p in self.spec.tool[name].parameters if not p.required and p.default is not None}
        return canonical([name, {**defaults, **arguments}])

    def _leaf(self, meant: Mapping[str, Json], read: Mapping[str, Json], name: str) -> str:
        key = next(key for key in (*meant, *read) if meant.get(key) != read.get(key))
        return f"whoever reads it calls `{name}` with `{key}` = {json.dumps(read.get(key))}, and {json.dumps(meant.get(key))} is meant"


def _told(call: MadeCall, result: Json) -> dict[str, Json]:
    return {"who": "tool", "call": call[0], "arguments": dict(call[1]), "result": result}
