"""Split: a copy of the path in which one turn cannot be served at once (Magnet §3.3). Both are kept.

Before:

    turn t1 normal
      c1 = book_flight(/date: user t1, /flight_id: output c0 /flights/*/flight_id)

After *miss_params*, the copy `booking-000017.miss_params` (the agent asks, the user answers):

    turn t1 miss_params [split.miss_params@t1] withheld c1/date
      says c1 = book_flight(/date: user t1+, /flight_id: output c0 /flights/*/flight_id)
    turn t1+ normal [split.miss_params@t1]
      c1 = book_flight(/date: user t1+, /flight_id: output c0 /flights/*/flight_id)

After *miss_func*, the copy `booking-000017.miss_func` (the tool is not offered yet; the agent declines):

    turn t1 miss_func [split.miss_func@t1] withheld book_flight
      says c1 = book_flight(...)
    turn t1+ normal [split.miss_func@t1]
      c1 = book_flight(...)

Calls, keys and ids stay, so that a copy inherits words, values and results wherever it is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import Argument, Call, SignaturePath, Turn, TurnKind, UserSource
from magnetc.passes.assign_sources import earlier_calls, goals_of, source_key
from magnetc.passes.operation import Stage
from magnetc.passes.options import Option, Where, is_sayable, leaves_of

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Split:
    """`miss_func` and `miss_params` are chances per path; at most one copy of each kind."""

    miss_func: float = 0.1
    miss_params: float = 0.1
    stage: ClassVar[Stage] = Stage.COPY
    name: str = "split"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> tuple[SignaturePath, ...]:
        """The copies of a path whose sources are assigned."""
        key = (context.spec.recipe.seed, "split", path.base, path.attempt)
        copies = []
        for kind in (TurnKind.MISS_FUNC, TurnKind.MISS_PARAMS):
            if not self.falls(context, path, kind):
                continue
            ways = _missing_functions(context, path) if kind is TurnKind.MISS_FUNC else _missing_leaves(context, path)
            ways = list(ways)
            if not ways:
                log.refuse(f"split.{kind}", "no turn can be split")
                continue
            log.apply(f"split.{kind}")
            copies.append(_copy(path, kind, *draw.choose(ways, *key, kind, "place", name=lambda way: f"{way[0]}{way[1]}")))
        return tuple(copies)

    def falls(self, context: CompileContext, path: SignaturePath, kind: TurnKind) -> bool:
        """Whether the chance of one kind falls on the path; on none that a mixture wants to have one turn."""
        if context.mixture.asked and context.mixture.is_single(path.name, path.ordinal):
            return False
        chance = self.miss_func if kind is TurnKind.MISS_FUNC else self.miss_params
        return draw.fraction(context.spec.recipe.seed, "split", path.base, path.attempt, kind) < chance


def _copy(path: SignaturePath, kind: TurnKind, at: int, withheld: tuple[str, ...]) -> SignaturePath:
    turn = path.turns[at]
    later = turn.key + "+"
    calls = turn.calls
    if kind is TurnKind.MISS_PARAMS:
        calls = tuple(_answered_later(call, withheld, later) for call in calls)
    operations = (*turn.operations, f"split.{kind}@{turn.key}")
    asked = Turn(key=turn.key, kind=kind, operations=operations, withheld=withheld, says=calls)
    served = Turn(key=later, calls=calls, operations=operations)
    copy = replace(path, id=f"{path.base}.{kind}")
    return copy.with_turns((*path.turns[:at], asked, served, *path.turns[at + 1:]))


def _answered_later(call: Call, withheld: tuple[str, ...], turn: str) -> Call:
    arguments = tuple(
        Argument(pointer=a.pointer, source=UserSource(turn)) if call.id + a.pointer in withheld else a
        for a in call.arguments
    )
    return replace(call, arguments=arguments)


def _missing_functions(context: CompileContext, path: SignaturePath) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Turns with one goal whose tools are used nowhere else and can be named as something the agent cannot do."""
    for index, turn in enumerate(path.turns):
        tools = tuple(dict.fromkeys(call.function for call in turn.calls))
        elsewhere = {call.function for other in path.turns if other is not turn for call in other.calls}
        named = all(context.speech.names_capability(tool, path.locale) for tool in tools)
        if len(goals_of(turn.calls)) == 1 and named and not elsewhere & set(tools):
            yield index, tools


def _missing_leaves(context: CompileContext, path: SignaturePath) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Required leaves that the user gives, that the agent can ask for, and without which a phrase still fits."""
    for index, turn in enumerate(path.turns):
        goals = goals_of(turn.calls)
        if len(goals) != 1:
            continue
        goal = goals[0]
        chain = tuple(call.function for call in goal)
        where = Where(path.locale, turn.key, tuple(earlier_calls(path.turns[:index])), source_key(context, path))
        leaves = leaves_of(context, goal, where)
        picks = [leaf.options[0] for leaf in leaves]
        for at, leaf in enumerate(leaves):
            position, _ = leaf.name
            parameter = leaf.parameter
            if not (picks[at].user and parameter.required):
                continue
            without = [*picks[:at], Option(picks[at].source), *picks[at + 1:]]
            if (context.speech.asks(chain[position], parameter.name, parameter.type, path.locale)
                    and is_sayable(context, chain, path.locale, leaves, without)):
                yield index, (goal[position].id + parameter.pointer,)
