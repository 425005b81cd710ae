"""Constraints: what a sequence of tools must satisfy, and the check of it that follows every operation.

A recipe states them in three places: the path (within, require, forbid, at most), the graph (prerequisite links) and the
types (a value that no user can give needs an earlier tool that produces it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from magnetc.ir.spec import PathSpec, Pattern, Spec
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


def prerequisites(spec: Spec) -> tuple[Order, ...]:
    """The declared links along which no value flows."""
    unlinked = set(spec.graph.unlinks)
    return tuple(Order(link.source, link.target, link.origin, link=True)
                 for link in spec.graph.links if not link.parameter and (link.source, link.target) not in unlinked)


def rules(spec: Spec, path: PathSpec) -> Constraints:
    """What a path declares of the order and number of its calls, and the graph of their order: all that calls alone can be held to."""
    at, within = path.origin.child, frozenset(spec.tool)
    return Constraints(
        tools=tuple(sorted(within)), within=within, turns=path.turns,
        require=(*(Order(a, b, at("require", i)) for i, (a, b) in enumerate(path.require)), *prerequisites(spec)),
        forbid=tuple(Order(a, b, at("forbid", i)) for i, (a, b) in enumerate(path.forbid)),
        at_most=tuple(AtMost(n, tool, at("at_most", i)) for i, (n, tool) in enumerate(path.at_most)),
    )


def violation(constraints: Constraints, functions: Sequence[str]) -> str | None:
    """The first constraint that a sequence of tool names breaks, as it would be read in a report; None when all hold."""
    return next(violations(constraints, functions), None)


def violations(constraints: Constraints, functions: Sequence[str]) -> Iterator[str]:
    """All that a sequence of tool names breaks."""
    first: dict[str, int] = {}
    for index, name in enumerate(functions):
        if name not in constraints.within:
            yield f"`{name}` is not allowed in this path"
        first.setdefault(name, index)
    yield from _order_violations(constraints, first)
    yield from _count_violations(constraints, functions)


def _order_violations(constraints: Constraints, first: dict[str, int]) -> Iterator[str]:
    never = len(first) + 1_000_000
    for order in constraints.require:
        if order.after in first and first.get(order.before, never) >= first[order.after]:
            yield f"`{order.after}` needs an earlier `{order.before}`"
    for order in constraints.forbid:
        if order.after in first and first.get(order.before, never) < first[order.after]:
            yield f"`{order.before}` is forbidden before `{order.after}`"
    for need in constraints.needs:
        at = first.get(need.tool)
        if at is not None and not any(first.get(producer, never) < at for producer in need.producers):
            yield f"`{need.tool}.{need.parameter}` needs an earlier `{need.type}`"


def _count_violations(constraints: Constraints, functions: Sequence[str]) -> Iterator[str]:
    if not constraints.at_most:
        return
    counts = Counter(functions)
    for limit in constraints.at_most:
        if counts[limit.tool] > limit.count:
            yield f"more than {limit.count} of `{limit.tool}`"
