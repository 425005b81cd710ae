"""Wheel: where tools and edges of a graph stand in a drawing, on a circle, with no library and the same on every machine.

Tools stand by category, near to those that they exchange values with; an edge is a curve that bends towards the middle. A drawing
has the tools with most edges, up to `TOOLS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

TOOLS, EDGES = 120, 1500
"""The most that is drawn: more is not read."""

RADIUS, LETTER = 250, 7.4
SWEEPS = 24
BEND = 0.28
"""How far from the middle an edge bends, in parts of where its straight line would pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """A tool: its place, and its name's: turned by `angle` degrees, `flipped` on the left, where it would stand on its head."""

    name: str
    calls: int
    x: float
    y: float
    angle: float
    flipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """An edge. `times`: how many times it is taken; `why` it is not."""

    source: str
    target: str
    kind: str
    flows: str
    times: int
    why: str
    path: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """`left_out` counts tools and edges that are not drawn."""

    spokes: tuple[Spoke, ...]
    chords: tuple[Chord, ...]
    left_out: tuple[int, int]
    half: int


def wheel(graph: Mapping[str, Any], coverage: Mapping[str, Any], calls: Mapping[str, int], category: Mapping[str, str]) -> Wheel:
    """The drawing of `graph.json`, with what `coverage.json` says of its edges; `calls` by tool."""
    degree = Counter(end for edge in graph["edges"] for end in (edge["source"], edge["target"]))
    names = sorted((node["id"] for node in graph["nodes"]), key=lambda name: (-degree[name], name))[:TOOLS]
    known = set(names)
    edges = [edge for edge in graph["edges"] if edge["source"] in known and edge["target"] in known]
    times = coverage.get("edges", {}).get("times", {})
    edges = sorted(edges, key=lambda edge: (-times.get(_name(edge), 0), _name(edge)))[:EDGES]
    why = {each["name"]: each["why"] for member in ("missed", "out_of_reach") for each in coverage.get("edges", {}).get(member, ())}
    place = _places(_order(names, edges, category))
    most = max(times.values(), default=1)
    margin = 20 + round(LETTER * max(map(len, names), default=0))
    return Wheel(
        half=RADIUS + margin,
        spokes=tuple(_spoke(name, calls.get(name, 0), turn) for name, turn in place.items()),
        chords=tuple(_chord(edge, times.get(_name(edge), 0), why.get(_name(edge), ""), place, most) for edge in edges),
        left_out=(len(graph["nodes"]) - len(names), len(graph["edges"]) - len(edges)))


def _name(edge: Mapping[str, Any]) -> str:
    return f"{edge['source']} -> {edge['target']}"


def _order(names: Sequence[str], edges: Sequence[Mapping[str, Any]], category: Mapping[str, str]) -> list[str]:
    """Categories by name, and in each the tools by where their neighbours stand, on average, again and again."""
    order = sorted(names, key=lambda name: (category.get(name, ""), name))
    near: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        near[edge["source"]].append(edge["target"])
        near[edge["target"]].append(edge["source"])
    for _ in range(SWEEPS):
        at = {name: place for place, name in enumerate(order)}

        def middle(name: str, at: Mapping[str, int] = at) -> float:
            return (at[name] + sum(at[other] for other in near[name])) / (1 + len(near[name]))

        order.sort(key=lambda name: (category.get(name, ""), middle(name), name))
    return order


def _places(order: Sequence[str]) -> dict[str, float]:
    """The angle of each, from the top, in parts of a turn."""
    return {name: place / len(order) for place, name in enumerate(order)}


def _point(turn: float, radius: float) -> tuple[float, float]:
    return round(radius * sin(2 * pi * turn), 1) + 0.0, round(-radius * cos(2 * pi * turn), 1) + 0.0


def _spoke(name: str, calls: int, turn: float) -> Spoke:
    x, y = _point(turn, RADIUS)
    flipped = turn > 0.5
    return Spoke(name=name, calls=calls, x=x, y=y, angle=round(360 * turn - 90 - 180 * flipped, 2), flipped=flipped)


def _chord(edge: Mapping[str, Any], times: int, why: str, place: Mapping[str, float], most: int) -> Chord:
    (x0, y0), (x1, y1) = (_point(place[edge[end]], RADIUS - 8) for end in ("source", "target"))
    bent = (round(BEND * (x0 + x1) / 2, 1), round(BEND * (y0 + y1) / 2, 1))
    flows = ", ".join(f"{flow['at']} → {flow['parameter']}" for flow in edge["values"]) or "order only"
    return Chord(source=edge["source"], target=edge["target"], kind=edge["kind"], flows=flows, times=times, why=why,
                 path=f"M{x0},{y0}Q{bent[0]},{bent[1]} {x1},{y1}", width=round(0.8 + 2.4 * (times / most) ** 0.5, 1) if times else 0.8)
