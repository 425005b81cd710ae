"""Where the tools of a graph stand on a page, and how edges run between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import atan2, hypot, pi

from magnetc.ir.graph import Edge

Point = tuple[float, float]

STEPS = 12
"""Straight pieces that an edge is drawn of."""

BEND = 0.14
"""How far an edge leaves the straight line, in parts of its length: so that one and the one back stay apart."""

HEAD = 0.6
"""How far along an edge its arrowhead stands: between the tools, where it is seen at any zoom."""

RANKED = 0.6
"""What a tool's rank counts for its place."""

SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line from one tool to another. `angle`, in radians, turns an upright triangle at `head` the way it runs."""

    xs: list[float]
    ys: list[float]
    head: Point
    angle: float


def layout(nodes: Iterable[str], edges: Iterable[Edge], category: Mapping[str, str]) -> dict[str, Point]:
    """A place for each tool in [-1, 1]²: tools with edges between them near to each other, more so within a category.

    The same graph has the same layout. Needs networkx.
    """
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(nodes)
    for edge in edges:
        graph.add_edge(edge.source, edge.target, weight=2.0 if category[edge.source] == category[edge.target] else 0.5)
    count = max(1, len(graph))
    places = networkx.spring_layout(graph, k=3.2 / count**0.5, iterations=200, seed=SEED, method="force")
    return _spread({name: (float(x), float(y)) for name, (x, y) in places.items()})


def _spread(places: dict[str, Point]) -> dict[str, Point]:
    """Places in [-1, 1]², axis by axis between where a tool stands and its rank: far outliers leave room for the crowd."""
    axes = [_eased([place[axis] for place in places.values()]) for axis in (0, 1)]
    return dict(zip(places, zip(*axes)))


def _eased(column: list[float]) -> list[float]:
    low, high = min(column, default=0.0), max(column, default=0.0)
    if high <= low:
        return [0.0 for _ in column]
    rank = {index: place for place, index in enumerate(sorted(range(len(column)), key=column.__getitem__))}
    return [(1 - RANKED) * (2 * (value - low) / (high - low) - 1) + RANKED * (2 * rank[index] / (len(column) - 1) - 1)
            for index, value in enumerate(column)]


def curve(start: Point, end: Point) -> Curve:
    """A line that bends to one side of its direction."""
    (x0, y0), (x1, y1) = start, end
    bent = ((x0 + x1) / 2 - BEND * (y1 - y0), (y0 + y1) / 2 + BEND * (x1 - x0))
    points = [_at(start, bent, end, step / STEPS) for step in range(STEPS + 1)]
    before, head, after = (_at(start, bent, end, HEAD + by) for by in (-0.02, 0, 0.02))
    return Curve(xs=[x for x, _ in points], ys=[y for _, y in points], head=head,
                 angle=atan2(after[1] - before[1], after[0] - before[0]) - pi / 2 if hypot(x1 - x0, y1 - y0) else 0.0)


def _at(start: Point, bent: Point, end: Point, t: float) -> Point:
    """A quadratic Bézier curve at `t`."""
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * start[0] + b * bent[0] + c * end[0], a * start[1] + b * bent[1] + c * end[1]
