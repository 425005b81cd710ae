"""Correct: the user changes their mind about a value.

Before:

    turn t1 normal
      c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1)

After *before*, the words say a date, and take it back before anything is done: "... on March 4. No wait, make that March 5."

    turn t1 correct [correct.before@t1] corrects: c1/date
      c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1)

After *after*, the agent has acted on the first date when the user takes it back (`passes/amend.py`); what it did is undone as the
graph says (`undo search_flights with search_flights`):

    turn t1 normal [correct.after@t1]
      c1~ = search_flights(/origin: user t1, /destination: user t1, /date: user t1)
    turn t1~ correct [correct.after@t1] amends: c1~ c1/date
      c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1~)

The call takes the second value, which is drawn as it would be without the first. In a copy of Split the turn that says the
leaf takes it back, be it the one that asks or the one that answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import SignaturePath, Turn, TurnKind
from magnetc.passes.amend import amended, base_key, can_be_amended, given_leaves
from magnetc.passes.assign_sources import goals_of
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Correct:
    """`before` and `after` are chances per eligible turn; at most `cap` such turns of a path."""

    before: float = 0.1
    after: float = 0.0
    cap: int = 1
    stage: ClassVar[Stage] = Stage.TURNS
    name: str = "correct"
    version: str = "3"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        key = (context.spec.recipe.seed, "correct", path.base, path.attempt)
        left = self.cap
        for turn in [turn for turn in path.turns if turn.calls and base_key(turn) not in path.twins]:   # in order: a copy that ends early has what its base has
            if not left:
                break
            leaves = {leaf: said for leaf, said, _ in given_leaves(context, turn)} if turn.kind is TurnKind.NORMAL else {}
            if not leaves:
                continue
            if len(goals_of(turn.calls)) == 1 and draw.fraction(*key, "before", base_key(turn)) < self.before:
                leaf = draw.choose(leaves, *key, base_key(turn), "leaf")
                path = path.with_turns(tuple(_taking_back(t, leaf) if t.key == leaves[leaf] else t for t in path.turns))
                log.apply("correct.before")
                left -= 1
            elif self._after(context, turn, key):
                leaf = draw.choose(leaves, *key, base_key(turn), "leaf after")
                made = amended(context, path, turn, leaf, TurnKind.CORRECT, f"correct.after@{base_key(turn)}")
                if isinstance(made, str):
                    log.refuse("correct.after", made)
                    continue
                path = made
                log.apply("correct.after")
                left -= 1
        return path

    def _after(self, context: CompileContext, turn: Turn, key: tuple) -> bool:
        undone = can_be_amended(turn) and context.spec.graph.undoing(turn.calls[0].function)
        return bool(undone) and draw.fraction(*key, "after", base_key(turn)) < self.after


def _taking_back(turn: Turn, leaf: str) -> Turn:
    kind = TurnKind.CORRECT if turn.kind is TurnKind.NORMAL else turn.kind
    return replace(turn, kind=kind, corrects=(leaf,), operations=(*turn.operations, f"correct.before@{base_key(turn)}"))
