"""Constraints: what a sequence of tools must satisfy, and the check of it that follows every operation.

A recipe states them in three places: the path (within, require, forbid, at most), the graph (prerequisite links) and the
types (a value that no user can give needs an earlier tool that produces it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from magnetc.ir.spec import Pattern
from magnetc.source import Origin

_NOWHERE = Origin("", "")


@dataclass(frozen=True, slots=True)
class Order:
    """Every `after` has an earlier `before` (require), or no `before` precedes the first `after` (forbid)."""

    before: str
    after: str
    origin: Origin = _NOWHERE
    link: bool = False


@dataclass(frozen=True, slots=True)
class AtMost:
    count: int
    tool: str
    origin: Origin = _NOWHERE


@dataclass(frozen=True, slots=True)
class Need:
    """Each call of `tool` needs an earlier call of one of `producers`: only they can give `parameter`."""

    tool: str
    parameter: str
    type: str
    producers: tuple[str, ...]
    origin: Origin = _NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """All that holds for the walks of one path in one locale.

    `tools` are those a walk may call; `within` those the path allows at all, implicit helpers included. `turns`, `start`
    and `pattern` speak of the sampled walk only; the others are checked again after each operation. `chained`: a step
    follows the last call (`passes/chains.py`), as the sampler named by `sample` asks for; otherwise any earlier one.
    `must`: tools that have to be called, which a recipe cannot say and the search for tools out of reach does.
    """

    tools: tuple[str, ...]
    within: frozenset[str]
    turns: tuple[int, int]
    start: tuple[str, ...] = ()
    require: tuple[Order, ...] = ()
    forbid: tuple[Order, ...] = ()
    at_most: tuple[AtMost, ...] = ()
    needs: tuple[Need, ...] = ()
    pattern: Pattern | None = None
    chained: bool = False
    must: tuple[str, ...] = ()


def violation(constraints: Constraints, functions: Sequence[str]) -> str | None:
    """The first constraint that a sequence of tool names breaks, as it would be read in a report; None when all hold."""
    first: dict[str, int] = {}
    for index, name in enumerate(functions):
        if name not in constraints.within:
            return f"`{name}` is not allowed in this path"
        first.setdefault(name, index)
    return _order_violation(constraints, first) or _count_violation(constraints, functions)


def _order_violation(constraints: Constraints, first: dict[str, int]) -> str | None:
    never = len(first) + 1_000_000
    for order in constraints.require:
        if order.after in first and first.get(order.before, never) >= first[order.after]:
            return f"`{order.after}` needs an earlier `{order.before}`"
    for order in constraints.forbid:
        if order.after in first and first.get(order.before, never) < first[order.after]:
            return f"`{order.before}` is forbidden before `{order.after}`"
    for need in constraints.needs:
        at = first.get(need.tool)
        if at is not None and not any(first.get(producer, never) < at for producer in need.producers):
            return f"`{need.tool}.{need.parameter}` needs an earlier `{need.type}`"
    return None


def _count_violation(constraints: Constraints, functions: Sequence[str]) -> str | None:
    if not constraints.at_most:
        return None
    counts = Counter(functions)
    for limit in constraints.at_most:
        if counts[limit.tool] > limit.count:
            return f"more than {limit.count} of `{limit.tool}`"
    return None
