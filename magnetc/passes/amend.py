"""Amend: what a user asks for comes to nothing, and they ask for it again with another value. What Correct and Recover share.

Before:

    turn t3 normal
      c3 = create_event(/title: user t3, /date: user t3)

After, with `undo create_event with delete_event`:

    turn t3 normal [correct.after@t3]
      c3~ = create_event(/title: user t3, /date: user t3)
    turn t3~ correct [correct.after@t3] amends: c3~ c3/date
      c3~undo = delete_event(/event_id: output c3~ /event_id)
      c3 = create_event(/title: user t3, /date: user t3~)

The call keeps its id and its value, so that nothing behind it changes; the attempt has another value, which translation
looks for. Without one the turn is as it was before (`Script.unamended`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from magnetc.ir.path import ATTEMPT, AbstentionKind, Argument, Call, SignaturePath, Turn, TurnKind, UserSource
from magnetc.ir.types import Ref
from magnetc.ir.undo import undo_call
from magnetc.passes.constraints import violation

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext, ParameterInfo

UNDO = "undo"
"""Stands behind the id of an attempt, for the call that undoes it."""


def base_key(turn: Turn) -> str:
    """The key of the turn in the path that was split and amended, whose draws its copy shares."""
    return turn.key.removesuffix(ATTEMPT).removesuffix("+")


def can_be_amended(turn: Turn) -> bool:
    """Whether a turn makes one call, which nothing else was done to and which the path does not do without."""
    made = any(operation.startswith("insert.long") for operation in turn.operations)
    return turn.kind is TurnKind.NORMAL and len(turn.calls) == 1 and not made


def given_leaves(context: CompileContext, turn: Turn) -> Iterator[tuple[str, str, ParameterInfo]]:
    """Single values that the user gives for the calls of a turn, each with the turn that says it; of a type with others."""
    for call in turn.calls:
        known = {parameter.pointer: parameter for parameter in context.parameters[call.function]}
        for argument in call.arguments:
            parameter = known.get(argument.pointer)
            if not isinstance(argument.source, UserSource) or parameter is None or not isinstance(parameter.type, Ref):
                continue
            entity = context.spec.type_table.get(parameter.entity)
            now = argument.source.turn.removesuffix("+") == base_key(turn)
            if entity and now and entity.base != "boolean" and len(entity.enum or entity.examples or (1, 2)) > 1:
                yield call.id + argument.pointer, argument.source.turn, parameter


def amended(context: CompileContext, path: SignaturePath, turn: Turn, leaf: str, kind: TurnKind, operation: str) -> SignaturePath | str:
    """The path with an attempt in `turn` and a turn after it that gives `leaf` anew; or what keeps it from being so.

    A copy that stops early is held to what its base calls behind that.
    """
    (call,) = turn.calls
    attempt = replace(call, id=call.id + ATTEMPT, goal=call.id + ATTEMPT)
    by = context.spec.graph.undoing(call.function) if kind is TurnKind.CORRECT else None
    undo = undo_call(context.spec, attempt, by, attempt.id + UNDO) if by and by != call.function else None
    if isinstance(undo, str):
        return f"`{by}.{undo}` has no value"
    if undo and any(undo.function in other.withheld for other in path.turns):
        return f"`{undo.function}` is not offered"
    if undo and undo.function in context.hidden(path):
        return f"`{undo.function}` is held out"
    key = base_key(turn) + ATTEMPT   # the same in all copies, and so are the words
    follow = Turn(key=key, kind=kind, operations=(operation,), amends=(attempt.id, leaf),
                  calls=(*filter(None, [undo]), _given_anew(call, leaf, key)))
    turns: list[Turn] = []
    for other in path.turns:
        if other.key == turn.key:
            turns += [replace(turn, calls=(attempt,), operations=(*turn.operations, operation)), follow]
        else:
            turns.append(_spoken_of(other, call, attempt, follow))
    made = path.with_turns(tuple(turns))
    constraints = context.product(path.name, path.locale).automaton.constraints
    return violation(constraints, [*made.functions(), *path.cut]) or made


def _given_anew(call: Call, leaf: str, key: str) -> Call:
    return replace(call, arguments=tuple(
        Argument(pointer=a.pointer, source=UserSource(key)) if call.id + a.pointer == leaf else a for a in call.arguments))


def _spoken_of(turn: Turn, call: Call, attempt: Call, follow: Turn) -> Turn:
    """Another turn that is about the call: the words that ask for it are about the attempt, those that ask again about the call."""
    if call.id not in {said.id for said in turn.says}:
        return turn
    if turn.abstains and turn.abstains.kind is AbstentionKind.CONTEXT:
        return replace(turn, says=follow.calls[-1:], abstains=replace(turn.abstains, at=follow.key))
    says = tuple(replace(said, id=attempt.id, goal=attempt.goal) if said.id == call.id else said for said in turn.says)
    mine = call.id + "/"
    withheld = tuple(attempt.id + name.removeprefix(call.id) if name.startswith(mine) else name for name in turn.withheld)
    return replace(turn, says=says, withheld=withheld)
