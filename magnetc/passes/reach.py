"""Reach: what the paths of a recipe can come to at all, whatever is drawn: what a dataset's coverage is measured against.

    path p { turns 2..3  start in [find]  within [find, book] }      tools find book cancel
                                                                    edges find -> book, book -> cancel
    reach: tools find, book by path p; edge find -> book by path p, in walks of up to 3 turns

A tool is reached when a walk of its path calls it: the path's automaton is made to accept only what calls it, and the
product says whether anything is left. So is an edge with walks that call both ends in order; a value has to be able to
flow along it too: some phrase lets the argument be an earlier result. Insert adds helpers of chain templates and
successors with turns of their own. Nothing here looks at values: what the world refuses is found by building.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph
from magnetc.ir.path import OutputSource
from magnetc.passes.automaton import Automaton, State
from magnetc.passes.chains import Chains
from magnetc.passes.chances import chances
from magnetc.passes.constraints import Constraints, violation
from magnetc.passes.context import CompileContext
from magnetc.passes.options import can_ever_say
from magnetc.passes.product import Product, Unsettled

EXACT = 4_000
"""Tools and edges of a graph up to which each is searched for. Above it, a tool that a walk may call counts as reached."""

MOST = 3_000
"""States that a search for one tool or edge looks at. What is not settled by then counts as reached, too."""

Pair = tuple[str, str]


@dataclass(slots=True)
class Reach:
    """`tools`, `edges`: those that some path can come to, with such a path. `longest`: the turns of the longest walk of each
    path that the recipe counts; `turns`: of the longest of those that can take an edge of a kind."""

    tools: dict[str, str] = field(default_factory=dict)
    edges: dict[Pair, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    turns: dict[EdgeKind, int] = field(default_factory=dict)


def reach(context: CompileContext) -> Reach:
    """What the paths with a count can come to, in the locales with a share."""
    recipe, found = context.spec.recipe, Reach()
    locales = [name for name, share in recipe.locales if share > 0]
    paths: dict[str, list[_PathReach]] = {}
    for path, count in recipe.paths:
        if count:
            paths[path] = _in_locales(context, path, locales)
            found.longest[path] = max(max(context.lengths(path, locale), default=0) for locale in locales)
    for path in sorted(paths, key=lambda name: found.longest[name] * len(paths[name][0].tools)):
        for each in paths[path]:
            each.add_to(found)
    for path in sorted(paths, key=lambda name: -found.longest[name]):
        for kind in sorted({context.graph.edge[pair].kind for pair in found.edges} - found.turns.keys()):
            if any(each.takes(kind, found) for each in paths[path]):
                found.turns[kind] = found.longest[path]
    return found


def _in_locales(context: CompileContext, path: str, locales: list[str]) -> list[_PathReach]:
    """A path in each locale. Those with equal constraints share what is searched for."""
    walks: dict[Constraints, Walks] = {}
    made = []
    for locale in locales:
        constraints = context.constraints(context.path[path], locale)
        own = walks.setdefault(constraints, Walks(constraints, context.graph))
        made.append(_PathReach(context, path, locale, own))
    return made


class Walks:
    """Which tools the walks under some constraints call, searched for when asked, and once."""

    def __init__(self, constraints: Constraints, graph: LocalDependencyGraph):
        self.constraints, self._graph = constraints, graph
        self.exact = len(graph.nodes) + len(graph.edges) <= EXACT
        self._known: dict[tuple[str, ...], bool] = {}

    def call(self, *tools: str) -> bool:
        """Whether some walk calls `tools` in this order."""
        if tools not in self._known:
            may = all(tool in self.constraints.tools for tool in tools)
            self._known[tools] = may and (not self.exact or self._search(tools))
        return self._known[tools]

    def _search(self, tools: tuple[str, ...]) -> bool:
        automaton = _Calling(self.constraints, tools)
        if self.constraints.chained:
            return Chains(automaton, self._graph).has_walk()
        product, start = Product(automaton, self._graph, MOST), automaton.start()
        low, high = self.constraints.turns
        first = {tool: after for tool in sorted(automaton.openings) if (after := automaton.step(start, tool)) is not None}
        try:
            return any(product.alive(after, product.root | product.reach[tool], length - 1)
                       for length in range(high, max(1, low) - 1, -1) for tool, after in first.items())
        except Unsettled:
            return True


class _PathReach:
    """What one path can come to in one locale."""

    def __init__(self, context: CompileContext, path: str, locale: str, walks: Walks):
        self._context, self._path, self._locale, self._walks = context, path, locale, walks
        self._within, self._graph = walks.constraints.within, context.graph
        asked = chances(context.spec)
        self._short, self._long = asked.get("insert.short", 0) > 0, asked.get("insert.long", 0) > 0

    @property
    def tools(self) -> tuple[str, ...]:
        return self._walks.constraints.tools

    def add_to(self, found: Reach) -> None:
        """Add what is not found yet."""
        for tool in self.tools:
            if tool not in found.tools and self._walks.call(tool):
                found.tools[tool] = self._path
        for pair in self._helping:
            found.edges.setdefault(pair, self._path)
            found.tools.setdefault(pair[1], self._path)
        for edge in self._graph.edges:
            pair = (edge.source, edge.target)
            if pair not in found.edges and self._may_take(edge):
                found.edges[pair] = self._path
                found.tools.setdefault(edge.target, self._path)

    def takes(self, kind: EdgeKind, found: Reach) -> bool:
        """Whether the path can take one of the edges of a kind that are found."""
        edges = (self._graph.edge[pair] for pair in found.edges)
        return any(edge.kind is kind and self._may_take(edge) for edge in edges)

    @cached_property
    def _helping(self) -> tuple[Pair, ...]:
        """The edges along which Insert adds implicit helpers to a walked tool, as chain templates say."""
        if not self._short:
            return ()
        heads = {chain[0] for chain in self._context.spec.turn_templates if len(chain) > 1} & set(self.tools)
        tails = ((head, tail) for head in sorted(heads) for tail in self._context.speech.tails((head,), self._locale))
        return tuple(dict.fromkeys(pair for head, tail in tails for pair in self._feeds(head, tail) if self._walks.call(head)))

    @cached_property
    def _helpers(self) -> frozenset[str]:
        return frozenset(target for _, target in self._helping)

    def _feeds(self, head: str, tail: tuple[str, ...]) -> list[Pair]:
        """The edges that feed each helper of a chain; none when one of them cannot be fed, or is not allowed."""
        chain, pairs = [head], []
        for tool in tail:
            feeds = (each for each in reversed(chain) if (edge := self._graph.edge.get((each, tool))) and edge.values)
            feeder = next(feeds, None)
            if feeder is None or tool not in self._within:
                return []
            pairs.append((feeder, tool))
            chain.append(tool)
        return pairs

    def _may_take(self, edge: Edge) -> bool:
        """Whether a path can take an edge, by its walks or what Insert adds to them."""
        source, target = edge.source, edge.target
        if target not in self._within or (edge.values and not self._says(edge)):
            return False
        if not self._walks.exact:
            return self._walks.call(source) and self._walks.call(target)
        if self._long and edge.values and self._allow(source, target):
            return self._comes(source)
        if not (self._allow(source, target) or self._allow(target, source, target)):
            return False
        return self._walks.call(source, target) or (source in self._helpers and self._walks.call(target))

    def _comes(self, tool: str) -> bool:
        """Whether a walk calls a tool, or Insert can add it: to a walk, or to what it has added."""
        stack, seen = [tool], {tool}
        while stack:
            last = stack.pop()
            if last in self._helpers or self._walks.call(last):
                return True
            for edge in self._graph.predecessors.get(last, ()) if self._long and last in self._within else ():
                if edge.source not in seen and edge.values and self._says(edge) and self._allow(edge.source, last):
                    seen.add(edge.source)
                    stack.append(edge.source)
        return False

    def _says(self, edge: Edge) -> bool:
        """Whether a request for the edge's target can be said with a value of its source's result."""
        return any(can_ever_say(self._context, edge.target, self._locale, (flow.parameter, OutputSource(edge.source, flow.pointer)))
                   for flow in edge.values)

    def _allow(self, *tools: str) -> bool:
        """Whether what speaks of these tools alone lets them come in this order."""
        constraints = self._walks.constraints
        forbid = tuple(order for order in constraints.forbid if {order.before, order.after} <= set(tools))
        at_most = tuple(limit for limit in constraints.at_most if limit.tool in tools)
        narrowed = Constraints(tools=constraints.tools, within=constraints.within, turns=constraints.turns,
                               forbid=forbid, at_most=at_most)
        return violation(narrowed, tools) is None


class _Calling(Automaton):
    """The automaton of a path that accepts only walks which call some tools in order.

    How many of them were called stands in a state beside the position in the pattern.
    """

    def __init__(self, constraints: Constraints, wanted: tuple[str, ...]):
        self._wanted, self._radix = wanted, len(wanted) + 1
        super().__init__(constraints)

    def _kind(self, tool: str) -> tuple:
        return (*super()._kind(tool), tool in self._wanted and tool)

    def start(self) -> State:
        pattern, facts, counts = super().start()
        return State(pattern * self._radix, facts, counts)

    def step_order(self, state: State, tool: str) -> State | None:
        pattern, called = divmod(state.pattern, self._radix)
        after = super().step_order(State(pattern, state.facts, state.counts), tool)
        if after is None:
            return None
        if called + 1 < self._radix and self._wanted[called] == tool:
            called += 1
        return State(after.pattern * self._radix + called, after.facts, after.counts)

    def accepting(self, state: State) -> bool:
        pattern, called = divmod(state.pattern, self._radix)
        return called + 1 == self._radix and super().accepting(State(pattern, state.facts, state.counts))
