"""What a dependency graph of BFCL's functions is compared with: pairs labelled one by one, and what the ground truths do.

The files `tests/data/bfcl_edges.yaml` and `tests/data/bfcl_truth_pairs.yaml` say at their heads how they were made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from magnetc.ir.graph import EdgeKind, ValueFlow
from magnetc.ir.pointer import tokens

DATA = Path(__file__).parents[1] / "tests" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A labelled pair: `values` are the right places of each parameter, `also` the parameters where a flow is neutral."""

    source: str
    target: str
    edge: bool
    kind: EdgeKind | None = None
    values: Mapping[str, tuple[str, ...]]
    also: frozenset[str] = frozenset()
    sure: bool = True
    easy: bool = False
    why: str = ""

    def has_kind(self, kind: EdgeKind) -> bool:
        """Whether an edge of `kind` is right. Full and partial both are where a required parameter is neutral."""
        return kind is self.kind or bool(self.edge and self.also and EdgeKind.PREREQUISITE not in (kind, self.kind))

    def has_flow(self, flow: ValueFlow) -> bool:
        return any(same_place(flow.pointer, at) for at in self.values.get(flow.parameter, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A parameter that the ground truths fill from an earlier result: `whole` as it stands there, `calls` times."""

    source: str
    target: str
    parameter: str
    whole: bool
    calls: int


def same_place(one: str, other: str) -> bool:
    """Whether two pointer patterns name the same place: `*` apart, one ends in the other.

    Documents and implementations wrap results differently: /user_tweets/*/id is /*/id, /status/fuelLevel is /fuelLevel.
    """
    left, right = ([token for token in tokens(at) if token != "*"] for at in (one, other))
    size = min(len(left), len(right))
    return left[-size:] == right[-size:] if size else left == right


def read_labels(path: Path = DATA / "bfcl_edges.yaml") -> list[Label]:
    labels = []
    for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
        values = {name: (at,) if isinstance(at, str) else tuple(at) for name, at in entry.pop("values", {}).items()}
        kind = EdgeKind(entry.pop("kind")) if "kind" in entry else None
        labels.append(Label(**entry | {"values": values, "kind": kind, "also": frozenset(entry.get("also", ()))}))
    return labels


def read_truths(path: Path = DATA / "bfcl_truth_pairs.yaml") -> list[Truth]:
    """One truth for each (source, target, parameter): its places in the result are added up."""
    found: dict[tuple[str, str, str], Truth] = {}
    for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
        key = (entry["source"], entry["target"], entry["parameter"])
        before = found.get(key)
        found[key] = Truth(source=key[0], target=key[1], parameter=key[2],
                           whole=entry["as"] != "part" or bool(before and before.whole),
                           calls=entry["calls"] + (before.calls if before else 0))
    return list(found.values())
