"""graph.json: the local dependency graph as node-link data, which networkx and D3 read."""

from __future__ import annotations

from magnetc.ir.graph import LocalDependencyGraph
from magnetc.ir.json import Json


def node_link(graph: LocalDependencyGraph) -> Json:
    """Nodes and edges of a graph for `networkx.node_link_graph(data, edges="edges")`.

    An edge's `values` say which place of the source's result, as a pointer pattern, may be which parameter of the target.
    `proven` is there where executing the tools said so.
    """
    edges = [
        {
            "source": edge.source,
            "target": edge.target,
            "kind": edge.kind.value,
            "values": [{"at": flow.pointer, "parameter": flow.parameter} for flow in edge.values],
            "origin": edge.origin,
            **({"also": list(edge.also)} if edge.also else {}),
            "confidence": edge.confidence,
            **({} if edge.proven is None else {"proven": edge.proven}),
        }
        for edge in graph.edges
    ]
    return {"directed": True, "multigraph": False, "graph": {}, "nodes": [{"id": node} for node in graph.nodes], "edges": edges}
