"""Lower: from a SignaturePath to the Script that a translator fills, turn by turn.

Before:

    turn t1 normal [insert.short@t1]
      c1 = get_distance(/origin: user t1, /destination: user t1)
      c3 = convert_unit(/value: output c1 /distance, /to: user t1) for c1

After:

    turn t1 normal [insert.short@t1]
      offered get_distance convert_unit book_flight
      goal c1 c3
      round c1
      round c3
      hole c3 /value c1 /distance Miles
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magnetc.ir.path import Call, OutputSource, SignaturePath, Turn, TurnKind
from magnetc.ir.pointer import tokens
from magnetc.ir.script import Goal, Hole, Script, ScriptTurn
from magnetc.ir.types import ListOf, Ref, at_pointer
from magnetc.passes.assign_sources import goals_of
from magnetc.passes.rounds import rounds

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


@dataclass(frozen=True, slots=True)
class Lower:
    """SignaturePath -> Script: goals, rounds, holes, and the tools offered in each turn."""

    name: str = "lower"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath) -> Script:
        functions = {call.id: call.function for turn in path.turns for call in (*turn.says, *turn.calls)}
        held = context.hidden(path)
        every = tuple(tool.name for tool in context.spec.tools if tool.name not in held)
        turns, offered = [], []
        before: Turn | None = None
        never = {tool for turn in path.turns if turn.kind is TurnKind.NO_TOOL for tool in turn.withheld}
        for index, turn in enumerate(path.turns):
            hidden = never | {tool for t in path.turns[index:] if t.kind is TurnKind.MISS_FUNC for tool in t.withheld}
            offered.append(tuple(name for name in every if name not in hidden) if hidden else every)
            turns.append(_turn(context, turn, before, functions))
            before = turn
        return Script(path=path, turns=tuple(turns), offered=tuple(offered))


def _turn(context: CompileContext, turn: Turn, before: Turn | None, functions: dict[str, str]) -> ScriptTurn:
    spoken = turn.calls or turn.says
    arrived = before.withheld if before else ()
    return ScriptTurn(
        key=turn.key,
        kind=turn.kind,
        goals=tuple(Goal(calls=goal) for goal in goals_of(spoken)),
        rounds=rounds(context.spec, turn.calls, context.ordered),
        holes=tuple(_holes(context, spoken, functions)),
        operations=turn.operations,
        withheld=turn.withheld,
        answers=arrived if before and before.kind is TurnKind.MISS_PARAMS else (),
        announces=arrived if before and before.kind is TurnKind.MISS_FUNC else (),
        slips=turn.slips,
        corrects=turn.corrects,
        amends=turn.amends,
        abstains=turn.abstains,
    )


def _holes(context: CompileContext, calls: Sequence[Call], functions: dict[str, str]) -> Iterator[Hole]:
    for call in calls:
        entities = {parameter.pointer: parameter.entity for parameter in context.parameters[call.function]}
        for argument in call.arguments:
            if isinstance(source := argument.source, OutputSource):
                kind = entities[argument.pointer] or _type_at(context, functions[source.call], source.pointer)
                yield Hole(call=call.id, pointer=argument.pointer, producer=source.call, output=source.pointer, type=kind)


def _type_at(context: CompileContext, function: str, pointer: str) -> str:
    """The type's name at a place of a result: for a parameter that names none itself."""
    match at_pointer(context.spec.tool[function].returns, tokens(pointer)):
        case Ref(name) | ListOf(Ref(name)):
            return name
        case _:
            return "object"
