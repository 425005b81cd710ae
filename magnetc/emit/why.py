"""EdgeReasons for people and as JSON: each fact with its file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.render.place import place
from magnetc.emit.edge_reasons import EdgeReasons, dotted
from magnetc.emit.graph import edge_document
from magnetc.emit.near_miss import Ground
from magnetc.ir.graph import Edge
from magnetc.ir.json import Json


@dataclass(frozen=True, slots=True)
class Places:
    """Turns the origins of facts into places. `prefix` is the path of the recipe folder, put before its files' names."""

    sink: Sink
    prefix: str = ""

    def of(self, ground: Ground) -> tuple[str, int, int] | None:
        """(path, line, column), both from 1; None for a fact that is written nowhere."""
        if ground.at is None:
            return None
        shipped = ground.at.file.startswith("std/")
        found = place(Label(ground.at, at_key=ground.at_key), self.sink, "" if shipped else self.prefix)
        return (found.path, found.line, found.column) if found else None


def why_text(reasons: EdgeReasons, places: Places) -> str:
    """The reasons as a page of text, newline at the end."""
    edge = reasons.edge
    arrow = f"{reasons.source} -> {reasons.target}"
    if edge is None:
        lines = [f"no edge {arrow}", *_grounds(reasons.grounds, places)]
    else:
        found = " and ".join((edge.origin, *edge.also))
        lines = [f"edge {arrow}: {edge.kind}, {found}, confidence {edge.confidence:g}{probed_text(edge, ', ')}", *_grounds(reasons.grounds, places)]
    for value in reasons.values:
        lines += ["", f"  {dotted(value.at)} -> {value.parameter}", *_grounds(value.grounds, places)]
    if edge is None and reasons.source != reasons.target:
        lines += ["", *_chain(reasons.chain, reasons.target)]
    if reasons.advice:
        lines += ["", f"if the value does flow there, declare it in a graph: {reasons.advice}"]
    return "\n".join(lines) + "\n"


def why_document(reasons: EdgeReasons, places: Places) -> Json:
    """The reasons as JSON."""
    return {
        "source": reasons.source,
        "target": reasons.target,
        "edge": edge_document(reasons.edge) if reasons.edge else None,
        "grounds": [_document(ground, places) for ground in reasons.grounds],
        "values": [{"at": value.at, "parameter": value.parameter, "grounds": [_document(g, places) for g in value.grounds]}
                   for value in reasons.values],
        "chain": [edge_document(edge) for edge in reasons.chain],
        "link": reasons.advice or None,
    }


def flow_text(edge: Edge) -> str:
    """What flows along an edge: `field -> parameter`, comma separated."""
    return ", ".join(f"{dotted(flow.pointer)} -> {flow.parameter}" for flow in edge.values)


def probed_text(edge: Edge, before: str = "") -> str:
    """What executing both tools said of an edge: proven, refuted, or nothing."""
    return "" if edge.proven is None else before + ("proven" if edge.proven else "refuted")


def _grounds(grounds: Iterable[Ground], places: Places) -> list[str]:
    return [f"    {f'{at[0]}:{at[1]}:{at[2]}: ' if (at := places.of(ground)) else ''}{ground.text}" for ground in grounds]


def _chain(chain: tuple[Edge, ...], target: str) -> list[str]:
    if not chain:
        return [f"no chain of other tools leads to {target} either"]
    lines = [f"the shortest chain has {len(chain)} edges"]
    return lines + [f"    {edge.source} -> {edge.target}: {flow_text(edge) or 'order only'}" for edge in chain]


def _document(ground: Ground, places: Places) -> Json:
    at = places.of(ground)
    return {"text": ground.text, **({"file": at[0], "line": at[1], "column": at[2]} if at else {})}
