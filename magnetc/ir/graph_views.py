"""Views of a graph's columns as a sequence and as mappings of edges, which are made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from magnetc.ir.graph import Edge, LocalDependencyGraph


class EdgeSequence(Sequence["Edge"]):
    """All edges of a graph, equal to any other sequence of the same edges."""

    def __init__(self, graph: LocalDependencyGraph):
        self._graph = graph

    def __len__(self) -> int:
        return len(self._graph.targets)

    @overload
    def __getitem__(self, place: int) -> Edge: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Edge, ...]: ...
    def __getitem__(self, place: int | slice) -> Edge | tuple[Edge, ...]:
        found = range(len(self))[place]
        return tuple(map(self._graph.edge_at, found)) if isinstance(found, range) else self._graph.edge_at(found)

    def __iter__(self) -> Iterator[Edge]:
        return (self._graph.edge_at(place, keep=False) for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return repr(tuple(self))


class NeighbourMapping(Mapping[str, "tuple[Edge, ...]"]):
    """Edges by node: `places[offsets[i]:offsets[i + 1]]` are those of node i."""

    def __init__(self, graph: LocalDependencyGraph, offsets: NDArray[np.int64], places: NDArray[np.int64]):
        self._graph = graph
        self._offsets = offsets
        self._places = places
        self._made: dict[str, tuple[Edge, ...]] = {}

    def __getitem__(self, node: str) -> tuple[Edge, ...]:
        found = self._made.get(node)
        if found is None:
            row = self._graph.index[node]
            places = self._places[self._offsets[row]:self._offsets[row + 1]].tolist()
            found = self._made[node] = tuple(map(self._graph.edge_at, places))
        return found

    def __contains__(self, node: object) -> bool:
        return node in self._graph.index

    def __iter__(self) -> Iterator[str]:
        return iter(self._graph.nodes)

    def __len__(self) -> int:
        return len(self._graph.nodes)


class EdgeMapping(Mapping["tuple[str, str]", "Edge"]):
    """The edge from one tool to another, by (source, target)."""

    def __init__(self, graph: LocalDependencyGraph):
        self._graph = graph

    def place(self, pair: object) -> int | None:
        """Where the edge stands in the columns; None when there is none."""
        match pair:
            case (str() as source, str() as target) if source in self._graph.index and target in self._graph.index:
                row, wanted = self._graph.index[source], self._graph.index[target]
            case _:
                return None
        low, high = int(self._graph.offsets[row]), int(self._graph.offsets[row + 1])
        place = low + int(np.searchsorted(self._graph.targets[low:high], wanted))
        return place if place < high and self._graph.targets[place] == wanted else None

    def __getitem__(self, pair: tuple[str, str]) -> Edge:
        place = self.place(pair)
        if place is None:
            raise KeyError(pair)
        return self._graph.edge_at(place)

    def __contains__(self, pair: object) -> bool:
        return self.place(pair) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        nodes = self._graph.nodes
        return ((nodes[source], nodes[target])
                for source, target in zip(self._graph.sources.tolist(), self._graph.targets.tolist()))

    def __len__(self) -> int:
        return len(self._graph.targets)
