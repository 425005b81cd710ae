"""Build the local dependency graph: declared links, and typed edges found through an index of producers.

Before: tools and types of a spec, its declared links and unlinks.

    tool get_zipcode(city: City) -> {zipcode: ZipCode}
    tool get_distance(origin: ZipCode, destination: ZipCode) -> {distance: Miles}
    link authenticate ~> get_distance

After: one edge from one tool to another, with the values that may flow along it.

    edge get_zipcode -> get_distance full typed 1.0 { /zipcode -> destination, /zipcode -> origin }
    edge authenticate -> get_distance prerequisite declared 1.0 { }
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.passes.producers import Producers


@dataclass(frozen=True, slots=True)
class BuildGraph:
    """Spec -> LocalDependencyGraph (Magnet §3.1; edges are proven by types here, not judged by a model)."""

    name: str = "build-graph"
    version: str = "1"

    def run(self, spec: Spec) -> LocalDependencyGraph:
        """Edges in sorted order. Unlinks win over links, and a tool has no edge to itself."""
        flows: dict[tuple[str, str], set[ValueFlow]] = defaultdict(set)
        declared: set[tuple[str, str]] = set()
        for link in spec.graph.links:
            pair = (link.source, link.target)
            declared.add(pair)
            if link.parameter:
                flows[pair].add(ValueFlow(link.pointer, link.parameter))
        if "typed" in spec.graph.infer:
            for pair, flow in _typed(spec):
                flows[pair].add(flow)
        unlinked = frozenset(spec.graph.unlinks)
        edges = tuple(
            _edge(pair, flows[pair], spec.tool[pair[1]], pair in declared)
            for pair in sorted(declared | set(flows))
            if pair not in unlinked and pair[0] != pair[1]
        )
        return LocalDependencyGraph.of(spec.tool, edges)


def _typed(spec: Spec) -> list[tuple[tuple[str, str], ValueFlow]]:
    producers = Producers(spec)
    return [
        ((source, tool.name), ValueFlow(pointer, parameter.name))
        for tool in spec.tools
        for parameter in tool.parameters
        for source, pointer in producers.typed(tool.name, parameter.type)
    ]


def _edge(pair: tuple[str, str], flows: set[ValueFlow], target: FunctionSignature, declared: bool) -> Edge:
    required = {parameter.name for parameter in target.parameters if parameter.required}
    if not flows:
        kind = EdgeKind.PREREQUISITE
    elif required and required <= {flow.parameter for flow in flows}:
        kind = EdgeKind.FULL
    else:
        kind = EdgeKind.PARTIAL
    origin = "declared" if declared else "typed"
    return Edge(source=pair[0], target=pair[1], kind=kind, values=tuple(sorted(flows)), origin=origin)
