"""The local dependency graph: typed edges, declared links, unlinks, kinds."""

from dataclasses import replace

from spec_small import pattern, record, small_spec, tool, with_tools

from magnetc.ir.graph import EdgeKind, ValueFlow
from magnetc.ir.spec import GraphSpec, Link, PathSpec
from magnetc.ir.types import EntityType, Field, ListOf, Record, Ref
from magnetc.ir.verify import verify_graph
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.context import CompileContext


def graph_of(*tools, types=(), **graph):
    spec = replace(with_tools(replace(small_spec(), tools=()), *tools), graph=GraphSpec(**graph))
    spec = replace(spec, types=(*spec.types, *types))
    built = BuildGraph().run(spec)
    assert verify_graph(spec, built) == []
    return built


def test_values_flow_where_types_unify_and_primitives_never_do():
    graph = graph_of(tool("a", record(zip="ZipCode", name="string")), tool("b", zip="ZipCode", name="string"))
    assert graph.edge["a", "b"].values == (ValueFlow("/zip", "zip"),)
    assert graph.edge["a", "b"].kind is EdgeKind.PARTIAL
    assert ("b", "a") not in graph.edge


def test_a_subtype_flows_into_its_parent_and_not_back():
    home = EntityType(name="HomeZip", base="string", parent="ZipCode")
    graph = graph_of(tool("a", record(zip="HomeZip")), tool("b", record(zip="ZipCode"), zip="ZipCode"), tool("c", zip="HomeZip"),
                     types=(home,))
    assert set(graph.edge) == {("a", "b"), ("a", "c")}


def test_full_means_every_required_parameter():
    giver = tool("a", record(zip="ZipCode"))
    graph = graph_of(giver, tool("full", zip="ZipCode", cabin="Cabin?"), tool("partial", zip="ZipCode", cabin="Cabin"),
                     tool("extra", zip="ZipCode?"), tool("later"), links=(Link(source="a", target="later"),))
    kinds = {target: edge.kind for (_, target), edge in graph.edge.items()}
    assert kinds == {"full": EdgeKind.FULL, "partial": EdgeKind.PARTIAL, "extra": EdgeKind.PARTIAL, "later": EdgeKind.PREREQUISITE}


def test_lists_flow_whole_into_list_parameters_and_item_by_item_into_scalars():
    graph = graph_of(tool("a", record(zips=ListOf(Ref("ZipCode")))), tool("b", zips="[ZipCode]"), tool("c", zip="ZipCode"))
    assert graph.edge["a", "b"].values == (ValueFlow("/zips", "zips"),)
    assert graph.edge["a", "c"].values == (ValueFlow("/zips/*", "zip"),)


def test_a_field_that_may_be_absent_is_no_typed_source():
    graph = graph_of(tool("a", Record((Field("zip", Ref("ZipCode"), optional=True),))), tool("b", zip="ZipCode"))
    assert not graph.edges


def test_unlinks_win_and_no_tool_feeds_itself():
    graph = graph_of(tool("a", record(zip="ZipCode"), zip="ZipCode"), tool("b", zip="ZipCode"), unlinks=(("a", "b"),))
    assert not graph.edges


def test_a_declared_value_joins_what_types_do_not():
    link = Link(source="a", target="b", pointer="/text", parameter="note")
    graph = graph_of(tool("a", record(text="string")), tool("b", note="string"), links=(link,))
    assert graph.edge["a", "b"].origin == "declared"
    assert graph.edge["a", "b"].kind is EdgeKind.FULL
    assert not graph_of(tool("a", record(zip="ZipCode")), tool("b", zip="ZipCode"), infer=()).edges


UNITS = (EntityType(name="Length", base="number"), EntityType(name="Miles", base="number", parent="Length", unit="mi"),
         EntityType(name="Km", base="number", parent="Miles", unit="km"))


def test_a_type_in_another_unit_does_not_stand_for_the_one_it_refines():
    graph = graph_of(tool("a", record(length="Km")), tool("b", length="Miles"), tool("c", length="Length"), types=UNITS)
    assert set(graph.edge) == {("a", "c")}


def test_walks_go_from_unit_to_unit_through_the_converter():
    tools = (tool("get_distance", record(length="Miles")), tool("convert_unit", record(length="Km"), miles="Miles"), tool("set_budget", length="Km"),
             tool("list_cities", length="Miles"))
    path = PathSpec(name="p", start=("get_distance",), turns=(3, 3), pattern=pattern("get_distance _ set_budget"))
    spec = replace(with_tools(replace(small_spec(), tools=(), turns=(), types=(*small_spec().types, *UNITS)), *tools),
                   graph=GraphSpec(), paths=(path,))
    assert set(BuildGraph().run(spec).edge) == {("get_distance", "convert_unit"), ("get_distance", "list_cities"), ("convert_unit", "set_budget")}
    walks = CompileContext(spec).product("p", "en")
    (state,) = [walks.automaton.step(walks.automaton.start(), tool) for tool in walks.openings(3)]
    assert walks.steps(("get_distance",), state, 2) == ("convert_unit",)
    assert walks.steps(("get_distance", "convert_unit"), walks.automaton.step(state, "convert_unit"), 1) == ("set_budget",)
    without = replace(spec, graph=GraphSpec(unlinks=(("get_distance", "convert_unit"),)))
    assert not CompileContext(without).product("p", "en").has_walk()
