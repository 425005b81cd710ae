"""The graph's columns, and the edges that its views make of them."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.ir.graph import KINDS, ORIGINS, Edge, EdgeKind, LocalDependencyGraph, ValueFlow

A_B = Edge(source="a", target="b", kind=EdgeKind.FULL, values=(ValueFlow("/x", "p"), ValueFlow("/w", "q")))
A_C = Edge(source="a", target="c", kind=EdgeKind.PREREQUISITE, origin="typed", also=("semantic",), confidence=0.25)
C_A = Edge(source="c", target="a", kind=EdgeKind.PARTIAL, values=(ValueFlow("/x", "p"),), origin="judged", confidence=0.5)
GRAPH = LocalDependencyGraph.of("cab", (C_A, A_C, A_B))


def test_columns():
    assert GRAPH.nodes == ("a", "b", "c")
    assert GRAPH.sources.tolist() == [0, 0, 2]
    assert GRAPH.targets.tolist() == [1, 2, 0]
    assert GRAPH.offsets.tolist() == [0, 2, 2, 3]
    assert [KINDS[kind] for kind in GRAPH.kinds] == ["full", "prerequisite", "partial"]
    assert GRAPH.origins.tolist() == [1, 4 + 8, 2]
    assert GRAPH.flow_offsets.tolist() == [0, 2, 2, 3]
    assert GRAPH.pointers == ("/w", "/x")
    assert GRAPH.flow_pointers.tolist() == [1, 0, 1]
    assert (GRAPH.offsets.dtype, GRAPH.targets.dtype) == (np.int64, np.int32)


def test_edges_are_a_sequence_in_order():
    assert GRAPH.edges == (A_B, A_C, C_A)
    assert GRAPH.edges[-1] == C_A
    assert GRAPH.edges[:2] == (A_B, A_C)
    assert len(GRAPH.edges) == 3
    assert A_C in GRAPH.edges
    with pytest.raises(IndexError):
        GRAPH.edges[3]


def test_neighbours_and_pairs_are_mappings():
    assert dict(GRAPH.successors) == {"a": (A_B, A_C), "b": (), "c": (C_A,)}
    assert dict(GRAPH.predecessors) == {"a": (C_A,), "b": (A_B,), "c": (A_C,)}
    assert dict(GRAPH.edge) == {("a", "b"): A_B, ("a", "c"): A_C, ("c", "a"): C_A}
    assert ("b", "a") not in GRAPH.edge
    assert GRAPH.edge.get(("a", "nothing")) is None
    assert GRAPH.successors.get("nothing", ()) == ()
    with pytest.raises(KeyError):
        GRAPH.edge["c", "b"]


def test_columns_cannot_be_changed_and_travel_between_processes():
    with pytest.raises(ValueError, match="read-only"):
        GRAPH.targets[0] = 2
    assert pickle.loads(pickle.dumps(GRAPH)) == GRAPH


def test_equality_is_of_what_the_graph_says():
    unused = LocalDependencyGraph(**{**{name: getattr(GRAPH, name) for name in GRAPH.__dataclass_fields__},
                                     "pointers": ("/x", "/none", "/w"), "flow_pointers": np.array([0, 2, 0], np.int32)})
    assert unused == GRAPH
    assert LocalDependencyGraph.of("abc", (A_B, A_C)) != GRAPH
    assert LocalDependencyGraph.of("abcd", (A_B, A_C, C_A)) != GRAPH


@pytest.mark.parametrize(("edges", "message"), [
    ((A_B, Edge(source="a", target="d", kind=EdgeKind.FULL)), "no nodes: d"),
    ((A_B, A_B), "same tools"),
    ((Edge(source="a", target="b", kind=EdgeKind.PREREQUISITE, origin="guessed"),), "not in tuple"),
])
def test_what_is_no_graph(edges, message):
    with pytest.raises(ValueError, match=message):
        LocalDependencyGraph.of("abc", edges)


@given(st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"))), st.sampled_from(ORIGINS))
def test_views_agree(pairs, origin):
    made = [Edge(source=s, target=t, kind=EdgeKind.PREREQUISITE, origin=origin) for s, t in sorted(pairs)]
    graph = LocalDependencyGraph.of("abcd", reversed(made))
    assert list(graph.edges) == made
    assert [edge for node in "abcd" for edge in graph.successors[node]] == made
    assert {edge for node in "abcd" for edge in graph.predecessors[node]} == set(made)
    assert set(graph.edge) == pairs
    assert all((pair in graph.edge) == (pair in pairs) for pair in ((s, t) for s in "abcde" for t in "abcde"))
