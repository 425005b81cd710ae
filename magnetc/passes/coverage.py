"""Coverage: the walks of a path planned one after the other, each the one that adds most to what those before it cover.

    unit 0   search_flights  book_flight  add_baggage        3 tools, 2 edges, 3 distances, 1 operation: all new
    unit 1   list_bookings   share_booking  send_message     3 tools, 2 edges, 1 operation
    unit 2   search_flights  hold_seat  confirm_hold         2 tools, 2 edges

A plan is made once for a path of the recipe and grows with the units that are asked for, so it is the same whatever their
number. A unit's locale and length are drawn as for `uniform`; of a pool of candidates it takes the one with the most new
goals (`goals.py`), and of equals the one whose goals are rarest so far. Candidates are drawn uniformly from the walks that
take an edge, or call a tool, that is the least covered: the product knows which arcs these are and counts the walks through
one of them. When nothing new is left, the rarest goals are covered again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.path import SignaturePath
from magnetc.passes.chains import Chains
from magnetc.passes.goals import Chances, Goal, Goals
from magnetc.passes.many_walks import draw_walks, keys_of

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

POOL = 64
"""Candidates that are drawn at once."""

REDRAWN = 16
"""Candidates for a unit whose planned walk was rejected."""

Walk = tuple[str, ...]


class Place(NamedTuple):
    """What is drawn of a unit before its walk. `unit` has its keys and a turn for each call, without tools."""

    unit: SignaturePath
    locale: str
    length: int


@dataclass(slots=True)
class _Pool:
    """Candidates of one locale and length. `peak` is what the first that was taken added."""

    walks: list[tuple[Walk, frozenset[Goal]]] = field(default_factory=list)
    drawn: int = 0
    fresh: bool = False
    peak: int = 0


class Coverage:
    """The plan of one path."""

    def __init__(self, context: CompileContext, path: str, place: Callable[[int], Place]):
        self._context, self._path, self._place = context, path, place
        self._goals: dict[str, Goals] = {}
        self._pools: dict[tuple[str, int], _Pool] = {}
        self._covered: Counter[Goal] = Counter()
        self._calls: Counter[str] = Counter()
        self._planned: list[tuple[Walk, frozenset[Goal]]] = []

    def walk(self, ordinal: int) -> Walk:
        """The walk that is planned for a unit."""
        while (number := len(self._planned)) <= ordinal:
            is_cut = self._context.mixture.is_single(self._path, number)
            self._planned.append(((), frozenset()) if is_cut else self._next(self._place(number)))
        return self._planned[ordinal][0]

    def again(self, ordinal: int, place: Place) -> Walk:
        """A walk for a unit that has to be drawn anew: the one that covers most of what its planned walk was to add."""
        self.walk(ordinal)
        aim = self._planned[ordinal][1]
        chains, goals = self._context.chains(self._path, place.locale), self._of(place.locale)
        key = (self._context.spec.recipe.seed, "coverage", place.unit.base, place.unit.attempt)
        through = _through(chains, aim)
        walks = (_drawn(chains, REDRAWN, place.length, through, key)
                 or _drawn(chains, REDRAWN, place.length, through & False, key))
        chances = goals.chances(place.unit)
        return max(walks, key=lambda walk: len(aim & (goals.of(walk) | goals.operated(walk, chances))))

    def _next(self, place: Place) -> tuple[Walk, frozenset[Goal]]:
        """The best candidate for a unit, and what it is the first to cover. Counts it as covered."""
        pool = self._pools.setdefault((place.locale, place.length), _Pool())
        goals = self._of(place.locale)
        chances = goals.chances(place.unit)
        if len(pool.walks) <= POOL // 2:
            self._fill(pool, place)
        best, new = self._best(pool, goals, chances)
        if 2 * new < pool.peak and not pool.fresh:
            self._fill(pool, place)
            best, new = self._best(pool, goals, chances)
        if pool.fresh:
            pool.peak, pool.fresh = new, False
        walk, lasting = pool.walks.pop(best)
        covered = lasting | goals.operated(walk, chances)
        first = frozenset(goal for goal in covered if not self._covered[goal])
        self._covered.update(covered)
        self._calls.update(walk)
        return walk, first

    def _best(self, pool: _Pool, goals: Goals, chances: Chances) -> tuple[int, int]:
        """The number of the best candidate of a pool, and how much it adds."""
        best, most = 0, (-1, 0.0)
        for number, (walk, lasting) in enumerate(pool.walks):
            counts = [self._covered[goal] for goal in (*lasting, *(goals.operated(walk, chances) - lasting))]
            new = counts.count(0) + self._demanded(walk, goals)
            rarity = sum(1 / (1 + count) for count in sorted(counts))
            if (new, rarity) > most:
                best, most = number, (new, rarity)
        return best, most[0]

    def _demanded(self, walk: Walk, goals: Goals) -> int:
        """Calls of tools that have more values to be asked for than they were called."""
        calls = Counter(tool for tool in walk if self._calls[tool] < goals.demand.get(tool, 0))
        return sum(min(count, goals.demand[tool] - self._calls[tool]) for tool, count in calls.items())

    def _fill(self, pool: _Pool, place: Place) -> None:
        """Draw new candidates, through what is the least covered of all that walks of this length can take."""
        goals, chains = self._of(place.locale), self._context.chains(self._path, place.locale)
        pool.drawn += 1
        key = (self._context.spec.recipe.seed, "coverage", self._path, place.locale, place.length, pool.drawn)
        wanted = [("tool", tool) for tool in goals.tools] + [("edge", *pair) for pair in goals.edges]
        walks: list[Walk] = []
        for level in sorted({self._covered[goal] for goal in wanted}):
            through = _through(chains, (goal for goal in wanted if self._covered[goal] <= level))
            walks = _drawn(chains, POOL, place.length, through, key)
            if walks:
                break
        pool.walks = [(walk, goals.of(walk)) for walk in dict.fromkeys(walks)]
        pool.fresh = True

    def _of(self, locale: str) -> Goals:
        if locale not in self._goals:
            self._goals[locale] = Goals(self._context, self._path, locale)
        return self._goals[locale]


def _through(chains: Chains, goals: Iterable[Goal]) -> NDArray[np.bool_]:
    """(arcs,) whether an arc takes one of the edges, or calls one of the tools, among `goals`."""
    number = {tool: index for index, tool in enumerate(chains.tools)}
    named = [(kind, [number[tool] for tool in tools]) for kind, *tools in goals if set(tools) <= number.keys()]
    tools = [tool for kind, found in named if kind == "tool" for tool in found]
    edges = [found[0] * len(number) + found[1] for kind, found in named if kind == "edge"]
    return np.isin(chains.tool[chains.arcs], tools) | np.isin(chains.pairs, edges)


def _drawn(chains: Chains, count: int, length: int, through: NDArray[np.bool_], key: tuple) -> list[Walk]:
    """Walks through one of some arcs; any walks when there are no such arcs; none when no walk takes one."""
    some = through if through.any() else None
    walks = draw_walks(chains, keys_of(count, *key), length, through=some)
    return [tuple(chains.tools[tool] for tool in walk) for walk in walks.tolist() if walk[0] >= 0]
