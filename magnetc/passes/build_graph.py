"""Build the local dependency graph: declared links, edges that judges voted for, typed edges, and tools that read alike.

Before: tools and types of a spec, its links and unlinks, and what `magnetc.lock` keeps of judges and models.

    tool get_zipcode(city: City) -> {zipcode: ZipCode}
    tool get_distance(origin: ZipCode, destination: ZipCode) -> {distance: Miles}
    link authenticate ~> get_distance

After: one edge from one tool to another, with the values that may flow along it.

    edge get_zipcode -> get_distance full typed 1.0 { /zipcode -> destination, /zipcode -> origin }
    edge authenticate -> get_distance prerequisite declared 1.0 { }

An edge found in several ways keeps them all. The strongest, in the order of `ORIGINS`, gives its confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.graph import KINDS, ORIGINS, EdgeKind, LocalDependencyGraph
from magnetc.ir.spec import Spec
from magnetc.passes.candidates import Candidates, Places, distinct
from magnetc.passes.producers import Producers
from magnetc.passes.semantic import semantic

PREREQUISITE, PARTIAL, FULL = (KINDS.index(kind) for kind in (EdgeKind.PREREQUISITE, EdgeKind.PARTIAL, EdgeKind.FULL))


@dataclass(frozen=True, slots=True)
class BuildGraph:
    """Spec -> LocalDependencyGraph (Magnet §3.1; its judge is one of several ways here). O(tools + candidate edges)."""

    name: str = "build-graph"
    version: str = "2"

    def run(self, spec: Spec) -> LocalDependencyGraph:
        """Edges in sorted order. Unlinks win over links, links over judges, judges over types; no tool has an edge to itself."""
        producers = Producers(spec)
        places = Places(spec, producers)
        found = {"declared": _declared(spec, places), "judged": _judged(spec, places),
                 "typed": _typed(spec, places, producers), "semantic": semantic(spec, places)}
        return _assembled(spec, places, [found[origin] for origin in ORIGINS])


def _declared(spec: Spec, places: Places) -> Candidates:
    links = spec.graph.links
    return places.candidates([(link.source, link.target, 1.0) for link in links],
                             [(link.source, link.target, link.pointer, link.parameter) for link in links if link.parameter])


def _judged(spec: Spec, places: Places) -> Candidates:
    votes = [each for each in spec.graph.votes if each.kind != "none"] if spec.graph.inference("judged") else []
    found = places.candidates([(each.source, each.target, each.confidence) for each in votes],
                              [(each.source, each.target, *value) for each in votes for value in each.values])
    kind = {places.pair(each.source, each.target): KINDS.index(EdgeKind(each.kind)) for each in votes}
    return found.with_kinds(np.array([kind[pair] for pair in found.pairs.tolist()], np.int64))


def _typed(spec: Spec, places: Places, producers: Producers) -> Candidates:
    inference = spec.graph.inference("typed")
    if inference is None:
        return places.candidates((), ())
    rows, found = producers.flows(places.keys, places.takers, places.names, inference.top or None)
    pairs = producers.place_tools[found].astype(np.int64) * len(places.tools) + places.takers[rows]
    return Candidates.certain(pairs, producers.place_pointers[found].astype(np.int64), rows)


def _assembled(spec: Spec, places: Places, found: list[Candidates]) -> LocalDependencyGraph:
    """One graph of what was found in each way of `ORIGINS`."""
    count = len(places.tools)
    edges = distinct(np.concatenate([each.pairs for each in found]))
    edges = edges[(edges // count != edges % count) & ~np.isin(edges, places.pairs(spec.graph.unlinks))]
    edges = edges[~np.isin(edges, np.setdiff1d(_refused(spec, places), found[0].pairs))]
    origins, best = np.zeros(len(edges), np.uint8), np.full(len(edges), len(ORIGINS))
    confidences, judged = np.ones(len(edges)), np.full(len(edges), -1)
    for rank in reversed(range(len(found))):
        at, is_edge = _at(edges, found[rank].pairs)
        origins[at] |= 1 << rank
        best[at] = rank
        confidences[at] = found[rank].confidences[is_edge]
        judged[at] = found[rank].kinds[is_edge]
    pointers, order = places.sorted_pointers()
    flows = _flows(edges, best, judged, found, order, places)
    at, pointer, local = flows
    rows = places.first[edges[at] % count] + local
    kinds = np.where(best == ORIGINS.index("judged"), judged, _kinds(edges % count, at, rows, places))
    return LocalDependencyGraph(
        nodes=places.tools,
        sources=(edges // count).astype(np.int32),
        targets=(edges % count).astype(np.int32),
        kinds=kinds.astype(np.uint8),
        origins=origins,
        confidences=confidences,
        flow_offsets=np.searchsorted(at, np.arange(len(edges) + 1)).astype(np.int64),
        flow_pointers=pointer.astype(np.int32),
        flow_parameters=places.name_ids[rows].astype(np.int32),
        pointers=pointers,
        parameters=places.distinct_names,
    )


def _refused(spec: Spec, places: Places) -> NDArray[np.int64]:
    """The pairs of tools of which most judges said that nothing joins them."""
    votes = spec.graph.votes if spec.graph.inference("judged") else ()
    return places.pairs((each.source, each.target) for each in votes if each.kind == "none")


def _flows(edges: NDArray[np.int64], best: NDArray[np.int64], judged: NDArray[np.int64], found: list[Candidates],
           order: NDArray[np.int64], places: Places) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(edge, pointer, parameter within its tool) of every value, sorted.

    What only reads alike counts where nothing stronger was found; along an order that judges found, no value flows.
    """
    pointer_count, widest = max(1, len(order)), max(1, places.widest)
    is_order = (best == ORIGINS.index("judged")) & (judged == PREREQUISITE)
    made = []
    for rank, each in enumerate(found):
        # Sorted here, so that the search below goes through the edges in their order: a third of the time.
        keys = np.sort((each.flow_pairs * pointer_count + order[each.flow_pointers]) * widest + places.local[each.flow_rows])
        at, is_edge = _at(edges, keys // (pointer_count * widest))
        made.append(keys[is_edge][~is_order[at] & ((ORIGINS[rank] != "semantic") | (best[at] == rank))])
    keys = distinct(np.concatenate(made))
    at = np.searchsorted(edges, keys // (pointer_count * widest))
    return at, keys // widest % pointer_count, keys % widest


def _kinds(targets: NDArray[np.int64], at: NDArray[np.int64], rows: NDArray[np.int64], places: Places) -> NDArray[np.int64]:
    """What the values of each edge make of it, by how many required parameters of its target they give."""
    needed = places.required[rows]
    given = distinct(at[needed] * max(1, len(places.required)) + rows[needed]) // max(1, len(places.required))
    covered = np.bincount(given, minlength=len(targets))
    wanted = places.wanted[targets]
    kinds = np.where((wanted > 0) & (covered == wanted), FULL, PARTIAL)
    return np.where(np.bincount(at, minlength=len(targets)) > 0, kinds, PREREQUISITE)


def _at(edges: NDArray[np.int64], pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where pairs stand among the edges, for those that do, and which do."""
    at = np.searchsorted(edges, pairs)
    is_edge = at < len(edges)
    is_edge[is_edge] = edges[at[is_edge]] == pairs[is_edge]
    return at[is_edge], is_edge
