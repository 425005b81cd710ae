"""Misled: a model does a turn again under a hint that leads astray, for `negatives: {mislead: …}` (Magnet §3.3, negatives).

What the hint says are the first calls of a mutation (`branches.py`): it goes wrong in one way of the taxonomy. What the model does then is its own, and
is executed; the hint is in no row. It is a pair where the model was misled, and the fault is what the sides show, whatever the hint said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace

from magnetc.distill.branches import Branch
from magnetc.distill.pairs import PreferencePair, drawn_branches
from magnetc.distill.policy import EVIDENCE as POLICY
from magnetc.distill.taxonomy import evidence_of
from magnetc.ir.json import Json, canonical, wire
from magnetc.ir.path import Call
from magnetc.ir.shown import Shown
from magnetc.ir.trajectory import Message, ToolCall
from magnetc.teachers.conversation import Executed
from magnetc.teachers.prompted.calls import DETOURS
from magnetc.teachers.prompted.words import history
from magnetc.teachers.rehearsal import MadeCall
from magnetc.teachers.teacher import Teacher, Wordless
from magnetc.tools.worlds.equivalence import Execution, Made, difference
from magnetc.tools.worlds.protocol import Outcome, Run, Step
from magnetc.tools.worlds.world import World
from magnetc.translate.program import in_schema_order, program
from magnetc.translate.session import Translation

MISLEAD = "mislead"
"""The kind of these negatives."""

HINTS = ({"wrong_value", "stale_reference", "acted_while_missing"}, {"wrong_function", "missing_value", "needless_call"}, {"invented_value"})
"""What hints say: values of the same context first, then other tools, then values from nowhere. Other faults have no call to hint at."""

TRIES = 3
"""Hints tried for each pair that is wanted."""


async def misled_pairs(translation: Translation, teacher: Teacher, world: World, existing: frozenset[str], dropped: Counter[str], wanted: int,
                       taken: Collection[int]) -> AsyncIterator[PreferencePair]:
    """Pairs to be proven, each of another hint, in turns that are not `taken`; what comes to none is counted. Whoever has enough stops asking."""
    tried = 0
    branches = [branch for branch in drawn_branches(translation, MISLEAD) if any(branch.kind in kinds for kinds in HINTS)]
    for branch in sorted(branches, key=lambda each: next(rank for rank, kinds in enumerate(HINTS) if each.kind in kinds)):
        if branch.turn in taken or not branch.rounds:
            continue
        if tried == TRIES * wanted:
            return
        tried += 1
        try:
            yield await _Misled(branch, translation, teacher, world, existing).pair()
        except _NoPair as error:
            dropped[f"mislead dropped: {error}"] += 1
        except Wordless as error:
            dropped[f"mislead dropped: {error.reason}"] += 1


class _NoPair(Exception):
    """Why a hint comes to no pair. Its text is stable: it is counted."""


@dataclass(slots=True)
class _Misled:
    branch: Branch
    translation: Translation
    teacher: Teacher
    world: World
    existing: frozenset[str]

    async def pair(self) -> PreferencePair:
        branch, conversation, trajectory = self.branch, self.translation.conversation, self.translation.trajectory
        script, spec = trajectory.script, conversation.spec
        mine = [i for i, m in enumerate(trajectory.messages) if m.turn == branch.turn and m.role == "assistant"]
        prompt, chosen = trajectory.messages[: mine[branch.round]], trajectory.messages[mine[branch.round] :]
        earlier = [call for round_ in script.turns[branch.turn].rounds[: branch.round] for call in round_]
        before = [done for call in earlier if (done := conversation.result_of(call.id))]
        hint = await self._hint(earlier)
        shown = Shown(spec, script.shown)
        heard = replace(conversation, messages=prompt)
        told = history(heard, shown)
        messages: list[Message] = []
        done = list(before)
        outcome: Outcome | None = None
        number = sum(len(message.calls) for message in prompt)
        for step in range(len(script.turns[branch.turn].rounds) + DETOURS + 1):
            did = await self.teacher.mislead(script, branch.turn, told, () if step else hint, done[len(before) :], heard)
            calls = [(name, self._stripped(name, arguments)) for name, arguments in did.calls]
            if not step and _same(calls, [(call.name, call.arguments) for call in chosen[0].calls]):
                raise _NoPair("the model is not misled")
            if not calls:
                messages.append(Message(role="assistant", turn=branch.turn, parts=did.parts, purpose="reply" if messages else "clarification"))
                break
            outcome = await self._executed([*((d.call.function, d.arguments) for d in done), *calls])
            made = []
            for (name, _), arguments, result in zip(calls, outcome.args[len(done) :], outcome.results[len(done) :]):
                number += 1
                ordered = in_schema_order(spec, name, arguments)
                call = Call(id=f"misled{number}", function=name, goal=f"misled{number}")
                made.append(ToolCall(id=f"call_{number}", source=call.id, name=name, arguments=ordered, result=result))
                done.append(Executed(call, branch.turn, ordered, result))
                told.append({"who": "tool", "call": shown.name(name), "arguments": shown.arguments(name, ordered), "result": shown.result(name, result)})
            messages.append(Message(role="assistant", turn=branch.turn, calls=tuple(made), purpose="calls"))
        else:
            raise _NoPair("the model does not come to an end")
        return PreferencePair(turn=branch.turn, prompt=prompt, chosen=chosen, rejected=tuple(messages), made=MISLEAD,
                              corresponds=_corresponds(chosen, messages), shows=await self._shows(done, outcome))

    async def _hint(self, earlier: Sequence[Call]) -> list[MadeCall]:
        """The first calls of the branch, with the values that they come to."""
        first = self.branch.rounds[0]
        steps = program([*earlier, *first], self.branch.bindings)
        (outcome,) = await self.world.run(Run(start=self.translation.starts[self.branch.turn], programs=[steps], stop_on_error=False))
        if outcome.late or len(outcome.args) < len(steps):
            raise _NoPair("what the hint says cannot be done")
        spec = self.translation.conversation.spec
        return [(call.function, in_schema_order(spec, call.function, arguments)) for call, arguments in zip(first, outcome.args[len(earlier) :])]

    async def _executed(self, made: Sequence[MadeCall]) -> Outcome:
        steps = [Step(call=name, args=dict(arguments)) for name, arguments in made]
        (outcome,) = await self.world.run(Run(start=self.translation.starts[self.branch.turn], programs=[steps], observe=True, stop_on_error=False))
        if outcome.late or len(outcome.results) < len(steps):
            raise _NoPair("a tool does not return in time")
        return outcome

    async def _shows(self, done: Sequence[Executed], outcome: Outcome | None) -> str:
        """What tells the executions apart; where nothing does it has to be a rule, which the proof looks for."""
        start, end = self.translation.starts[self.branch.turn : self.branch.turn + 2]
        (good,) = await self.world.run(Run(start=end, programs=[()], observe=True))
        if outcome is None:
            steps = tuple(Step(call=each.call.function, args=dict(each.arguments)) for each in done)
            (outcome,) = await self.world.run(Run(start=start, programs=[steps], observe=True))
        conversation, turn = self.translation.conversation, self.branch.turn
        before = [each for each in conversation.executed if each.turn < turn]
        right = [*before, *(each for each in conversation.executed if each.turn == turn)]
        found = difference(Execution(_made(right), good.observed), Execution(_made([*before, *done]), outcome.observed), conversation.spec, self.existing)
        return evidence_of(found) or POLICY

    def _stripped(self, name: str, arguments: dict[str, Json] | object) -> dict[str, Json]:
        """Arguments without defaults that the right call leaves out: the form is not to tell the sides apart."""
        assert isinstance(arguments, dict)
        conversation = self.translation.conversation
        given = {key for each in conversation.executed if each.call.function == name for key in each.arguments}
        optional = {p.name: p.default for p in conversation.spec.tool[name].parameters if not p.required and p.default is not None}
        return {key: value for key, value in arguments.items() if key in given or key not in optional or value != optional[key]}


def _same(one: Sequence[MadeCall], other: Sequence[MadeCall]) -> bool:
    return sorted(canonical([name, dict(arguments)]) for name, arguments in one) == sorted(canonical([name, dict(arguments)]) for name, arguments in other)


def _made(executed: Sequence[Executed]) -> list[Made]:
    return [Made(done.call.function, done.arguments, done.result) for done in executed]


def _corresponds(chosen: Sequence[Message], rejected: Sequence[Message]) -> dict[str, str]:
    """By id of a rejected call, that of the chosen call it stands for: at the root by place, after it the most alike of the same tool."""
    good, bad = ([call for message in side for call in message.calls] for side in (chosen, rejected))
    roots = chosen[0].calls, rejected[0].calls
    found = {wrong.id: right.id for right, wrong in zip(*roots)} if len(roots[0]) == len(roots[1]) else {}
    for call in bad:
        free = [other for other in good if other.id not in found.values() and other.name == call.name]
        if call.id not in found and free:
            found[call.id] = max(free, key=lambda other: sum(wire(value) == wire(other.arguments.get(name)) for name, value in call.arguments.items())).id
    return found
