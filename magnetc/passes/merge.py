"""Merge: two consecutive turns become one request with two explicit goals (Magnet §3.3).

Before:

    turn t1 normal
      c1 = book_flight()
    turn t2 normal
      c2 = send_message()

After:

    turn t1 normal [merge@t1]
      c1 = book_flight()
      c2 = send_message()
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import SignaturePath, Turn
from magnetc.passes.assign_sources import assign_turn, goals_of
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Merge:
    """Each pair of consecutive turns with probability `p`, up to `goals` goals in a turn.

    The order of calls stays, so no constraint can break. Refused where the second goal points at a result of the first
    in a way that can be said only once that result is known.
    """

    p: float = 0.3
    goals: int = 2
    stage: ClassVar[Stage] = Stage.WALK
    name: str = "merge"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        done: list[Turn] = []
        for turn in path.turns:
            merged = self._joined(done[-1], turn) if done else None
            if merged and self.falls(context, path, done[-1].calls[-1].id, turn.key):
                reason = assign_turn(context, path, done[:-1], merged)
                if isinstance(reason, str):
                    log.refuse(self.name, reason)
                else:
                    log.apply(self.name)
                    done[-1] = merged
                    continue
            done.append(turn)
        return path.with_turns(tuple(done))

    def falls(self, context: CompileContext, path: SignaturePath, call: str, turn: str) -> bool:
        """Whether the chance falls on the turn with the key `turn` and the one before it, whose last call is `call`."""
        return draw.fraction(context.spec.recipe.seed, "merge", path.base, path.attempt, call, turn) < self.p

    def _joined(self, first: Turn, second: Turn) -> Turn | None:
        calls = first.calls + second.calls
        if len(goals_of(calls)) > self.goals:
            return None
        return replace(first, calls=calls, operations=(*first.operations, f"merge@{first.key}"))
