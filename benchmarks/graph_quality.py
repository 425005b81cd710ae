"""How good a recipe's dependency graph is, on BFCL's functions.

    python benchmarks/graph_quality.py RECIPE [--documents SITE_PACKAGES]

Compares the graph of the recipe with pairs labelled one by one (`tests/data/bfcl_edges.yaml`) and with what BFCL's ground truths
take from earlier results (`tests/data/bfcl_truth_pairs.yaml`). Beside it stands the graph that the function documents alone
give: a result field and a parameter of the same name and JSON type. Pairs with a function that the recipe lacks are left
out and counted. SITE_PACKAGES holds `bfcl_eval`; without it the pinned environment is made.

    edges       precision and recall of there being an edge, on the labelled pairs; `sure` where no label is in doubt
    values      recall of true pairs through which a value flows, prerequisites of those where none does
    kinds       of (pair, kind): right ones among the graph's, and among the labels'
    flows       of (pair, parameter, place): right ones among the graph's, and labelled parameters that have a right one
    truth       recall of the ground truths' (pair, parameter): as they are, and weighted by how often they occur
    whole       the same for values that are the argument itself or a key, not a piece cut out of a text

The negatives were chosen to be hard: precision is that of a hard sample, not of all pairs of functions.
Edges between unlabelled pairs are not judged at all; the first lines say how many there are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_labels import Label, Truth, read_labels, read_truths

from magnetc.build.compile import compile_recipe
from magnetc.build.lock import find_site_packages
from magnetc.diagnostics import Sink
from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers.bfcl import DOCUMENTS

PACKAGES = ("bfcl-eval==2026.3.23", "mpmath==1.3.0")
FILES = ("gorilla_file_system", "math_api", "message_api", "posting_api", "ticket_api", "trading_bot", "travel_booking",
         "vehicle_control")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Right ones among the graph's (`right` of `found`) and among those wanted (`hit` of `wanted`); None: not asked."""

    right: int = 0
    found: int | None = None
    hit: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.hit / self.wanted if self.wanted else None


def score(graph: LocalDependencyGraph, labels: Sequence[Label], truths: Sequence[Truth]) -> dict[str, Score]:
    """All scores of a graph by name. Every pair must be of its nodes."""
    flowing = [label for label in labels if label.edge and label.kind is not EdgeKind.PREREQUISITE]
    ordered = [label for label in labels if label.kind is EdgeKind.PREREQUISITE]
    whole = [truth for truth in truths if truth.whole]
    return {
        "edges": _edges(graph, labels),
        "edges, sure": _edges(graph, [label for label in labels if label.sure]),
        "values": _pairs(graph, flowing),
        "prerequisites": _pairs(graph, ordered),
        "kinds": _kinds(graph, labels),
        "flows": _flows(graph, labels),
        "truth": _truths(graph, truths, weighted=False),
        "truth, by calls": _truths(graph, truths, weighted=True),
        "whole": _truths(graph, whole, weighted=False),
        "whole, by calls": _truths(graph, whole, weighted=True),
    }


def covered(pairs: Sequence[Any], nodes: Sequence[str]) -> list[Any]:
    known = frozenset(nodes)
    return [pair for pair in pairs if pair.source in known and pair.target in known]


def _edges(graph: LocalDependencyGraph, labels: Sequence[Label]) -> Score:
    found = [label for label in labels if (label.source, label.target) in graph.edge]
    right = sum(label.edge for label in found)
    return Score(right=right, found=len(found), hit=right, wanted=sum(label.edge for label in labels))


def _pairs(graph: LocalDependencyGraph, labels: Sequence[Label]) -> Score:
    return Score(hit=sum((label.source, label.target) in graph.edge for label in labels), wanted=len(labels))


def _kinds(graph: LocalDependencyGraph, labels: Sequence[Label]) -> Score:
    found = [(label, graph.edge[label.source, label.target]) for label in labels if (label.source, label.target) in graph.edge]
    right = sum(label.has_kind(edge.kind) for label, edge in found)
    return Score(right=right, found=len(found), hit=right, wanted=sum(label.edge for label in labels))


def _flows(graph: LocalDependencyGraph, labels: Sequence[Label]) -> Score:
    right = found = hit = wanted = 0
    for label in labels:
        edge = graph.edge.get((label.source, label.target))
        flows = [flow for flow in edge.values if flow.parameter not in label.also] if edge else []
        good = [flow for flow in flows if label.has_flow(flow)]
        right, found = right + len(good), found + len(flows)
        hit, wanted = hit + len({flow.parameter for flow in good}), wanted + len(label.values)
    return Score(right=right, found=found, hit=hit, wanted=wanted)


def _truths(graph: LocalDependencyGraph, truths: Sequence[Truth], *, weighted: bool) -> Score:
    hit = wanted = 0
    for truth in truths:
        edge = graph.edge.get((truth.source, truth.target))
        weight = truth.calls if weighted else 1
        wanted += weight
        hit += weight * any(flow.parameter == truth.parameter for flow in edge.values) if edge else 0
    return Score(hit=hit, wanted=wanted)


def name_graph(documents: Sequence[Mapping[str, Any]]) -> LocalDependencyGraph:
    """The baseline: an edge where a result field and a parameter have the same name and the same JSON type."""
    edges = []
    for source in documents:
        fields = list(_fields((source.get("response") or {}).get("properties", {}), ""))
        for target in documents:
            flows = {ValueFlow(at, name) for name, schema in target["parameters"]["properties"].items()
                     for at, field, kind in fields if field == name and kind == schema["type"]}
            if flows and source is not target:
                required = set(target["parameters"].get("required", ()))
                full = required and required <= {flow.parameter for flow in flows}
                edges.append(Edge(source=source["name"], target=target["name"], values=tuple(sorted(flows)),
                                  kind=EdgeKind.FULL if full else EdgeKind.PARTIAL, origin="typed"))
    return LocalDependencyGraph.of((document["name"] for document in documents), edges)


def _fields(properties: Mapping[str, Any], at: str) -> Iterator[tuple[str, str, str]]:
    """(pointer pattern, name, JSON type) of each field of a result, nested ones too."""
    for name, schema in properties.items():
        own = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        yield own, name, schema["type"]
        yield from _fields(schema.get("properties", {}), own)
        yield from _fields((schema.get("items") or {}).get("properties", {}), f"{own}/*")


def read_documents(site_packages: Path) -> list[dict[str, Any]]:
    """The function documents of the multi-turn backends."""
    return [json.loads(line) for name in FILES
            for line in (site_packages / DOCUMENTS / f"{name}.json").read_text(encoding="utf-8").splitlines()]


def table(columns: Mapping[str, Mapping[str, Score]]) -> str:
    """Precision and recall of each graph, in per cent, with the counts behind them."""
    names = list(next(iter(columns.values())))
    lines = ["".join([f"{'':16}", *(f"{title:>40}" for title in columns)]),
             "".join([f"{'':16}", *(f"{'precision':>20}{'recall':>20}" for _ in columns)])]
    for name in names:
        cells = []
        for scores in columns.values():
            own = scores[name]
            cells += [_cell(own.precision, own.right, own.found or 0), _cell(own.recall, own.hit, own.wanted)]
        lines.append("".join([f"{name:16}", *(f"{cell:>20}" for cell in cells)]))
    return "\n".join(lines)


def _cell(share: float | None, part: int, whole: int) -> str:
    return "-" if share is None else f"{100 * share:.1f} % ({part}/{whole})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--documents", type=Path, metavar="SITE_PACKAGES")
    options = parser.parse_args()
    sink = Sink()
    context = compile_recipe(options.recipe, sink)
    if context is None:
        sys.exit("\n".join(f"{diagnostic.code}: {diagnostic.message}" for diagnostic in sink.diagnostics))
    place = options.documents or find_site_packages(ensure_environment(PACKAGES, lambda text: print(text, file=sys.stderr)))
    graph, names = context.graph, name_graph(read_documents(place))
    labels, truths = read_labels(), read_truths()
    own, seen = covered(labels, graph.nodes), covered(truths, graph.nodes)
    print(f"{len(graph.nodes)} functions, {len(graph.edges)} edges; by names {len(names.edges)} edges of {len(names.nodes)}")
    judged = {(label.source, label.target) for label in own} & set(graph.edge)
    print(f"{len(judged)} of the graph's edges are labelled, {len(graph.edges) - len(judged)} are not judged; {len(own)} of {len(labels)} labelled pairs and {len(seen)} of {len(truths)} truth pairs are covered\n")
    columns = {str(options.recipe): score(graph, own, seen), "names and types": score(names, own, seen)}
    if len(own) < len(labels):
        columns["names and types, all pairs"] = score(names, labels, truths)
    print(table(columns))


if __name__ == "__main__":
    main()
