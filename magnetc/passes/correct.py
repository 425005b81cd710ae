"""Correct: the user changes their mind about a value.

Before:

    turn t1 normal
      c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1)

After *before*, the words say a date, and take it back before anything is done: "... on March 4. No wait, make that March 5."

    turn t1 correct [correct.before@t1] corrects: c1/date
      c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1)

The call takes the second value, which is drawn as it would be without the first. In a copy of Split the turn that says the
leaf takes it back, be it the one that asks or the one that answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import SignaturePath, Turn, TurnKind, UserSource
from magnetc.ir.types import Ref
from magnetc.passes.assign_sources import goals_of
from magnetc.passes.operation import Stage
from magnetc.passes.recover import base_key

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Correct:
    """`before` is a chance per eligible turn; at most `cap` such turns of a path."""

    before: float = 0.1
    cap: int = 1
    stage: ClassVar[Stage] = Stage.TURNS
    name: str = "correct"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        key = (context.spec.recipe.seed, "correct", path.base, path.attempt)
        left = self.cap
        for turn in [turn for turn in path.turns if turn.calls]:   # in order: a copy that ends early has what its base has
            if not left:
                break
            leaves = dict(_leaves(context, turn)) if turn.kind is TurnKind.NORMAL else {}
            if not leaves or draw.fraction(*key, "before", base_key(turn)) >= self.before:
                continue
            leaf = draw.choose(leaves, *key, base_key(turn), "leaf")
            path = path.with_turns(tuple(_taking_back(t, leaf) if t.key == leaves[leaf] else t for t in path.turns))
            log.apply("correct.before")
            left -= 1
        return path


def _taking_back(turn: Turn, leaf: str) -> Turn:
    kind = TurnKind.CORRECT if turn.kind is TurnKind.NORMAL else turn.kind
    return replace(turn, kind=kind, corrects=(leaf,), operations=(*turn.operations, f"correct.before@{base_key(turn)}"))


def _leaves(context: CompileContext, turn: Turn) -> Iterator[tuple[str, str]]:
    """Single values that the user gives for the one goal of a turn, each with the turn that says it; of a type with others."""
    if len(goals_of(turn.calls)) != 1:
        return
    for call in turn.calls:
        known = {parameter.pointer: parameter for parameter in context.parameters[call.function]}
        for argument in call.arguments:
            parameter = known.get(argument.pointer)
            if not isinstance(argument.source, UserSource) or parameter is None or not isinstance(parameter.type, Ref):
                continue
            entity = context.spec.type_table.get(parameter.entity)
            now = argument.source.turn.removesuffix("+") == base_key(turn)
            if entity and now and entity.base != "boolean" and len(entity.enum or entity.examples or (1, 2)) > 1:
                yield call.id + argument.pointer, argument.source.turn
