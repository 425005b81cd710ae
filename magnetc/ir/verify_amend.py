"""Part of the verifier of paths: a turn that amends a call of the turn before makes that call again, one leaf said anew."""

from __future__ import annotations

from collections.abc import Iterator

from magnetc.ir.path import OutputSource, Turn, TurnKind, UserSource
from magnetc.ir.spec import Spec


def amend_problems(spec: Spec, before: Turn | None, turn: Turn) -> Iterator[str]:
    """What is wrong with `turn`, which follows `before`."""
    if len(turn.amends) != 2 or turn.kind not in (TurnKind.CORRECT, TurnKind.RECOVER) or turn.corrects or turn.slips:
        yield f"turn {turn.key} amends, which is {turn.kind} and names a call and a leaf"
        return
    attempt, leaf = turn.amends
    if before is None or not before.kind.acts or [call.id for call in before.calls] != [attempt]:
        yield f"turn {turn.key} amends {attempt}, which is not the call of the turn before"
        return
    made, again = before.calls[0], turn.calls[-1] if turn.calls else None
    if again is None or again.function != made.function or not leaf.startswith(again.id + "/"):
        yield f"turn {turn.key} does not make {attempt} again"
        return
    wanted = {a.pointer: a.source if again.id + a.pointer != leaf else UserSource(turn.key) for a in made.arguments}
    if {a.pointer: a.source for a in again.arguments} != wanted or leaf not in {again.id + pointer for pointer in wanted}:
        yield f"turn {turn.key} does not make {attempt} again with {leaf} said anew"
    by = spec.graph.undoing(made.function) if turn.kind is TurnKind.CORRECT else made.function
    between = [call.function for call in turn.calls[:-1]]
    if between != ([] if by == made.function else [by]):
        yield f"turn {turn.key} calls {' '.join(between) or 'nothing'} between {attempt} and {again.id}"
    for argument in (a for call in turn.calls[:-1] for a in call.arguments):
        if isinstance(argument.source, OutputSource) and argument.source.call != attempt:
            yield f"turn {turn.key} undoes another call than {attempt}"
