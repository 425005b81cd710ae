"""A dependency graph in DOT, the language of Graphviz."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from magnetc.emit.edge_reasons import dotted
from magnetc.ir.graph import Edge, EdgeKind

KINDS = {
    EdgeKind.FULL: "style=solid penwidth=2",
    EdgeKind.PARTIAL: "style=solid penwidth=1",
    EdgeKind.PREREQUISITE: "style=dashed penwidth=1 arrowhead=empty",
}
"""Attributes of an edge by its kind."""

ORIGINS = {"declared": "#2f7ed8", "judged": "#d9822b", "typed": "#7b828c", "semantic": "#2ca089"}
"""Colour of an edge by its origin, seen on light and on dark paper."""

OTHER = "#b04a8f"
"""Of an origin that has no colour of its own."""


def dot(name: str, nodes: Iterable[str], edges: Iterable[Edge], category: Mapping[str, str]) -> str:
    """A digraph: tools in a cluster for each `category`, edges styled by kind and coloured by origin.

    What flows along an edge is its tooltip, which SVG shows.
    """
    clusters: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        clusters[category.get(node, "")].append(node)
    lines = [f"digraph {quoted(name)} {{", "  rankdir=LR", "  node [shape=box style=rounded fontname=\"sans-serif\" fontsize=11]"]
    for number, group in enumerate(sorted(clusters)):
        inner = [f"{quoted(node)}" for node in clusters[group]]
        if group:
            lines += [f"  subgraph cluster_{number} {{", f"    label={quoted(group)} color=\"#bbbbbb\"",
                      *(f"    {node}" for node in inner), "  }"]
        else:
            lines += [f"  {node}" for node in inner]
    lines += [_edge(edge) for edge in edges]
    return "\n".join(lines) + "\n}\n"


def quoted(text: str) -> str:
    """`text` as a quoted DOT string that is shown as it is: a backslash would begin an escape."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{escaped}"'


def _edge(edge: Edge) -> str:
    values = ", ".join(f"{dotted(flow.pointer)} -> {flow.parameter}" for flow in edge.values)
    tip = f"{edge.kind}, {' and '.join((edge.origin, *edge.also))}, {edge.confidence:g}" + (f": {values}" if values else "")
    color = ORIGINS.get(edge.origin, OTHER)
    return f"  {quoted(edge.source)} -> {quoted(edge.target)} [{KINDS[edge.kind]} color=\"{color}\" tooltip={quoted(tip)}]"
