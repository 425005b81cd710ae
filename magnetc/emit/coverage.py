"""coverage.json: what the conversations of a dataset call, take and say, of all that the recipe makes possible.

Five things are counted, by name:

    tools         `book_flight`                      some conversation calls it
    edges         `search_flights -> book_flight`    a value flowed along it; for a prerequisite, the order was kept
    distances     `full at 2`                        an edge of that kind was taken, with so many user turns between its ends
    enum_values   `book_flight.cabin = economy`      a call gives it, or it is in a list that a call gives
    operations    `insert.long`                      a conversation has it in its tags

Beside them stands `difficulty`: how conversations are spread over what makes them difficult (`difficulty.py`).

What is possible comes from the recipe alone (`passes/reach.py`), what is covered from rows alone, as they are written.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.distill.proofs.sourced import leaves_of
from magnetc.ir.graph import EdgeKind
from magnetc.ir.json import Json, wire
from magnetc.ir.pointer import tokens
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.types import at_pointer
from magnetc.passes.chances import chances
from magnetc.passes.context import CompileContext, ParameterInfo
from magnetc.passes.reach import Pair, reach

THINGS = ("tools", "edges", "distances", "enum_values", "operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A path that was drawn and dropped: its tools in call order, the edges along which values were to flow, and why."""

    tools: tuple[str, ...]
    edges: tuple[Pair, ...] = ()
    why: str


class Coverage:
    """Counts conversations and lost paths as they come.

    Attributes:
        possible: by thing, the names of what could be covered, in a fixed order.
        covered: by thing and name, how often: of `possible`.
        lost: by thing (tools, edges) and name, why paths with it were dropped, and how often.
        apart: by edge, how often its ends were called in order without a value flowing.
        given: by parameter (`tool.parameter`), how many calls give it.
        turns: how many conversations have so many user turns.
        distances: by kind of edge and distance, how often it was taken, beyond what the paths have room for too.
    """

    def __init__(self, context: CompileContext):
        self.context, self.reach = context, reach(context)
        self._enums = {tool: dict(_enums(context, tool)) for tool in sorted(self.reach.tools)}
        self.possible: dict[str, tuple[str, ...]] = {
            "tools": tuple(sorted(self.reach.tools)),
            "edges": tuple(edge_name(pair) for pair in sorted(self.reach.edges)),
            "distances": tuple(self._distances()),
            "enum_values": tuple(value_name(tool, parameter, value) for tool, enums in self._enums.items()
                                 for parameter, values in enums.items() for value in values),
            "operations": tuple(name for name, chance in chances(context.spec).items() if chance > 0),
        }
        self._known = {thing: frozenset(names) for thing, names in self.possible.items()}
        self.covered: dict[str, Counter[str]] = {thing: Counter() for thing in THINGS}
        self.lost: dict[str, dict[str, Counter[str]]] = {"tools": {}, "edges": {}}
        self.apart: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.turns: Counter[int] = Counter()
        self.distances: dict[EdgeKind, Counter[int]] = {}

    def _distances(self) -> Iterator[str]:
        """Each kind of edge at the distances that the longest path with such an edge has room for."""
        asked = chances(self.context.spec)
        for kind, turns in sorted(self.reach.turns.items()):
            ways = ("merge",) if kind is EdgeKind.PREREQUISITE else ("merge", "insert.short")
            nearest = 0 if any(asked.get(way, 0) > 0 for way in ways) else 1
            yield from (distance_name(kind, distance) for distance in range(nearest, turns))

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a conversation: of its rows the one that holds all of it."""
        certificate = row["certificate"]
        shown = Shown(self.context.spec, Presentation.read(certificate.get("shown", {})))
        sources, slips = certificate["arguments"], certificate.get("slips", {})
        made = [call for call in _calls(row["messages"], shown) if call[1] not in slips]
        self.turns[sum(message["role"] == "user" for message in row["messages"])] += 1
        self._see("operations", *(operation.partition("@")[0] for operation in row["tags"]["operations"]))
        place = {each: (name, turn) for turn, each, name, _ in made}
        latest: dict[str, int] = {}
        for turn, call, name, arguments in made:
            self._see("tools", name)
            if self._enums.get(name):
                self._see_values(name, shown.read_arguments(name, json.loads(arguments)))
            taken = {place[entry["output"]] for entry in sources.get(call, {}).values() if "output" in entry}
            self._see_edges(name, turn, taken, latest)
            latest[name] = turn

    def _see_edges(self, target: str, turn: int, taken: set[tuple[str, int]], latest: dict[str, int]) -> None:
        """`taken`: the calls whose results are arguments here; `latest`: tools called before, and when last."""
        for source, before in latest.items():
            edge = self.context.graph.edge.get((source, target))
            if edge and not edge.values:
                taken.add((source, before))
            elif edge and source not in {tool for tool, _ in taken}:
                self.apart[edge_name((source, target))] += 1
        for source, before in sorted(taken):
            if edge := self.context.graph.edge.get((source, target)):
                self._see("edges", edge_name((source, target)))
                self._see("distances", distance_name(edge.kind, turn - before))
                self.distances.setdefault(edge.kind, Counter())[turn - before] += 1

    def _see_values(self, tool: str, arguments: Mapping[str, Json]) -> None:
        for parameter in self._enums[tool]:
            value = next((value for leaf, value in leaves_of(arguments) if ".".join(tokens(leaf)) == parameter), None)
            if value is None:
                continue
            self.given[f"{tool}.{parameter}"] += 1
            self._see("enum_values", *(value_name(tool, parameter, each) for each in (value if isinstance(value, list) else [value])))

    def _see(self, thing: str, *names: str) -> None:
        known = self._known[thing]
        self.covered[thing].update(name for name in names if name in known)

    def lose(self, loss: Loss) -> None:
        """Count a path that was drawn and dropped."""
        for thing, names in (("tools", loss.tools), ("edges", map(edge_name, loss.edges))):
            for name in set(names):
                self.lost[thing].setdefault(name, Counter())[loss.why] += 1

    def share(self, thing: str) -> float:
        """Of what is possible of a thing, how much is covered; 1 where nothing is possible."""
        return len(self.covered[thing]) / len(self.possible[thing]) if self.possible[thing] else 1.0

    def missed(self, thing: str) -> list[str]:
        """The names of what is possible and not covered."""
        return [name for name in self.possible[thing] if not self.covered[thing][name]]


def edge_name(pair: Pair) -> str:
    return f"{pair[0]} -> {pair[1]}"


def distance_name(kind: EdgeKind, distance: int) -> str:
    return f"{kind.value} at {distance}"


def value_name(tool: str, parameter: str, value: Json) -> str:
    return f"{tool}.{parameter} = {value if isinstance(value, str) else wire(value)}"


def _calls(messages: list[dict[str, Any]], shown: Shown) -> Iterator[tuple[int, str, str, str]]:
    """(user turn, id, tool by its real name, arguments as JSON text) of each call."""
    turn = -1
    for message in messages:
        turn += message["role"] == "user"
        for call in message.get("tool_calls", ()):
            yield turn, call["id"], shown.read_name(call["function"]["name"]), call["function"]["arguments"]


def _enums(context: CompileContext, tool: str) -> Iterator[tuple[str, tuple[Json, ...]]]:
    """The parameters of a tool that have an `enum` type, and the values that a call can have there."""
    for parameter in context.parameters[tool]:
        entity = context.spec.type_table.get(parameter.entity)
        if entity and entity.enum and not parameter.system:
            if parameter.given and context.speech.names(tool, parameter.name):
                yield parameter.name, entity.enum
            elif values := _produced(context, parameter):
                yield parameter.name, tuple(value for value in entity.enum if value in values)


def _produced(context: CompileContext, parameter: ParameterInfo) -> list[Json]:
    """The values of `enum` types that results have for a parameter: no phrase names it."""
    table = context.spec.type_table
    found: list[Json] = []
    for source, pointers in parameter.outputs.items():
        for pointer in pointers:
            place = at_pointer(context.spec.tool[source].returns, tokens(pointer))
            entity = context.speech.entity(place) if place else None
            found += entity.enum if entity and table.unify(entity.name, parameter.entity) else ()
    return found
