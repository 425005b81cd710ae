"""The shortest chain of edges from one tool to another."""

from __future__ import annotations

from collections import deque

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph


def shortest_chain(graph: LocalDependencyGraph, source: str, target: str) -> tuple[Edge, ...]:
    """The fewest edges from one tool to another; of equally short chains, one whose edges carry values. Empty: none."""
    if source == target:
        return ()
    reached: dict[str, Edge | None] = {source: None}
    pending = deque([source])
    while pending and target not in reached:
        tool = pending.popleft()
        for edge in sorted(graph.successors[tool], key=lambda e: (e.kind is EdgeKind.PREREQUISITE, e.target)):
            if edge.target not in reached:
                reached[edge.target] = edge
                pending.append(edge.target)
    chain: list[Edge] = []
    edge = reached.get(target)
    while edge is not None:
        chain.append(edge)
        edge = reached[edge.source]
    return tuple(reversed(chain))
