"""LocalDependencyGraph: which tool may follow which, and which value flows where (Magnet §3.1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class EdgeKind(StrEnum):
    """full: the source gives every required argument of the target; partial: some; prerequisite: order only."""

    FULL = "full"
    PARTIAL = "partial"
    PREREQUISITE = "prerequisite"


@dataclass(frozen=True, slots=True, order=True)
class ValueFlow:
    """The value at `pointer` (a pattern) of the source's result may be `parameter` of the target."""

    pointer: str
    parameter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`origin` is how the edge was found: declared or typed. `confidence` is in [0, 1]."""

    source: str
    target: str
    kind: EdgeKind
    values: tuple[ValueFlow, ...] = ()
    origin: str = "declared"
    confidence: float = 1.0


@dataclass(frozen=True, kw_only=True)
class LocalDependencyGraph:
    """Nodes and edges in sorted order; at most one edge from one tool to another."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def successors(self) -> dict[str, tuple[Edge, ...]]:
        index: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            index[edge.source].append(edge)
        return {node: tuple(index[node]) for node in self.nodes}

    @cached_property
    def edge(self) -> dict[tuple[str, str], Edge]:
        return {(edge.source, edge.target): edge for edge in self.edges}
