"""Parallel: the user asks for the same of several things, and independent calls go out together.

Before:

    turn t1 normal
      c1 = get_distance()

After, with one more:

    turn t1 normal [parallel@t1]
      c1 = get_distance()
      c3 = get_distance()

Only a tool that reads is called again, and only one that takes a required value from the user, so that the calls differ and none
waits for another: with `calls: as_needed` they share a round. The words name the request once: "from Boston to Lyon and from
Oslo to Rome".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import Call, SignaturePath, Turn
from magnetc.passes.assign_sources import assign_turn
from magnetc.passes.constraints import violation
from magnetc.passes.insert import next_number, takes_new
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Parallel:
    """Each turn of a single call with chance `p`, up to `calls` calls in the turn and `cap` turns of a path."""

    p: float = 0.2
    calls: tuple[int, int] = (2, 3)
    cap: int = 1
    stage: ClassVar[Stage] = Stage.WALK
    name: str = "parallel"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        if context.spec.recipe.calls == "sequential":
            log.refuse(self.name, "the recipe's calls are sequential")
            return path
        key = (context.spec.recipe.seed, "parallel", path.base, path.attempt)
        left = self.cap
        for turn in draw.shuffle(path.turns, *key, "order", name=lambda t: t.key):
            if not left:
                break
            asked = len(turn.calls) == 1 and self.falls(context, path, turn.key)
            if not asked or not takes_new(context, turn.calls[0].function, path.locale):
                continue
            widened = self._widened(path, turn, draw.integer(*self.calls, *key, turn.key, "calls"))
            reason = _problem(context, widened, turn.key)
            if reason:
                log.refuse(self.name, reason)
                continue
            log.apply(self.name)
            path = widened
            left -= 1
        return path

    def falls(self, context: CompileContext, path: SignaturePath, turn: str) -> bool:
        """Whether the chance falls on the turn with this key."""
        return draw.fraction(context.spec.recipe.seed, "parallel", path.base, path.attempt, turn) < self.p

    def _widened(self, path: SignaturePath, turn: Turn, calls: int) -> SignaturePath:
        first, number = turn.calls[0], next_number(path)
        more = tuple(Call(id=f"c{number + i}", function=first.function, goal=f"c{number + i}") for i in range(calls - 1))
        changed = replace(turn, calls=turn.calls + more, operations=(*turn.operations, f"parallel@{turn.key}"))
        return path.with_turns(tuple(changed if t.key == turn.key else t for t in path.turns))


def _problem(context: CompileContext, path: SignaturePath, changed: str) -> str | None:
    """Why the path cannot be used: a constraint, or a turn from the changed one on whose words no longer say what is meant."""
    reason = violation(context.product(path.name, path.locale).automaton.constraints, path.functions())
    if reason:
        return reason
    done: list[Turn] = []
    for turn in path.turns:
        calls = assign_turn(context, path, done, turn)
        if isinstance(calls, str):
            return calls
        done.append(replace(turn, calls=calls))
    return None
