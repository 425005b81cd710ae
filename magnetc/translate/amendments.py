"""Amendments: what a user asks for first, where they are to ask for it again with another value (Correct, Recover).

The value that the call is to have in the end is the one that it would have without the operation. Of the others that the user
might have said, the first is taken with which the world does what the operation is about: *after*, the call succeeds, is
undone, and succeeds with the right value; *environment*, it errs, and leaves the state, private parts included, as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from magnetc.ir.json import Json
from magnetc.ir.path import Call, OutputSource, SystemSource, TurnKind
from magnetc.ir.pointer import get
from magnetc.ir.script import Script, ScriptTurn
from magnetc.teachers.conversation import Bindings, Conversation, Given, Pending
from magnetc.teachers.teacher import Teacher
from magnetc.tools.worlds.protocol import Run
from magnetc.tools.worlds.world import World
from magnetc.translate.first_success import first_success
from magnetc.translate.program import program
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import Place

T = TypeVar("T")


async def plan_amendment(script: Script, index: int, at: int, conversation: Conversation, teacher: Teacher, world: World,
                         start: Place) -> Bindings | None:
    """What the attempt of turn `index` and the call that turn `at` makes in its place are bound to.

    None where the world lets none of the teacher's other values go wrong in this way, or no words say it.
    """
    plain, follow = script.unamended(at), script.turns[at]
    (meant,) = (call for goal in plain.turns[index].goals for call in goal.calls)
    beside = replace(conversation, path=plain.path)
    proposal, _, _ = await first_success(teacher.propose(plain.turns[index], beside), [meant], start, world)
    if proposal is None:
        return None
    pointer = follow.amends[1].removeprefix(meant.id)
    values = list(teacher.others(meant, pointer, proposal.bindings, beside))
    attempts = [_bindings(follow, meant, pointer, value, proposal.bindings, conversation) for value in values]
    (attempt,) = (call for goal in script.turns[index].goals for call in goal.calls)
    tried = _refused if follow.kind is TurnKind.RECOVER else _undone
    found = await tried(attempt, follow, attempts, world, start) if attempts else None
    if found is None:
        return None
    known = replace(conversation, bindings={**conversation.bindings, **found})
    return found if next(iter(teacher.propose(script.turns[index], known)), None) else None


def _bindings(follow: ScriptTurn, meant: Call, pointer: str, value: Json, bound: Bindings, conversation: Conversation) -> Bindings:
    """Those of the call, of the attempt with `value` at the leaf, and of the call that undoes it, which waits for its result."""
    own = {at: binding for (call, at), binding in bound.items() if call == meant.id}
    made: Bindings = {(meant.id, at): binding for at, binding in own.items()}
    made |= {(follow.amends[0], at): Given(value) if at == pointer else binding for at, binding in own.items()}
    for undo in (call for goal in follow.goals[:-1] for call in goal.calls):
        for argument in undo.arguments:
            match argument.source:
                case OutputSource(call, at):
                    made[undo.id, argument.pointer] = Pending(call, at)
                case SystemSource(at):
                    made[undo.id, argument.pointer] = Given(get({"date": conversation.now[:10], "profile": conversation.profile}, at), at)
    return made


async def _undone(attempt: Call, follow: ScriptTurn, attempts: Sequence[Bindings], world: World, start: Place) -> Bindings | None:
    """The first attempt that succeeds, can be undone, and leaves room for the call in its place."""
    calls = [attempt, *(call for round_ in follow.rounds for call in round_)]
    outcomes = await run_in_time(world, Run(start=start, programs=[program(calls, each) for each in attempts]))
    return attempts[len(outcomes) - 1] if outcomes[-1].ok else None


async def _refused(attempt: Call, follow: ScriptTurn, attempts: Sequence[Bindings], world: World, start: Place) -> Bindings | None:
    """The first attempt that the world refuses without a trace."""
    programs = [(), *(program([attempt], each) for each in attempts)]
    untouched, *outcomes = await run_in_time(world, Run(start=start, programs=programs, mode="all", digest=True, stop_on_error=False))
    return next((each for each, outcome in zip(attempts, outcomes)
                 if outcome.results and is_error(outcome.results[0]) and outcome.digest == untouched.digest), None)


def said_before(turn: ScriptTurn, said_at: Mapping[tuple[str, str], T]) -> dict[tuple[str, str], T]:
    """What the user has said for an attempt goes for the call in its place, apart from the leaf that they now give anew."""
    attempt, leaf = turn.amends
    name = leaf.partition("/")[0]
    return {(name, pointer): mention for (call, pointer), mention in said_at.items() if call == attempt and name + pointer != leaf}


def certify(turn: ScriptTurn, evidence: Mapping[str, dict[str, dict[str, Json]]], wire_ids: Mapping[str, str]) -> dict[str, dict[str, Json]]:
    """Complete the evidence of the call that `turn` makes in place of an attempt; the entry of `denied`, if it was refused."""
    attempt, leaf = turn.amends
    name, _, rest = leaf.partition("/")
    own = evidence[wire_ids[name]]
    for pointer, entry in own.items():
        if "user" in entry and pointer != "/" + rest:
            entry["again"] = True
    if turn.kind is TurnKind.RECOVER:
        return {wire_ids[attempt]: {"repair": wire_ids[name], "at": "/" + rest}}
    own["/" + rest]["superseded"] = {"call": wire_ids[attempt]}
    return {}


def is_error(result: Json) -> bool:
    """Whether a result is a refusal in words."""
    return isinstance(result, dict) and isinstance(result.get("error"), str)
