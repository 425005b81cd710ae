"""Apply probes: mark what executing the tools proved and refuted (`magnetc lock --probe`).

Before: a graph, and findings on its value flows.

    edge find_person -> greet full typed 1.0 { /person_id -> person_id }
    edge find_person -> ring full typed 1.0 { /person_id -> person_id }

After: the edges are marked; a refuted one keeps a tenth of its confidence. Under `infer typed, probed` a refuted flow that
no link declares is left out, and with its last flow the edge.

    edge find_person -> greet full typed 1.0 proven { /person_id -> person_id }
    edge find_person -> ring full typed 0.1 refuted { /person_id -> person_id }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.probed import Finding
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec

REFUTED = 0.1
"""The share of its confidence that an edge keeps whose every value makes no difference to the target."""

Places = frozenset[tuple[str, str, ValueFlow]]
"""Value flows, each with its source and target."""


@dataclass(frozen=True, slots=True)
class ApplyProbes:
    """LocalDependencyGraph -> LocalDependencyGraph. Without findings the graph stays as it is."""

    name: str = "apply-probes"
    version: str = "1"

    def run(self, spec: Spec, graph: LocalDependencyGraph) -> LocalDependencyGraph:
        """The graph with its edges marked, without the flows that are to be left out."""
        findings = {probed.place: probed.finding for probed in spec.graph.probes.flows}
        if not findings:
            return graph
        absent, declared = left_out(spec), {(link.source, link.target) for link in spec.graph.links}
        edges = []
        for edge in graph.edges:
            marked = _marked(edge, findings)
            values = tuple(flow for flow in edge.values if (edge.source, edge.target, flow) not in absent)
            if values != edge.values:
                if not values and (edge.source, edge.target) not in declared:
                    continue
                marked = replace(_marked(replace(edge, values=values), findings), kind=edge_kind(values, spec.tool[edge.target]))
            edges.append(marked)
        return LocalDependencyGraph.of(graph.nodes, edges)


def left_out(spec: Spec) -> Places:
    """Refuted flows that the graph does not have: under `infer probed`, those that no link declares."""
    if spec.graph.inference("probed") is None:
        return frozenset()
    declared = {(link.source, link.target, ValueFlow(link.pointer, link.parameter)) for link in spec.graph.links}
    return frozenset(probed.place for probed in spec.graph.probes.flows
                     if probed.finding is Finding.REFUTED and probed.place not in declared)


def edge_kind(flows: tuple[ValueFlow, ...], target: FunctionSignature) -> EdgeKind:
    """What an edge with these flows is to its target."""
    required = {parameter.name for parameter in target.parameters if parameter.required}
    if not flows:
        return EdgeKind.PREREQUISITE
    return EdgeKind.FULL if required and required <= {flow.parameter for flow in flows} else EdgeKind.PARTIAL


def _marked(edge: Edge, findings: Mapping[tuple[str, str, ValueFlow], Finding]) -> Edge:
    """Proven by one flow; refuted when all are."""
    found = {findings.get((edge.source, edge.target, flow)) for flow in edge.values}
    if Finding.PROVEN in found:
        return replace(edge, proven=True)
    if found == {Finding.REFUTED}:
        return replace(edge, proven=False, confidence=edge.confidence * REFUTED)
    return edge
