"""Recover: something is refused on the way, and set right.

Before:

    turn t1 normal
      c1 = cancel_booking(/booking_id: output c0 /bookings/*/booking_id)

After *slip*, the agent first makes a wrong call, which the world refuses, and then the right one:

    turn t1 recover [recover.slip@t1] slips: c1
      c1 = cancel_booking(/booking_id: output c0 /bookings/*/booking_id)

After *environment*, the agent makes the right call, but the world refuses what the user asks for. The agent reports the error and asks
for another value, and calls again with what the user says (`passes/amend.py`):

    turn t1 normal [recover.environment@t1]
      c1~ = send_money(/amount: user t1, /contact_id: output c0 /contact_id)
    turn t1~ recover [recover.environment@t1] amends: c1~ c1/amount
      c1 = send_money(/amount: user t1~, /contact_id: output c0 /contact_id)

What is got wrong, or refused, is known only when the values are: translation looks for a call that the world really refuses, and
leaves the operation out where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import ArgumentSource, Call, OutputSource, SignaturePath, Turn, TurnKind, UserSource
from magnetc.ir.types import EntityType
from magnetc.passes.amend import amended, base_key, can_be_amended, given_leaves
from magnetc.passes.operation import Stage
from magnetc.passes.rounds import rounds

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log

AGAIN = 0.3
"""Chance that a slip is followed by another one, as often as `most` allows."""


@dataclass(frozen=True, slots=True)
class Recover:
    """`slip` and `environment` are chances per eligible turn; at most `most` wrong calls of the agent's before the right one, and
    `cap` such turns a path."""

    slip: float = 0.1
    environment: float = 0.0
    most: int = 2
    cap: int = 1
    stage: ClassVar[Stage] = Stage.TURNS
    name: str = "recover"
    version: str = "3"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        key = (context.spec.recipe.seed, "recover", path.base, path.attempt)
        left = self.cap
        corrected = {base_key(turn) for turn in path.turns if turn.corrects or turn.kind is TurnKind.CORRECT}
        for turn in path.turns:   # in order: a copy that ends early has what its base has up to there
            if not left:
                break
            if turn.kind is not TurnKind.NORMAL or base_key(turn) in corrected:
                continue
            changed = self._slipping(context, path, turn, key) or self._refused(context, path, turn, key, log)
            if changed is not None:
                path, kind = changed
                log.apply(kind)
                left -= 1
        return path

    def _slipping(self, context: CompileContext, path: SignaturePath, turn: Turn, key: tuple) -> tuple[SignaturePath, str] | None:
        calls = list(_may_fail(context, turn))
        if not calls or draw.fraction(*key, "slip", base_key(turn)) >= self.slip:
            return None
        call = draw.choose(calls, *key, base_key(turn), "call", name=lambda c: c.id)
        again = (draw.fraction(*key, base_key(turn), "again", number) < AGAIN for number in range(1, self.most))
        slips = (call.id,) * (1 + sum(again))
        changed = replace(turn, kind=TurnKind.RECOVER, slips=slips, operations=(*turn.operations, f"recover.slip@{base_key(turn)}"))
        return path.with_turns(tuple(changed if t.key == turn.key else t for t in path.turns)), "recover.slip"

    def _refused(self, context: CompileContext, path: SignaturePath, turn: Turn, key: tuple, log: Log) -> tuple[SignaturePath, str] | None:
        if not can_be_amended(turn) or base_key(turn) in path.twins or draw.fraction(*key, "environment", base_key(turn)) >= self.environment:
            return None
        function = turn.calls[0].function
        leaves = [leaf for leaf, _, parameter in given_leaves(context, turn)
                  if context.speech.asks(function, parameter.name, parameter.type, path.locale)]
        if not leaves:
            return None
        leaf = draw.choose(leaves, *key, base_key(turn), "leaf")
        made = amended(context, path, turn, leaf, TurnKind.RECOVER, f"recover.environment@{base_key(turn)}")
        if isinstance(made, str):
            log.refuse("recover.environment", made)
            return None
        return made, "recover.environment"


def _may_fail(context: CompileContext, turn: Turn) -> Iterator[Call]:
    """Calls that go out alone, and take a text of a result, or one that users say otherwise, or follow another of the turn."""
    for number, group in enumerate(rounds(context.spec, turn.calls, context.ordered)):
        call = group[0]
        kinds = {parameter.pointer: context.spec.type_table.get(parameter.entity) for parameter in context.parameters[call.function]}
        if len(group) == 1 and (number or any(_has_wrong(a.source, kinds[a.pointer]) for a in call.arguments if a.pointer in kinds)):
            yield call


def _has_wrong(source: ArgumentSource, kind: EntityType | None) -> bool:
    if kind is None or kind.base != "string":
        return False
    return isinstance(source, OutputSource) or (isinstance(source, UserSource) and bool(kind.format or kind.said))
