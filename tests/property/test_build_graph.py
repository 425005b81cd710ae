"""The graph that columns give is the one that comparing every tool with every other gives."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from spec_small import record, small_spec, tool

from magnetc.ir.graph import EdgeKind, ValueFlow
from magnetc.ir.spec import GraphSpec, Inference, Link
from magnetc.ir.types import EntityType, Field, ListOf, MapOf, Record, Ref, at_pointer
from magnetc.ir.verify import verify_graph
from magnetc.passes.build_graph import BuildGraph

TYPES = (
    EntityType(name="Length", base="number"),
    EntityType(name="Miles", base="number", parent="Length", unit="mi"),
    EntityType(name="Trip", base="number", parent="Miles", unit="mi"),
    EntityType(name="Metric", base="number", parent="Trip", unit="km"),
    EntityType(name="Id", base="string", minted=True),
)
NAMES = ("Length", "Miles", "Trip", "Metric", "Id", "string")
refs = st.sampled_from(NAMES).map(Ref)
exprs = st.recursive(refs, lambda inner: st.one_of(
    inner.map(ListOf), inner.map(MapOf),
    st.dictionaries(st.sampled_from(["a", "b", "c/d"]), st.tuples(inner, st.booleans()), max_size=3).map(
        lambda fields: Record(tuple(Field(name, expr, optional) for name, (expr, optional) in fields.items())))), max_leaves=4)
parameters = st.dictionaries(st.sampled_from(["p", "q", "r"]), st.sampled_from([*NAMES, "[Miles]", "[Id]", "Id?", "Length?"]))
TOOLS = ("t1", "t2", "t3", "t4", "t5")
pairs = st.tuples(st.sampled_from(TOOLS), st.sampled_from(TOOLS))


@st.composite
def specs(draw, **inference):
    tools = tuple(tool(name, draw(exprs), **draw(parameters)) for name in TOOLS)
    links = tuple(Link(source=a, target=b) for a, b in draw(st.lists(pairs, max_size=2, unique=True)))
    graph = GraphSpec(links=links, unlinks=tuple(draw(st.lists(pairs, max_size=4, unique=True))),
                      infer=(Inference("typed", **inference),))
    return replace(small_spec(), types=TYPES, tools=tools, graph=graph)


def places(expr, at=""):
    """Every place that is always there, lists of scalars included."""
    match expr:
        case Ref():
            yield at, expr
        case ListOf(items):
            yield at, expr
            yield from places(items, at + "/*")
        case MapOf(values):
            yield from places(values, at + "/*")
        case Record(fields):
            for field in fields:
                if not field.optional:
                    yield from places(field.type, f"{at}/{field.name.replace('/', '~1')}")


def unify(one, other, table):
    match one, other:
        case (Ref(a), Ref(b)) | (ListOf(Ref(a)), ListOf(Ref(b))):
            return table.unify(a, b)
    return False


def every_pair(spec):
    """(source, target) -> values, by comparing all tools with all."""
    found = defaultdict(set)
    for link in spec.graph.links:
        found[link.source, link.target] |= set()
    for source in spec.tools:
        for target in spec.tools:
            for pointer, expr in places(source.returns):
                for parameter in target.parameters:
                    if unify(expr, parameter.type, spec.type_table):
                        found[source.name, target.name].add(ValueFlow(pointer, parameter.name))
    return {pair: values for pair, values in found.items() if pair[0] != pair[1] and pair not in spec.graph.unlinks}


def kind(values, target):
    required = {parameter.name for parameter in target.parameters if parameter.required}
    if not values:
        return EdgeKind.PREREQUISITE
    return EdgeKind.FULL if required and required <= {flow.parameter for flow in values} else EdgeKind.PARTIAL


@given(specs())
def test_typed_edges_are_those_of_all_pairs(spec):
    graph = BuildGraph().run(spec)
    assert verify_graph(spec, graph) == []
    wanted = every_pair(spec)
    assert {pair: edge.values for pair, edge in graph.edge.items()} == {pair: tuple(sorted(v)) for pair, v in wanted.items()}
    declared = {(link.source, link.target) for link in spec.graph.links}
    for pair, edge in graph.edge.items():
        assert edge.kind is kind(wanted[pair], spec.tool[pair[1]])
        assert (edge.origin == "declared") == (pair in declared)
        assert ("typed" in (edge.origin, *edge.also)) == bool(edge.values)


@given(specs(top=2), st.sampled_from(TOOLS))
def test_a_limit_takes_as_many_producers_as_there_are_up_to_it(spec, name):
    graph = BuildGraph().run(spec)
    assert verify_graph(spec, graph) == []
    everything = every_pair(spec)
    for target in spec.tools:
        for parameter in target.parameters:
            def givers(edges, target=target.name, parameter=parameter.name):
                return {pair[0] for pair, flows in edges.items()
                        if pair[1] == target and any(flow.parameter == parameter for flow in flows)}
            there, taken = givers(everything), givers({pair: edge.values for pair, edge in graph.edge.items()})
            assert taken <= there
            assert len(taken) == min(2, len(there))
            for source in taken:  # of a producer that is taken, every place is
                assert ({f for f in everything[source, target.name] if f.parameter == parameter.name}
                        <= set(graph.edge[source, target.name].values))


@given(specs(top=2), exprs)
def test_a_tool_more_displaces_at_most_one_producer(spec, returns):
    before = BuildGraph().run(spec)
    grown = replace(spec, tools=(*spec.tools, tool("t6", returns)))
    after = BuildGraph().run(grown)
    for target in spec.tools:
        for parameter in target.parameters:
            def givers(graph, target=target.name, parameter=parameter.name):
                return {edge.source for edge in graph.predecessors[target]
                        if any(flow.parameter == parameter for flow in edge.values)}
            lost = givers(before) - givers(after)
            assert len(lost) <= 1
            assert not lost or "t6" in givers(after)


def test_a_converter_is_the_only_way_between_units():
    tools = (tool("measure", record(length="Miles")), tool("to_metric", record(length="Metric"), miles="Miles"),
             tool("plan", length="Metric"), tool("walk", length="Miles"), tool("compare", length="Length"))
    spec = replace(small_spec(), types=TYPES, tools=tools, graph=GraphSpec())
    assert set(BuildGraph().run(spec).edge) == {
        ("measure", "to_metric"), ("measure", "walk"), ("measure", "compare"), ("to_metric", "plan"), ("to_metric", "compare")}


def test_pointers_of_the_graph_point_at_what_flows():
    spec = replace(small_spec(), graph=GraphSpec())
    for edge in BuildGraph().run(spec).edges:
        for flow in edge.values:
            assert at_pointer(spec.tool[edge.source].returns, tuple(flow.pointer.split("/")[1:]))
