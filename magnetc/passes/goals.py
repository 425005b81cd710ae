"""Goals: what the walks of a path can cover, and which of it one walk does.

    walk search_flights, book_flight, send_message          covers
      ("tool", "book_flight")                               a tool, called
      ("edge", "search_flights", "book_flight")             an edge, taken from one call to the next
      ("distance", "partial", "2")                          an edge of this kind, from a call to another two turns later
      ("operation", "insert.long", "book_flight")           an operation on a tool that it can be applied to

An operation is covered where its chance, which is drawn by unit and turn, falls. A user draws the values of enumerations:
a path can only ask for as many calls of a tool as its longest one has values (`demand`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from magnetc.ir.path import SignaturePath, TurnKind
from magnetc.passes.insert import Insert, takes_new
from magnetc.passes.merge import Merge
from magnetc.passes.operation import configured
from magnetc.passes.parallel import Parallel
from magnetc.passes.split import Split

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

Goal = tuple[str, ...]

Chances = tuple[frozenset[str], ...]
"""The operations whose chance falls on each turn of a unit."""


class Goals:
    """The goals of one path in one locale."""

    def __init__(self, context: CompileContext, path: str, locale: str):
        self._context, self._locale = context, locale
        chains = context.chains(path, locale)
        self.tools = chains.reached()
        self.edges = chains.edges()
        self._distance = context.path[path].distance or (1, max(1, context.path[path].turns[1] - 1))
        named = context.operations
        self._merge = configured(Merge, named["merge"]) if "merge" in named else None
        self._insert = configured(Insert, named["insert"]) if "insert" in named else None
        self._split = configured(Split, named["split"]) if "split" in named else None
        self._parallel = configured(Parallel, named["parallel"]) if "parallel" in named else None
        self._takes = {tool: frozenset(self._applicable(tool)) for tool in self.tools}
        self.demand = {tool: most for tool in sorted(self.tools) if (most := self._values(tool)) > 1}

    def of(self, walk: Sequence[str]) -> frozenset[Goal]:
        """What the walk covers in whichever unit: tools, edges, distances."""
        tools = {("tool", tool) for tool in walk}
        edges = {("edge", *pair) for pair in pairwise(walk) if pair in self.edges}
        return frozenset(tools | edges | set(self._distances(walk)))

    def _distances(self, walk: Sequence[str]) -> Iterator[Goal]:
        """From the latest call of each tool before a call to that call: the results that it most likely takes."""
        low, high = self._distance
        for at, tool in enumerate(walk):
            seen = set()
            for back in range(1, min(high, at) + 1):
                before = walk[at - back]
                edge = self._context.graph.edge.get((before, tool)) if before not in seen else None
                seen.add(before)
                if edge is not None and back >= low:
                    yield "distance", edge.kind.value, str(back)

    def chances(self, unit: SignaturePath) -> Chances:
        """Where the chances of operations fall in a unit: `unit` has its keys and as many turns as its walk."""
        turns, context = unit.turns, self._context
        fallen: list[set[str]] = [set() for _ in turns]
        for at, turn in enumerate(turns):
            if self._merge and at and self._merge.falls(context, unit, turns[at - 1].calls[-1].id, turn.key):
                fallen[at].add("merge")
            if self._parallel and self._parallel.falls(context, unit, turn.key):
                fallen[at].add("parallel")
            for way in ("short", "long"):
                if self._insert and self._insert.falls(context, unit, way, turn.key):
                    fallen[at].add(f"insert.{way}")
            for kind in (TurnKind.MISS_FUNC, TurnKind.MISS_PARAMS):
                if self._split and self._split.falls(context, unit, kind):
                    fallen[at].add(f"split.{kind}")
        return tuple(map(frozenset, fallen))

    def operated(self, walk: Sequence[str], chances: Chances) -> frozenset[Goal]:
        """What operations can do with the walk in a unit of these chances."""
        return frozenset(("operation", name, tool)
                         for tool, fallen in zip(walk, chances) for name in fallen & self._takes[tool])

    def _applicable(self, tool: str) -> Iterator[str]:
        """The operations that phrases and edges allow on a turn that calls `tool`."""
        context, locale = self._context, self._locale
        yield "merge"
        if context.speech.tails((tool,), locale):
            yield "insert.short"
        if any(edge.values for edge in context.graph.successors.get(tool, ())):
            yield "insert.long"
        if takes_new(context, tool, locale):
            yield "parallel"
        if context.speech.names_capability(tool, locale):
            yield "split.miss_func"
        if any(p.required and locale in p.given and context.speech.asks(tool, p.name, p.type, locale)
               for p in context.parameters[tool]):
            yield "split.miss_params"

    def _values(self, tool: str) -> int:
        """How many values the longest enumeration has from which a user picks an argument of `tool`."""
        types = self._context.spec.type_table
        entities = [types.get(p.entity) for p in self._context.parameters[tool] if self._locale in p.given and not p.system]
        return max((len(entity.enum or ()) for entity in entities if entity), default=0)
