"""Assign sources: say of every argument where its value comes from, so that a user can say the rest.

Before:

    turn t0 normal
      c0 = search_flights()
    turn t1 normal
      c1 = book_flight()

After:

    turn t0 normal
      c0 = search_flights(/origin: user t0, /destination: user t0, /date: user t0)
    turn t1 normal
      c1 = book_flight(/flight_id: output c0 /flights/*/flight_id, /passenger: system /profile/email, /cabin: default)

In order: pinned by Insert; shown by the system message; an earlier result; the user; left out. Only what the agent has
seen can be a source, and only what some phrase of the locale can say is left to the user (`passes/fit.py`). A call that
would only repeat an earlier one is not made: a read when nothing was written since, a write when it takes the same results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from magnetc.ir.path import Argument, Call, OutputSource, SignaturePath, Turn, UserSource
from magnetc.ir.signature import Effect
from magnetc.passes.options import PAST, TURN, Earlier, Leaf, Picks, Where, leaves_of, pick_options

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class AssignSources:
    """SignaturePath without sources -> the same path with an Argument for each parameter of each call."""

    name: str = "assign-sources"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath | None:
        turns: list[Turn] = []
        for turn in path.turns:
            calls = assign_turn(context, path, turns, turn)
            if isinstance(calls, str):
                log.reject(self.name, calls)
                return None
            turns.append(replace(turn, calls=calls))
        return path.with_turns(tuple(turns))


def assign_turn(context: CompileContext, path: SignaturePath, before: Iterable[Turn], turn: Turn) -> tuple[Call, ...] | str:
    """The calls of `turn` with all their arguments, given the turns before it; or why that cannot be said."""
    before = tuple(before)
    earlier = tuple(earlier_calls(before))
    made = [call for done in before for call in done.calls]
    leads: dict[tuple[str, ...], str] = {}
    for goal in goals_of(turn.calls):
        lead = leads.setdefault(tuple(call.function for call in goal), goal[0].id)
        where = Where(path.locale, turn.key, earlier, source_key(context, path), lead)
        calls = _assign_goal(context, goal, where, made)
        if isinstance(calls, str):
            return calls
        made.extend(calls)
        earlier += tuple(Earlier(call.id, call.function, TURN) for call in goal)
    return tuple(made[len(made) - len(turn.calls):])


def source_key(context: CompileContext, path: SignaturePath) -> tuple:
    """What the draws of this pass hang on: a copy draws as its base did."""
    return (context.spec.recipe.seed, "source", path.base, path.attempt)


def earlier_calls(turns: Iterable[Turn]) -> list[Earlier]:
    """The calls of finished turns."""
    return [Earlier(call.id, call.function, PAST) for turn in turns for call in turn.calls]


def goals_of(calls: Sequence[Call]) -> list[tuple[Call, ...]]:
    """Calls grouped by what the user asks for, heads first, in order of the heads."""
    goals: dict[str, list[Call]] = {}
    for call in calls:
        goals.setdefault(call.goal, []).append(call)
    return [tuple(goal) for goal in goals.values()]


def _assign_goal(context: CompileContext, goal: tuple[Call, ...], where: Where,
                 made: Sequence[Call]) -> tuple[Call, ...] | str:
    chain = tuple(call.function for call in goal)
    leaves = leaves_of(context, goal, where)
    for leaf in leaves:
        if not leaf.options:
            position, parameter = leaf.name
            return f"`{chain[position]}.{parameter}` has no source that can be said"
    repeats: list[str] = []

    def refuses(picks: Picks) -> bool:
        again = next((c.function for c in _with_arguments(goal, leaves, picks) if _repeats(context, c, made)), None)
        repeats.extend([again] if again else [])
        return again is not None

    picks = pick_options(context, chain, where.locale, leaves, refuses)
    if picks is not None:
        return _with_arguments(goal, leaves, picks)
    return f"`{repeats[0]}` would repeat an earlier call" if repeats else f"no phrase fits `{' then '.join(chain)}`"


def _with_arguments(goal: tuple[Call, ...], leaves: Sequence[Leaf], picks: Picks) -> tuple[Call, ...]:
    arguments: list[list[Argument]] = [[] for _ in goal]
    for leaf, pick in zip(leaves, picks):
        arguments[leaf.name[0]].append(Argument(pointer=leaf.parameter.pointer, source=pick.source))
    return tuple(replace(call, arguments=tuple(mine)) for call, mine in zip(goal, arguments))


def _repeats(context: CompileContext, call: Call, made: Sequence[Call]) -> bool:
    """Whether `call` does again what an earlier call did: no required argument is new, and nothing has changed."""
    required = {p.pointer for p in context.parameters[call.function] if p.required}
    if any(isinstance(a.source, UserSource) and a.pointer in required for a in call.arguments):
        return False
    taken = _taken(call)
    writes = context.spec.tool[call.function].effect is Effect.WRITES
    for other in reversed(made):
        if other.function == call.function and _taken(other) == taken and (taken or not writes):
            return True
        if not writes and context.spec.tool[other.function].effect is Effect.WRITES:
            return False
    return False


def _taken(call: Call) -> frozenset[tuple[str, OutputSource]]:
    return frozenset((a.pointer, a.source) for a in call.arguments if isinstance(a.source, OutputSource))
