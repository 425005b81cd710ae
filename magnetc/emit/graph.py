"""graph.json: the local dependency graph as node-link data, which networkx and D3 read."""

from __future__ import annotations

from collections.abc import Iterable

from magnetc.ir.graph import Edge, LocalDependencyGraph
from magnetc.ir.json import Json


def node_link(graph: LocalDependencyGraph) -> Json:
    """Nodes and edges of a graph for `networkx.node_link_graph(data, edges="edges")`.

    An edge's `values` say which place of the source's result, as a pointer pattern, may be which parameter of the target.
    `proven` is there where executing the tools said so.
    """
    return node_link_data(graph.nodes, graph.edges)


def node_link_data(nodes: Iterable[str], edges: Iterable[Edge]) -> Json:
    """As `node_link`, for a part of a graph."""
    return {"directed": True, "multigraph": False, "graph": {}, "nodes": [{"id": node} for node in nodes],
            "edges": [edge_document(edge) for edge in edges]}


def edge_document(edge: Edge) -> dict[str, Json]:
    """One edge as JSON."""
    return {
        "source": edge.source,
        "target": edge.target,
        "kind": edge.kind.value,
        "values": [{"at": flow.pointer, "parameter": flow.parameter} for flow in edge.values],
        "origin": edge.origin,
        **({"also": list(edge.also)} if edge.also else {}),
        "confidence": edge.confidence,
        **({} if edge.proven is None else {"proven": edge.proven}),
    }
