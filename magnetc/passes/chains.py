"""Chains: the product of a path's automaton with the graph, where each step follows the last call; counted exactly.

    path p { turns 2..3  start in [a]  at most 1 of a }        edges a -> b, b -> c

    node                 goes on to                              walks with 0, 1, 2 more calls
    a called once, at a  a called once, at b                     1  1  1
    a called once, at b  a called once, at c                     1  1  0
    a called once, at c  c has no successor, and a may not       1  0  0
                         come again: to nothing

The rule of a step (`docs/language.md`, paths): to a successor of the last tool; from a tool of which no successor may come
next, to a tool that a walk may start with. A node is an automaton state and a last tool; a row holds the arcs that leave a
node, and nodes that go back to the openings in one state share a row. What the longest walk can reach is built layer by
layer. Dynamic programming from the end then counts the walks that go on from each node, as exact integers: what counts
zero is trimmed, so nothing drawn by these counts dead-ends. All in arrays, whose size is the product's.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from magnetc.ir import draw
from magnetc.ir.graph import LocalDependencyGraph
from magnetc.passes.automaton import Automaton, State
from magnetc.passes.too_many_states import NODES, STATES, TooManyStates

LARGEST = 1 << 62
"""Counts that might reach this are kept as Python integers; smaller ones fit 64 bits."""

Ints = NDArray[np.int64]


class Chains:
    """The walks of one path.

    Attributes:
        tools: names, sorted; tools are numbered by it.
        tool: (nodes,) the last tool of each node.
        row: (nodes,) its row, -1 for none. The first call's row is 0.
        rows: (rows + 1,) offsets into `arcs`.
        arcs: the nodes that are gone to, in name order within a row.
        source: (rows,) the tool whose edges a row's arcs are, -1 for a row of openings.
    """

    def __init__(self, automaton: Automaton, graph: LocalDependencyGraph):
        self.automaton = automaton
        self.tools = tuple(sorted(automaton.tools))
        built = _Builder(automaton, graph, self.tools)
        self.tool, self.row, self.rows, self.arcs, self.source = built.arrays()
        self._ends = [built.accepting().astype(np.int64)]
        self._totals: list[NDArray[Any]] = [np.zeros(len(self.source), np.int64)]

    def has_walk(self) -> bool:
        """Whether there is a walk of any length in the path's range."""
        return bool(self.lengths())

    def lengths(self) -> tuple[int, ...]:
        """The lengths, within the path's range, for which there is a walk."""
        return self._lengths

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        low, high = self.automaton.constraints.turns
        return tuple(length for length in range(max(1, low), high + 1) if self.count(length))

    def count(self, length: int) -> int:
        """How many walks of `length` calls there are; `length` is at most the path's greatest."""
        return int(self.totals(length)[0]) if len(self.source) else 0

    def walk(self, length: int, *key: object) -> list[str]:
        """One of the walks of `length` calls, each as likely as any other. The draws are keyed by step and tool."""
        walk: list[str] = []
        row = 0
        for step in range(length):
            nodes = self.arcs[self.rows[row]:self.rows[row + 1]]
            counts = self.ends(length - step - 1)[nodes]
            total = int(counts.sum())
            weight = {self.tools[self.tool[node]]: int(count) / total for node, count in zip(nodes, counts) if count}
            walk.append(draw.choose(weight, *key, step, weight=weight.__getitem__))
            row = self.row[next(node for node in nodes if self.tools[self.tool[node]] == walk[-1])]
        return walk

    def ends(self, more: int) -> NDArray[Any]:
        """(nodes,) the number of ways to go on from a node with `more` calls, to one where a walk may end."""
        while len(self._ends) <= more:
            totals = self.totals(len(self._ends))
            ends = totals[self.row] if len(totals) else np.zeros(len(self.row), np.int64)
            ends[self.row < 0] = 0
            self._ends.append(ends)
        return self._ends[more]

    def totals(self, calls: int) -> NDArray[Any]:
        """(rows,) the number of ways to make `calls` calls, the first along an arc of the row."""
        while len(self._totals) <= calls:
            ends = self.ends(len(self._totals) - 1)
            widest = int(np.diff(self.rows).max(initial=1))
            if ends.dtype != object and int(ends.max(initial=0)) * widest >= LARGEST:
                ends = ends.astype(object)
            self._totals.append(self.sums(ends))
        return self._totals[calls]

    def sums(self, values: NDArray[Any], add: np.ufunc = np.add) -> NDArray[Any]:
        """(rows,) the values of the nodes that each row's arcs lead to, added up by `add`."""
        return add.reduceat(values[self.arcs], self.rows[:-1]) if len(self.arcs) else values[:0]

    @cached_property
    def arc_row(self) -> NDArray[np.int32]:
        """(arcs,) the row of each arc."""
        return np.repeat(np.arange(len(self.source), dtype=np.int32), np.diff(self.rows))

    @cached_property
    def pairs(self) -> Ints:
        """(arcs,) the edge that an arc takes, as source * len(tools) + target; negative for a step to an opening."""
        source = self.source[self.arc_row].astype(np.int64)
        return np.where(source < 0, -1, source * len(self.tools) + self.tool[self.arcs])

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """(arcs,) whether some walk of the path takes an arc."""
        used = np.zeros(len(self.arcs), bool)
        reached = np.zeros(len(self.source), bool)
        reached[:1] = True
        for made in range(self.automaton.constraints.turns[1]):
            live = np.zeros(len(self.row), bool)
            for length in self.lengths():
                if length > made:
                    live |= (self.ends(length - made - 1) != 0).astype(bool)
            taken = reached[self.arc_row] & live[self.arcs]
            used |= taken
            rows = self.row[self.arcs[taken]]
            reached = np.zeros(len(self.source), bool)
            reached[rows[rows >= 0]] = True
        return used

    def reached(self) -> frozenset[str]:
        """The tools that some walk calls."""
        return frozenset(self.tools[each] for each in np.unique(self.tool[self.arcs[self.used]]))

    def edges(self) -> frozenset[tuple[str, str]]:
        """The edges of the graph that some walk takes from one call to the next."""
        size = len(self.tools)
        taken = np.unique(self.pairs[self.used])
        return frozenset((self.tools[pair // size], self.tools[pair % size]) for pair in taken.tolist() if pair >= 0)


class _Builder:
    """Explores the product. While it does, a node is the number state * len(tools) + tool."""

    def __init__(self, automaton: Automaton, graph: LocalDependencyGraph, tools: tuple[str, ...]):
        self._automaton, self._tools, self._size = automaton, tools, max(1, len(tools))
        self._offsets, self._targets = _within(graph, tools)
        self._openings = np.array([i for i, tool in enumerate(tools) if tool in automaton.openings], np.int64)
        kinds = [(automaton.kind[tool], automaton.needs[tool], automaton.gives[tool]) for tool in tools]
        letters = {kind: index for index, kind in enumerate(dict.fromkeys(kinds))}
        self._letter = np.array([letters[kind] for kind in kinds], np.int64)
        likes = dict(zip(kinds, tools))
        self._sample = [likes[kind] for kind in letters]
        self._number: dict[State, int] = {}
        self._states: list[State] = []
        self._steps = np.zeros((0, len(letters)), np.int64)
        self._row = np.zeros(0, np.int64)
        self._seen = np.zeros(0, bool)
        self._hub: dict[int, int] = {}
        self._lengths: list[Ints] = []
        self._arcs: list[Ints] = []
        self._sources: list[Ints] = []
        self._rows = 0
        self._explore()

    def arrays(self) -> tuple[Ints, Ints, Ints, NDArray[np.int32], Ints]:
        """tool, row, rows, arcs, source of `Chains`, nodes that no call reaches left out."""
        nodes = np.flatnonzero(self._seen)
        place = np.cumsum(self._seen) - 1
        arcs = np.concatenate([place[part].astype(np.int32) for part in self._arcs] or [np.zeros(0, np.int32)])
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        source = np.concatenate([np.zeros(0, np.int64), *self._sources])
        return nodes % self._size, self._row[nodes], np.cumsum(lengths), arcs, source

    def accepting(self) -> NDArray[np.bool_]:
        ends = np.array([self._automaton.accepting(state) for state in self._states], bool)
        return ends[np.flatnonzero(self._seen) // self._size]

    def _explore(self) -> None:
        self._state(self._automaton.start())
        layer = self._follow_openings(np.zeros(1, np.int64))
        for _ in range(1, self._automaton.constraints.turns[1]):
            layer = self._follow(layer)

    def _follow(self, nodes: Ints) -> Ints:
        """Add the rows of `nodes`; the nodes that are reached for the first time."""
        state, tool = nodes // self._size, nodes % self._size
        low, degree = self._offsets[tool], self._offsets[tool + 1] - self._offsets[tool]
        places = np.repeat(low - (np.cumsum(degree) - degree), degree) + np.arange(degree.sum())
        targets = self._targets[places]
        after = self._step(np.repeat(state, degree), targets)
        made = np.bincount(np.repeat(np.arange(len(nodes)), degree)[after >= 0], minlength=len(nodes))
        has = made > 0
        self._row[nodes[has]] = self._add(made[has], after[after >= 0] * self._size + targets[after >= 0], tool[has])
        new = self._first(self._arcs[-1])
        stuck = nodes[~has]
        missing = np.array([s for s in np.unique(stuck // self._size) if s not in self._hub], np.int64)
        new = np.concatenate([new, self._follow_openings(missing)])
        self._row[stuck] = [self._hub[s] for s in (stuck // self._size).tolist()]
        return new

    def _follow_openings(self, states: Ints) -> Ints:
        """Add a row of openings for each of `states`; the nodes that are reached for the first time."""
        targets = np.tile(self._openings, len(states))
        after = self._step(np.repeat(states, len(self._openings)), targets).reshape(len(states), len(self._openings))
        made = (after >= 0).sum(axis=1)
        targets, after = targets[after.ravel() >= 0], after[after >= 0]
        rows = self._add(made[made > 0], after * self._size + targets, np.full((made > 0).sum(), -1, np.int64))
        self._hub.update(zip(states.tolist(), [-1] * len(states)))
        self._hub.update(zip(states[made > 0].tolist(), rows.tolist()))
        return self._first(self._arcs[-1])

    def _add(self, lengths: Ints, arcs: Ints, sources: Ints) -> Ints:
        """Add rows; their numbers."""
        self._lengths.append(lengths)
        self._arcs.append(arcs)
        self._sources.append(sources)
        self._rows += len(lengths)
        return np.arange(self._rows - len(lengths), self._rows)

    def _first(self, arcs: Ints) -> Ints:
        """Those of the nodes at `arcs` that were not seen before, which they are from now on."""
        new = np.zeros(len(self._seen), bool)
        new[arcs] = True
        new &= ~self._seen
        self._seen |= new
        return np.flatnonzero(new)

    def _step(self, states: Ints, tools: Ints) -> Ints:
        """The states after a call of each tool in each state, -1 where the automaton refuses."""
        letters = self._steps.shape[1]
        codes = states * letters + self._letter[tools]
        asked = np.zeros(self._steps.size, bool)
        asked[codes] = True
        for code in np.flatnonzero(asked & (self._steps.ravel() == -2)).tolist():
            state, letter = divmod(code, letters)
            after = self._automaton.step(self._states[state], self._sample[letter])
            number = -1 if after is None else self._state(after)   # may put a larger array in the place of `_steps`
            self._steps[state, letter] = number
        return self._steps.ravel()[codes]

    def _state(self, state: State) -> int:
        """The number of a state; the arrays grow with the states."""
        number = self._number.setdefault(state, len(self._states))
        if number == len(self._states):
            if number >= STATES or number * self._size > NODES:
                raise TooManyStates(f"its constraints make more than {number:,} states")
            self._states.append(state)
            if number >= len(self._steps):
                more = max(8, number)
                self._steps = np.concatenate([self._steps, np.full((more, self._steps.shape[1]), -2, np.int64)])
                self._row = np.concatenate([self._row, np.full(more * self._size, -1, np.int64)])
                self._seen = np.concatenate([self._seen, np.zeros(more * self._size, bool)])
        return number


def _within(graph: LocalDependencyGraph, tools: tuple[str, ...]) -> tuple[Ints, Ints]:
    """offsets (tools + 1,) and targets of the edges between `tools`, as numbers into it, which is sorted."""
    place = {tool: index for index, tool in enumerate(tools)}
    number = np.array([place.get(node, -1) for node in graph.nodes], np.int64)
    source, target = number[graph.sources], number[graph.targets]
    kept = (source >= 0) & (target >= 0)
    degree = np.bincount(source[kept], minlength=len(tools))
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(degree)]), target[kept]
