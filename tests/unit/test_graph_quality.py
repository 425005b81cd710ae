"""Scores of a dependency graph against labels and ground truths."""

import json
from pathlib import Path

import pytest
from graph_labels import Label, Truth, read_labels, read_truths, same_place
from graph_quality import covered, name_graph, score, table

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow

ROOT = Path(__file__).parents[2]


def label(source, target, edge=True, **more):
    return Label(source=source, target=target, edge=edge, values=more.pop("values", {}), **more)


def edge(source, target, kind, *flows):
    return Edge(source=source, target=target, kind=EdgeKind(kind), values=tuple(ValueFlow(*flow) for flow in flows))


GRAPH = LocalDependencyGraph.of(nodes=("book", "cancel", "find", "login", "pay"), edges=(
    edge("book", "cancel", "full", ("/id", "booking")),
    edge("find", "book", "full", ("/hits/*/code", "flight"), ("/hits/*/price", "token")),
    edge("book", "login", "partial", ("/name", "name")),
))
LABELS = [
    label("book", "cancel", kind=EdgeKind.PARTIAL, values={"booking": ("/booking/id",)}),
    label("find", "book", kind=EdgeKind.PARTIAL, values={"flight": ("/code",), "day": ("/day",)}, also=frozenset({"token"})),
    label("login", "pay", kind=EdgeKind.PREREQUISITE, sure=False),
    label("book", "login", False),
    label("pay", "find", False, easy=True),
]
TRUTHS = [Truth(source="book", target="cancel", parameter="booking", whole=True, calls=9),
          Truth(source="find", target="book", parameter="day", whole=False, calls=1)]


def found(name):
    own = score(GRAPH, LABELS, TRUTHS)[name]
    return own.right, own.found, own.hit, own.wanted


@pytest.mark.parametrize(("name", "expected"), [
    ("edges", (2, 3, 2, 3)),
    ("edges, sure", (2, 3, 2, 2)),
    ("values", (0, None, 2, 2)),
    ("prerequisites", (0, None, 0, 1)),
    ("kinds", (1, 3, 1, 3)),
    ("flows", (2, 3, 2, 3)),
    ("truth", (0, None, 1, 2)),
    ("truth, by calls", (0, None, 9, 10)),
    ("whole, by calls", (0, None, 9, 9)),
])
def test_scores_of_a_small_graph(name, expected):
    assert found(name) == expected


def test_nothing_found_and_nothing_wanted_has_no_share():
    empty = score(LocalDependencyGraph.of(GRAPH.nodes, ()), [], [])["edges"]
    assert (empty.precision, empty.recall) == (None, None)
    assert "-" in table({"empty": {"edges": empty}})
    assert "66.7 % (2/3)" in table({"small": score(GRAPH, LABELS, TRUTHS)})


def test_pairs_with_a_function_that_the_graph_lacks_are_left_out():
    assert covered(LABELS, ("book", "cancel", "login")) == [LABELS[0], LABELS[3]]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("/id", "/id", True), ("/user_tweets/*/id", "/*/id", True), ("/status/fuelLevel", "/fuelLevel", True),
    ("/stocks", "/stocks/*", True), ("/a/id", "/b/id", False), ("/id", "/idle", False), ("/tweet_id", "/id", False),
    ("", "/id", False), ("/*", "", True),
])
def test_places_are_the_same_whatever_wraps_them(one, other, same):
    assert same_place(one, other) is same
    assert same_place(other, one) is same


def test_names_and_types_make_a_graph():
    documents = [
        {"name": "find", "parameters": {"properties": {"city": {"type": "string"}}, "required": ["city"]},
         "response": {"properties": {"hits": {"type": "array", "items": {"type": "dict", "properties": {
             "id": {"type": "integer"}, "city": {"type": "string"}}}}}}},
        {"name": "book", "parameters": {"properties": {"id": {"type": "integer"}, "city": {"type": "integer"}}, "required": ["id"]},
         "response": {"properties": {"place": {"type": "dict", "properties": {"city": {"type": "string"}}}}}},
        {"name": "stop", "parameters": {"properties": {}, "required": []}},
    ]
    assert name_graph(documents) == LocalDependencyGraph.of(nodes=("book", "find", "stop"), edges=(
        Edge(source="find", target="book", kind=EdgeKind.FULL, values=(ValueFlow("/hits/*/id", "id"),), origin="typed"),
        Edge(source="book", target="find", kind=EdgeKind.FULL, values=(ValueFlow("/place/city", "city"),), origin="typed")))


def test_labels_are_well_formed():
    labels = read_labels()
    pairs = [(own.source, own.target) for own in labels]
    assert len(labels) >= 260
    assert len(set(pairs)) == len(pairs)
    for own in labels:
        pair = (own.source, own.target)
        assert own.source != own.target, pair
        assert own.why, pair
        assert (own.kind is not None) == own.edge, pair
        assert bool(own.values) == (own.kind in (EdgeKind.FULL, EdgeKind.PARTIAL)), pair
        assert not own.also & set(own.values), pair
        assert not own.easy or not own.edge, pair


def test_labels_are_balanced():
    labels = read_labels()
    positive = sum(own.edge for own in labels)
    hard = sum(not own.edge and not own.easy for own in labels)
    assert 0.8 < positive / hard < 1.25
    assert 20 <= sum(own.easy for own in labels) < hard / 5
    assert {own.kind for own in labels} == {None, *EdgeKind}
    assert sum(own.sure for own in labels) > 0.8 * len(labels)


def test_truths_are_well_formed():
    truths = read_truths()
    assert len({(own.source, own.target, own.parameter) for own in truths}) == len(truths)
    assert all(own.calls > 0 for own in truths)


def test_labelled_functions_and_parameters_are_those_of_the_snapshots():
    functions = {}
    for path in sorted((ROOT / "specs").glob("*/magnetc.lock")):
        for key, entry in (json.loads(path.read_text(encoding="utf-8")).get("tools") or {}).items():
            if key.startswith("bfcl:"):
                functions |= {function["name"]: function for function in entry["functions"]}
    if not functions:
        pytest.skip("no recipe in specs/ has a snapshot of BFCL's functions")
    for own in read_labels():
        if own.target in functions:
            assert {*own.values, *own.also} <= set(functions[own.target]["parameters"]["properties"]), own
    for truth in read_truths():
        if truth.target in functions:
            assert truth.parameter in functions[truth.target]["parameters"]["properties"], truth
    assert set(functions) <= {name for own in read_labels() for name in (own.source, own.target)}
