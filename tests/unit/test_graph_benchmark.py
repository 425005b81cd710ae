"""The benchmark of the graph measures what it says it does."""

import graph as benchmark
import pytest

from magnetc.passes.build_graph import BuildGraph


@pytest.mark.parametrize("what", ["ours", "pairs"])
def test_a_run(what):
    made = benchmark.measure(what, 150)
    assert made["edges"] > 1000
    assert made.get("agrees", True)
    assert made.get("walked", 1500) > 1000


def test_the_peer_holds_the_same_edges():
    networkx = pytest.importorskip("networkx")
    graph = BuildGraph().run(benchmark.typed_spec(150))
    peer = networkx.DiGraph(list(graph.edge))
    assert set(peer.edges) == set(graph.edge)
    assert {"networkx", "networkx_rich"} <= benchmark.measure("networkx", 150).keys()


def test_no_parameter_takes_from_more_than_the_limit():
    spec = benchmark.typed_spec(300, 5)
    graph = BuildGraph().run(spec)
    for tool in spec.tools:
        for parameter in tool.parameters:
            givers = {edge.source for edge in graph.predecessors[tool.name] if any(v.parameter == parameter.name for v in edge.values)}
            assert len(givers) <= 5


def test_the_exponent_is_a_slope():
    rows = [{"tools": n, "s": 3 * n ** 1.5} for n in (10, 100, 1000)]
    assert benchmark.exponent(rows, "s") == pytest.approx(1.5)
