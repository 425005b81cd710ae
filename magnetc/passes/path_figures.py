"""Path figures: how many walks a path has, how many of them its units draw, and which tools none of them calls.

Nothing is executed, and no words are chosen: the figures are of the sampled walks, before operations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log2, sqrt
from typing import TYPE_CHECKING

import numpy as np

from magnetc.passes.chains import Chains
from magnetc.passes.conflict import conflict, has_walk
from magnetc.passes.constraints import Constraints
from magnetc.passes.many_walks import draw_walks, keys_of
from magnetc.passes.sample_paths import SamplePaths

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

FEW = 200
"""Units of a path that are drawn at least, to estimate the entropy of `walk`."""

MOST = 5_000
"""Units of a path that are drawn one by one; of more, `uniform` draws all at once, and the others these many."""

Walk = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entropy:
    """`bits` of one draw. `error` is the standard error of an estimate, 0 where the figure is exact."""

    bits: float
    error: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFigures:
    """One path in one locale.

    `walks`: by length in the path's range, how many walks there are of which each step follows the last call: what
    `uniform` and `coverage` draw from. `lengths`: those that the path's sampler draws. `units`: what the recipe asks for in
    this locale; of them `drawn` were drawn, and gave `distinct` walks, which take `edges` of the `reachable` ones between
    consecutive calls. `unreached`: tools of the path that no walk calls, and the clauses that keep it from them.
    """

    path: str
    locale: str
    sample: str
    turns: tuple[int, int]
    walks: Mapping[int, int]
    lengths: tuple[int, ...]
    entropy: Entropy
    units: int
    drawn: int
    distinct: int
    edges: int
    reachable: int
    unreached: Mapping[str, tuple[str, ...]]


def path_figures(context: CompileContext) -> Iterator[PathFigures]:
    """Figures of each path and locale of a recipe whose paths all have walks."""
    counts = dict(context.spec.recipe.paths)
    for path in context.spec.paths:
        count = counts.get(path.name, 0)
        walks = _drawn(context, path.name, min(max(count, FEW), MOST))
        unreached: dict[Constraints, Mapping[str, tuple[str, ...]]] = {}
        for locale, weight in context.spec.recipe.locales:
            if weight > 0:
                constraints = context.constraints(path, locale)
                if constraints not in unreached:
                    unreached[constraints] = _unreached(context, path.name, locale, walks)
                yield _figures(context, path.name, locale, count, walks.get(locale, {}), unreached[constraints])


def out_of_reach(context: CompileContext, figures: list[PathFigures]) -> dict[str, tuple[str, ...]]:
    """The tools that no path can call in any locale, and the paths that allow them all the same."""
    reached = {tool for each in figures for tool in context.chains(each.path, each.locale).tools if tool not in each.unreached}
    return {tool: tuple(dict.fromkeys(each.path for each in figures if tool in each.unreached))
            for tool in sorted(context.spec.tool) if tool not in reached}


def _drawn(context: CompileContext, path: str, count: int) -> dict[str, dict[int, Walk]]:
    """The walks of a path's first units, by locale and ordinal."""
    found: dict[str, dict[int, Walk]] = {}
    for ordinal in range(count):
        made = SamplePaths().run(context, path, ordinal)
        if made is not None:
            found.setdefault(made.locale, {})[ordinal] = tuple(made.functions())
    return found


def _figures(context: CompileContext, name: str, locale: str, count: int,
             drawn: Mapping[int, Walk], unreached: Mapping[str, tuple[str, ...]]) -> PathFigures:
    path, chains = context.path[name], context.chains(name, locale)
    walks = [walk for ordinal, walk in drawn.items() if ordinal < count]
    units = len(walks)
    if count > MOST:
        units = round(count * units / MOST)
        walks = _at_once(chains, units, context.spec.recipe.seed, name, locale) if path.sample == "uniform" else walks
    low, high = path.turns
    distinct = set(walks)
    taken = {pair for walk in distinct for pair in pairwise(walk) if pair in context.graph.edge}
    edges = chains.edges()
    return PathFigures(
        path=name, locale=locale, sample=path.sample, turns=path.turns,
        walks={length: chains.count(length) for length in range(low, high + 1)},
        lengths=context.lengths(name, locale),
        entropy=_entropy(context, name, locale, list(drawn.values())),
        units=units, drawn=len(walks), distinct=len(distinct),
        edges=len(taken & edges), reachable=len(edges),
        unreached=unreached,
    )


def _at_once(chains: Chains, count: int, *key: object) -> list[Walk]:
    """As many uniform walks as a large recipe asks for, their lengths spread evenly."""
    lengths = chains.lengths()
    sizes = [len(part) for part in np.array_split(np.arange(count), len(lengths))] if lengths else []
    rows = [row for length, size in zip(lengths, sizes)
            for row in draw_walks(chains, keys_of(size, *key, length), length).tolist()]
    return [tuple(chains.tools[tool] for tool in row) for row in rows]


def _entropy(context: CompileContext, name: str, locale: str, walks: list[Walk]) -> Entropy:
    """Of `uniform`, exact: the length, then the mean of log2 of the counts. Of `walk`, the mean surprise of the walks drawn,
    each exactly known. Of `coverage`, which draws nothing, how evenly its plan is spread over walks."""
    match context.path[name].sample:
        case "uniform":
            chains = context.chains(name, locale)
            counts = [log2(chains.count(length)) for length in chains.lengths()]
            return Entropy(bits=log2(len(counts)) + sum(counts) / len(counts) if counts else 0.0)
        case "coverage":
            shares = [count / len(walks) for count in Counter(walks).values()]
            return Entropy(bits=abs(sum(share * log2(share) for share in shares)))
        case _:
            product, sampler = context.product(name, locale), SamplePaths()
            bits = np.array([sampler.surprise(product, walk) for walk in walks] or [0.0])
            spread = float(bits.std(ddof=1)) / sqrt(len(bits)) if len(bits) > 1 else 0.0
            return Entropy(bits=float(bits.mean()), error=spread)


def _unreached(context: CompileContext, name: str, locale: str,
               drawn: Mapping[str, Mapping[int, Walk]]) -> dict[str, tuple[str, ...]]:
    """The tools that the path allows and no walk calls, each with the irreducible set of clauses that says why."""
    path = context.path[name]
    within = context.constraints(path, locale).within
    reached = {tool for walk in drawn.get(locale, {}).values() for tool in walk}
    if path.sample != "walk":
        reached = context.chains(name, locale).reached()
    return {tool: tuple(clause.text for clause in conflict(context, name, locale, (tool,)))
            for tool in sorted(within - reached)
            if path.sample != "walk" or not has_walk(context, name, locale, (tool,))}
