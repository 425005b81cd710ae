"""What a page shows of a graph: which tools and edges, and the columns that are drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.emit.dot import ORIGINS, OTHER
from magnetc.emit.graph_layout import Point, curve
from magnetc.emit.why import flow_text, probed_text
from magnetc.ir.graph import Edge, EdgeKind
from magnetc.ir.signature import FunctionSignature

TOOLS, EDGES = 300, 2000
"""The most that a page shows: more is neither read nor drawn quickly."""

LABELS = 60
"""How many names are shown at once: those of the tools in view with the most edges."""

DASHES = {EdgeKind.FULL: ("solid", 2.4), EdgeKind.PARTIAL: ("solid", 1.1), EdgeKind.PREREQUISITE: ("dashed", 1.4)}
"""Dash and width of an edge by its kind."""

OPACITY = 0.65
"""Of an edge, while no tool is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The part of a graph that a page shows, and its title, which says what is left out."""

    title: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]


def picture(name: str, nodes: Sequence[str], edges: Sequence[Edge], *, tools: int = TOOLS, most: int = EDGES) -> Picture:
    """At most `tools` nodes, those with the most edges, and `most` edges between them: of each tool in turn, its surest."""
    degree = degrees(edges)
    kept = set(sorted(nodes, key=lambda node: (-degree[node], node))[:tools])
    between = [edge for edge in edges if edge.source in kept and edge.target in kept]
    if len(between) > most:
        turns: Counter[str] = Counter()
        ranked: list[tuple[int, str, str, Edge]] = []
        for edge in sorted(between, key=lambda edge: (-edge.confidence, edge.kind, edge.source, edge.target)):
            ranked.append((turns[edge.source], edge.source, edge.target, edge))
            turns[edge.source] += 1
        between = [edge for *_, edge in sorted(ranked, key=lambda item: item[:3])[:most]]
    title = f"{name}: {_part(len(kept), len(nodes), 'tool')}, {_part(len(between), len(edges), 'edge')}"
    return Picture(title=title, nodes=tuple(node for node in nodes if node in kept), edges=tuple(between))


def degrees(edges: Sequence[Edge]) -> Counter[str]:
    """How many edges each tool has, in both directions."""
    return Counter(end for edge in edges for end in (edge.source, edge.target))


def node_columns(shown: Picture, tool: Mapping[str, FunctionSignature], places: Mapping[str, Point],
                 palette: Sequence[str]) -> dict[str, Any]:
    """A row a tool. `order` is its rank by edges, which decides whose name is shown first."""
    degree = degrees(shown.edges)
    order = {name: rank for rank, name in enumerate(sorted(shown.nodes, key=lambda name: (-degree[name], name)))}
    categories = sorted({tool[name].category for name in shown.nodes})
    color = {name: palette[index % len(palette)] for index, name in enumerate(categories)}
    return {
        "name": list(shown.nodes),
        "x": [places[name][0] for name in shown.nodes],
        "y": [places[name][1] for name in shown.nodes],
        "description": [tool[name].description for name in shown.nodes],
        "category": [tool[name].category for name in shown.nodes],
        "color": [color[tool[name].category] for name in shown.nodes],
        "order": [order[name] for name in shown.nodes],
        "edges": [degree[name] for name in shown.nodes],
        "size": [(9 if len(shown.nodes) <= 100 else 6) + 1.6 * min(degree[name], 60) ** 0.5 for name in shown.nodes],
        "alpha": [1.0] * len(shown.nodes),
        "ink": ["#1c1c1c"] * len(shown.nodes),
        "label_alpha": [1.0 * (order[name] < LABELS) for name in shown.nodes],
    }


def edge_columns(shown: Picture, places: Mapping[str, Point]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row an edge, and a row for the arrowhead on each."""
    lines = [curve(places[edge.source], places[edge.target]) for edge in shown.edges]
    colors = [ORIGINS.get(edge.origin, OTHER) for edge in shown.edges]
    faded = [OPACITY] * len(lines)
    edges = {
        "xs": [line.xs for line in lines],
        "ys": [line.ys for line in lines],
        "source": [edge.source for edge in shown.edges],
        "target": [edge.target for edge in shown.edges],
        "kind": [edge.kind.value for edge in shown.edges],
        "origin": ["+".join((edge.origin, *edge.also)) for edge in shown.edges],
        "confidence": [edge.confidence for edge in shown.edges],
        "probed": [probed_text(edge) for edge in shown.edges],
        "values": [flow_text(edge) or "order only" for edge in shown.edges],
        "dash": [DASHES[edge.kind][0] for edge in shown.edges],
        "width": [DASHES[edge.kind][1] for edge in shown.edges],
        "color": colors,
        "alpha": faded,
    }
    heads = {"x": [line.head[0] for line in lines], "y": [line.head[1] for line in lines],
             "angle": [line.angle for line in lines], "color": colors, "alpha": faded}
    return edges, heads


def _part(shown: int, whole: int, noun: str) -> str:
    some = f"{noun}{'s' * (whole != 1)}"
    return f"{whole:,} {some}" if shown == whole else f"{shown:,} of {whole:,} {some}"
