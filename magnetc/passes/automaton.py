"""Automaton: the constraints of a path as one automaton over tools, determinised as far as walks ask.

    pattern search+ book _*          ─┐
    require authenticate before book  ├─>  start() ── search ──> s1 ── authenticate ──> s2 ── book ──> s3 (accepting)
    at most 1 of cancel              ─┘

A state has three parts, each a number or a tuple of numbers: the set of positions of the pattern's nondeterministic
automaton (Thompson's construction), the facts seen so far ("authenticate was called", "a BookingId was produced"), and
the counts that `at most` bounds. Equal states have equal futures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from magnetc.ir.spec import Pattern
from magnetc.passes.constraints import Constraints
from magnetc.passes.too_many_states import PATTERN_STATES, TooManyStates


class State(NamedTuple):
    """`pattern` and `facts` are bit sets."""

    pattern: int
    facts: int
    counts: tuple[int, ...]


class Automaton:
    """Deterministic by subset construction; states are made when first stepped to."""

    def __init__(self, constraints: Constraints):
        self.constraints = constraints
        self.tools = frozenset(constraints.tools)
        self._nfa = PatternAutomaton(constraints.pattern)
        self._limit = {limit.tool: 0 for limit in constraints.at_most}
        for limit in constraints.at_most:
            self._limit[limit.tool] = min(c.count for c in constraints.at_most if c.tool == limit.tool)
        self._counted = {tool: index for index, tool in enumerate(self._limit)}
        self._facts: dict[frozenset[str], int] = {}
        self.needs = dict.fromkeys(self.tools, 0)
        for order in constraints.require:
            self._need(order.after, [order.before])
        for need in constraints.needs:
            self._need(need.tool, need.producers)
        self._bars: dict[str, list[tuple[int, int]]] = {}
        self.order_facts = 0
        for order in constraints.forbid:
            before, after = self._fact([order.before]), self._fact([order.after])
            self._bars.setdefault(order.after, []).append((before, after))
            self.order_facts |= before | after
        self._must = sum({self._fact([tool]) for tool in constraints.must})
        self.order_facts |= self._must
        self.gives = {tool: sum(bit for tools, bit in self._facts.items() if tool in tools) for tool in self.tools}
        self.kind = {tool: self._kind(tool) for tool in self.tools}

    def _kind(self, tool: str) -> tuple:
        """What `step_order` sees of a tool: two of one kind lead to the same states, but for facts that only help."""
        facts = self.gives[tool] & self.order_facts
        return self._nfa.letter(tool), self._counted.get(tool), tuple(self._bars.get(tool, ())), facts

    def _need(self, tool: str, producers: Iterable[str]) -> None:
        if tool in self.needs:
            self.needs[tool] |= self._fact(producers)

    def _fact(self, tools: Iterable[str]) -> int:
        """The bit that says that one of `tools` was called."""
        return self._facts.setdefault(frozenset(tools), 1 << len(self._facts))

    def start(self) -> State:
        return State(self._nfa.start, 0, (0,) * len(self._counted))

    @property
    def openings(self) -> frozenset[str]:
        """The tools a walk may start with."""
        start = self.constraints.start
        return self.tools & frozenset(start) if start else self.tools

    def step(self, state: State, tool: str) -> State | None:
        """The state after one more call, or None where that call breaks a constraint."""
        if tool not in self.tools or self.needs[tool] & ~state.facts:
            return None
        return self.step_order(state, tool)

    def step_order(self, state: State, tool: str) -> State | None:
        """Like `step`, taking for granted that what `tool` needs came earlier."""
        for before, after in self._bars.get(tool, ()):
            if state.facts & before and not state.facts & after:
                return None
        counts = state.counts
        if tool in self._counted:
            index = self._counted[tool]
            if counts[index] >= self._limit[tool]:
                return None
            counts = (*counts[:index], counts[index] + 1, *counts[index + 1:])
        pattern = self._nfa.step(state.pattern, tool)
        return State(pattern, state.facts | self.gives[tool], counts) if pattern else None

    def accepts(self, state: State, length: int) -> bool:
        """Whether a walk of `length` calls may end in `state`."""
        low, high = self.constraints.turns
        return low <= length <= high and self.accepting(state)

    def accepting(self, state: State) -> bool:
        """Whether a walk may end here, whatever its length."""
        return not self._must & ~state.facts and self._nfa.accepting(state.pattern)


class PatternAutomaton:
    """Thompson's automaton of a `Pattern`; sets of its positions are bit sets, already closed over empty moves."""

    def __init__(self, pattern: Pattern | None):
        self._moves: list[tuple[int, frozenset[str] | None, int]] = []
        self._empty: list[tuple[int, int]] = []
        self._size = 0
        start, end = self._build(pattern or Pattern(op="star", items=(Pattern(op="any"),)))
        self._end = 1 << end
        self._next: dict[int, list[int]] = {}
        for source, target in self._empty:
            self._next.setdefault(source, []).append(target)
        self._closure = [self._close(position) for position in range(self._size)]
        self._steps: dict[tuple[int, str], int] = {}
        self._known: set[int] = set()
        self.start = self._closure[start]

    @property
    def letters(self) -> int:
        """How many tools the pattern names: its shortest word is no longer."""
        return len(self._moves)

    def letter(self, tool: str) -> tuple[bool, ...]:
        """Which moves accept `tool`."""
        return tuple(tools is None or tool in tools for _, tools, _ in self._moves)

    def accepting(self, positions: int) -> bool:
        return bool(positions & self._end)

    def step(self, positions: int, tool: str) -> int:
        """The positions after `tool`; 0 when there are none."""
        key = (positions, tool)
        if key not in self._steps:
            reached = 0
            for source, tools, target in self._moves:
                if positions >> source & 1 and (tools is None or tool in tools):
                    reached |= self._closure[target]
            self._known.add(reached)
            if len(self._known) > PATTERN_STATES:
                raise TooManyStates(f"its pattern makes more than {PATTERN_STATES:,} states")
            self._steps[key] = reached
        return self._steps[key]

    def _position(self) -> int:
        self._size += 1
        return self._size - 1

    def _build(self, pattern: Pattern) -> tuple[int, int]:
        """Add the fragment of `pattern`; its first and last position."""
        start, end = self._position(), self._position()
        match pattern.op:
            case "tool":
                self._moves.append((start, frozenset(pattern.tools), end))
            case "any":
                self._moves.append((start, None, end))
            case "concat":
                at = start
                for item in pattern.items:
                    first, last = self._build(item)
                    self._empty.append((at, first))
                    at = last
                self._empty.append((at, end))
            case "alternate":
                for item in pattern.items:
                    first, last = self._build(item)
                    self._empty += [(start, first), (last, end)]
            case "star" | "plus" | "maybe":
                first, last = self._build(pattern.items[0])
                self._empty += [(start, first), (last, end)]
                if pattern.op != "plus":
                    self._empty.append((start, end))
                if pattern.op != "maybe":
                    self._empty.append((last, first))
        return start, end

    def _close(self, position: int) -> int:
        seen, stack = 1 << position, [position]
        while stack:
            at = stack.pop()
            for target in self._next.get(at, ()):
                if not seen >> target & 1:
                    seen |= 1 << target
                    stack.append(target)
        return seen
