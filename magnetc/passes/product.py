"""Product: the walks that stay on the graph and satisfy the automaton, and where each of them can still go.

The rule of a step (`docs/language.md`, paths): to a successor of the last tool; if none of these is *alive*, to a
successor of the nearest earlier tool that has an alive one, and at last to a tool that a walk may start with, as if the
start had those for successors. A tool whose alive successors were all called before counts only once no other is left:
without this, a tool with one way out is called again and again.

**Alive**, exactly: with n calls still to make, there is a sequence of n tools, each a successor of some tool called
before it (or of the start), that the automaton can follow to an accepting state. Because the rule falls back to earlier
tools one by one, it finds an alive step wherever one exists: a walk never dead-ends, and no walk that the rule can make
is lost. What is yet possible depends on the automaton's state, the union of the successors of all tools called (the
*frontier*, a bit set) and n, so these three are the key of the memo.

**Cheap**: a search for one witness succeeds in about n steps. A hopeless state is recognised by a relaxation that only
grows (as in planning: facts and frontier keep all they might have gained) in n layers, before the search branches.
"""

from __future__ import annotations

from collections.abc import Sequence

from magnetc.ir.graph import LocalDependencyGraph
from magnetc.passes.automaton import Automaton, State

WIDTH = 128
"""States in a layer of the relaxation above which it forgets what `forbid` and `at most` count."""


class Unsettled(Exception):
    """A search for a walk was given up."""


class Product:
    """Walks of one path. Tools are bits in sorted order; `frontier` arguments are sets of such bits.

    `most` bounds how many states are searched; beyond it, `alive` raises Unsettled.
    """

    def __init__(self, automaton: Automaton, graph: LocalDependencyGraph, most: int | None = None):
        self._left = most
        self.automaton = automaton
        self.tools = tuple(sorted(automaton.tools))
        self._bit = {tool: 1 << index for index, tool in enumerate(self.tools)}
        self.successors = {
            tool: tuple(edge.target for edge in graph.successors.get(tool, ()) if edge.target in self._bit)
            for tool in self.tools
        }
        self.reach = {tool: sum(self._bit[target] for target in targets) for tool, targets in self.successors.items()}
        self.root = sum(self._bit[tool] for tool in automaton.openings)
        self._alive: dict[tuple[State, int, int], bool] = {}
        self._hope: dict[tuple[int, int], bool] = {}
        self._lengths: tuple[int, ...] | None = None

    def alive(self, state: State, frontier: int, remaining: int) -> bool:
        """Whether `remaining` more calls can be made from here, the last one into an accepting state."""
        if remaining == 0:
            return self.automaton.accepting(state)
        key = (state, frontier, remaining)
        found = self._alive.get(key)
        if found is None:
            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    raise Unsettled
            found = self._alive[key] = self._could_ever(state, remaining) and self._search(state, frontier, remaining)
        return found

    def _search(self, state: State, frontier: int, remaining: int) -> bool:
        tried = False
        for tool in self.tools:
            if not frontier & self._bit[tool]:
                continue
            after = self.automaton.step(state, tool)
            if after is None:
                continue
            if self.alive(after, frontier | self.reach[tool], remaining - 1):
                return True
            if not tried and not self._hopeful(state, frontier, remaining):
                return False
            tried = True
        return False

    def _could_ever(self, state: State, remaining: int) -> bool:
        """The coarsest relaxation: every tool reachable, everything produced. Few keys, so nearly free."""
        key = (state.pattern, remaining)
        if key not in self._hope:
            everything = (1 << len(self.tools)) - 1
            self._hope[key] = self._hopeful(self._free(state)._replace(facts=-1), everything, remaining)
        return self._hope[key]

    def _hopeful(self, state: State, frontier: int, remaining: int) -> bool:
        """False only if no sequence exists. Layer i holds all states that i calls might reach."""
        automaton, facts = self.automaton, state.facts
        layer = {_ordered(state, automaton.order_facts)}
        for _ in range(remaining):
            usable = [t for t in self.tools if frontier & self._bit[t] and not automaton.needs[t] & ~facts]
            kinds = {automaton.kind[tool]: tool for tool in usable}
            layer = {
                _ordered(after, automaton.order_facts)
                for before in layer
                for tool in kinds.values()
                if (after := automaton.step_order(before, tool)) is not None
            }
            if not layer:
                return False
            if len(layer) > WIDTH:
                layer = {self._free(each) for each in layer}
            for tool in usable:
                facts |= automaton.gives[tool]
                frontier |= self.reach[tool]
        return any(automaton.accepting(end) for end in layer)

    def _free(self, state: State) -> State:
        """The state as if nothing that `forbid` or `at most` speak of had been called: only the pattern binds it."""
        return State(state.pattern, self.automaton.order_facts, (0,) * len(state.counts))

    def has_walk(self) -> bool:
        """Whether there is a walk of any length in the path's range."""
        low, high = self.automaton.constraints.turns
        start = self.automaton.start()
        return any(
            self.alive(after, self.root | self.reach[tool], length - 1)
            for length in range(max(1, low), high + 1)
            for tool in sorted(self.automaton.openings)
            if (after := self.automaton.step(start, tool)) is not None
        )

    def lengths(self) -> tuple[int, ...]:
        """The lengths, within the path's range, for which there is a walk."""
        if self._lengths is None:
            low, high = self.automaton.constraints.turns
            self._lengths = tuple(length for length in range(max(1, low), high + 1) if self.openings(length))
        return self._lengths

    def openings(self, length: int) -> tuple[str, ...]:
        """The tools that a walk of `length` calls may start with, in name order."""
        start = self.automaton.start()
        return tuple(
            tool
            for tool in sorted(self.automaton.openings)
            if (after := self.automaton.step(start, tool)) is not None
            and self.alive(after, self.root | self.reach[tool], length - 1)
        )

    def steps(self, walk: Sequence[str], state: State, remaining: int) -> tuple[str, ...]:
        """The tools that may come next, where `remaining` calls, this one included, are to be made.

        Never empty when a walk of the whole length exists, as long as every step was one of these.
        """
        frontier = self.root
        for tool in walk:
            frontier |= self.reach[tool]
        used, again = frozenset(walk), ()
        for targets in (*(self.successors[tool] for tool in dict.fromkeys(reversed(walk))), sorted(self.automaton.openings)):
            alive = tuple(
                target
                for target in targets
                if (after := self.automaton.step(state, target)) is not None
                and self.alive(after, frontier | self.reach[target], remaining - 1)
            )
            if not used.issuperset(alive):
                return alive
            again = again or alive
        return again


def _ordered(state: State, order_facts: int) -> State:
    """The state without the facts that can only help: two that differ in nothing else have equal relaxed futures."""
    return state._replace(facts=state.facts & order_facts)
