"""LocalDependencyGraph: which tool may follow which, and which value flows where (Magnet §3.1).

Edges are kept in columns, in the order of (source, target), so that a graph of 20,000 tools and a million edges takes tens
of megabytes and is walked without touching an object. `Edge` objects are made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.graph_views import EdgeMapping, EdgeSequence, NeighbourMapping


class EdgeKind(StrEnum):
    """full: the source gives every required argument of the target; partial: some; prerequisite: order only."""

    FULL = "full"
    PARTIAL = "partial"
    PREREQUISITE = "prerequisite"


KINDS = tuple(EdgeKind)
"""What the numbers in `LocalDependencyGraph.kinds` stand for."""

ORIGINS = ("declared", "judged", "typed", "semantic")
"""How an edge may be found, strongest first: the bits of `LocalDependencyGraph.origins`, from the lowest."""


@dataclass(frozen=True, slots=True, order=True)
class ValueFlow:
    """The value at `pointer` (a pattern) of the source's result may be `parameter` of the target."""

    pointer: str
    parameter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`origin` is the strongest way in which the edge was found, one of `ORIGINS`; `also` are the others, in that order.

    `confidence`, in [0, 1], is that of `origin`. `proven`: whether executing the tools shows that a value flows; None when
    nobody looked, or it could not be seen.
    """

    source: str
    target: str
    kind: EdgeKind
    values: tuple[ValueFlow, ...] = ()
    origin: str = "declared"
    also: tuple[str, ...] = ()
    confidence: float = 1.0
    proven: bool | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalDependencyGraph:
    """Nodes in sorted order, and at most one edge from one tool to another; n nodes, m edges, f value flows.

    sources, targets: int32 (m,), indices into `nodes`, sorted by (source, target)
    kinds: uint8 (m,), indices into `KINDS`
    origins: uint8 (m,), bit i set where the edge was found by `ORIGINS[i]`
    confidences: float64 (m,), in [0, 1]
    flow_offsets: int64 (m + 1,); the flows of edge e are those from flow_offsets[e] up to flow_offsets[e + 1]
    flow_pointers, flow_parameters: int32 (f,), indices into `pointers` and `parameters`, which are sorted, without what no
        flow names
    proven: whether an edge is proven, by its place, for those of which it is known
    """

    nodes: tuple[str, ...]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    origins: NDArray[np.uint8]
    confidences: NDArray[np.float64]
    flow_offsets: NDArray[np.int64]
    flow_pointers: NDArray[np.int32]
    flow_parameters: NDArray[np.int32]
    pointers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    proven: Mapping[int, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in ("pointer", "parameter"):
            names, indices = _used(getattr(self, f"{column}s"), getattr(self, f"flow_{column}s"))
            object.__setattr__(self, f"{column}s", names)
            object.__setattr__(self, f"flow_{column}s", indices)
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @classmethod
    def of(cls, nodes: Iterable[str], edges: Iterable[Edge]) -> LocalDependencyGraph:
        """The graph of these nodes and edges, in any order.

        Raises:
            ValueError: an edge joins what is no node, two join the same tools, or an origin is none of `ORIGINS`.
        """
        names = tuple(sorted(set(nodes)))
        index = {name: place for place, name in enumerate(names)}
        made = sorted(edges, key=lambda edge: (edge.source, edge.target))
        pairs = [(edge.source, edge.target) for edge in made]
        if strange := sorted({end for pair in pairs for end in pair} - index.keys()):
            raise ValueError(f"edges join what are no nodes: {', '.join(strange)}")
        if len(set(pairs)) < len(pairs):
            raise ValueError("two edges join the same tools")
        flows = [flow for edge in made for flow in edge.values]
        pointers = sorted({flow.pointer for flow in flows})
        parameters = sorted({flow.parameter for flow in flows})
        at_pointer, at_parameter = ({name: place for place, name in enumerate(each)} for each in (pointers, parameters))
        return cls(
            nodes=names,
            sources=np.array([index[source] for source, _ in pairs], np.int32),
            targets=np.array([index[target] for _, target in pairs], np.int32),
            kinds=np.array([KINDS.index(edge.kind) for edge in made], np.uint8),
            origins=np.array([origin_bits(edge.origin, *edge.also) for edge in made], np.uint8),
            confidences=np.array([edge.confidence for edge in made], np.float64),
            flow_offsets=np.cumsum([0, *(len(edge.values) for edge in made)], dtype=np.int64),
            flow_pointers=np.array([at_pointer[flow.pointer] for flow in flows], np.int32),
            flow_parameters=np.array([at_parameter[flow.parameter] for flow in flows], np.int32),
            pointers=tuple(pointers),
            parameters=tuple(parameters),
            proven={place: edge.proven for place, edge in enumerate(made) if edge.proven is not None},
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LocalDependencyGraph):
            return NotImplemented
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # columns have none

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """int64 (n + 1,): the edges that leave node i are those from offsets[i] up to offsets[i + 1]."""
        return np.searchsorted(self.sources, np.arange(len(self.nodes) + 1, dtype=np.int32)).astype(np.int64)

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each node."""
        return {node: place for place, node in enumerate(self.nodes)}

    @cached_property
    def edges(self) -> Sequence[Edge]:
        """All edges, in the order of (source, target)."""
        return EdgeSequence(self)

    @cached_property
    def successors(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges that leave each node, by target."""
        return NeighbourMapping(self, self.offsets, np.arange(len(self.targets)))

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges that enter each node, by source."""
        order = np.argsort(self.targets, kind="stable")
        ends = np.arange(len(self.nodes) + 1, dtype=np.int32)
        return NeighbourMapping(self, np.searchsorted(self.targets, ends, sorter=order), order)

    @cached_property
    def edge(self) -> Mapping[tuple[str, str], Edge]:
        """The edge from one tool to another."""
        return EdgeMapping(self)

    @cached_property
    def _made(self) -> dict[int, Edge]:
        return {}

    def edge_at(self, place: int, *, keep: bool = True) -> Edge:
        """The edge at a place of the columns. `keep` it where it is likely to be asked for again."""
        edge = self._made.get(place)
        if edge is None:
            edge = self._make(place)
            if keep:
                self._made[place] = edge
        return edge

    def _make(self, place: int) -> Edge:
        low, high = int(self.flow_offsets[place]), int(self.flow_offsets[place + 1])
        flows = zip(self.flow_pointers[low:high].tolist(), self.flow_parameters[low:high].tolist())
        bits = int(self.origins[place])
        origin, *also = (name for bit, name in enumerate(ORIGINS) if bits >> bit & 1)
        return Edge(
            source=self.nodes[self.sources[place]],
            target=self.nodes[self.targets[place]],
            kind=KINDS[self.kinds[place]],
            values=tuple(ValueFlow(self.pointers[at], self.parameters[into]) for at, into in flows),
            origin=origin,
            also=tuple(also),
            confidence=float(self.confidences[place]),
            proven=self.proven.get(place),
        )


def origin_bits(*origins: str) -> int:
    """Origins as the bits of `LocalDependencyGraph.origins`. Raises ValueError for what is no origin."""
    return sum({1 << ORIGINS.index(origin) for origin in origins})


def _used(names: tuple[str, ...], indices: NDArray[np.int32]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The names that occur, sorted, and the indices into these."""
    counts = np.bincount(indices, minlength=len(names))
    order = sorted(np.flatnonzero(counts).tolist(), key=names.__getitem__)
    if order == list(range(len(names))):
        return names, indices
    place = np.zeros(max(1, len(names)), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return tuple(names[each] for each in order), place[indices]
