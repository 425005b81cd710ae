"""Semantic candidates: which tools they are, what they are worth, and what flows along them."""

from dataclasses import replace

import pytest
from spec_small import record, small_spec, tool

from magnetc.ir.graph import EdgeKind, ValueFlow
from magnetc.ir.spec import GraphSpec, Inference
from magnetc.ir.types import EntityType
from magnetc.ir.verify import verify_graph
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.semantic import SURE, tool_text

PLACES = (
    replace(tool("find_hotel", record(hotel_id="string", price="number", city="City"), city="City"), category="travel",
            description="Find a hotel in a city."),
    replace(tool("book_hotel", record(booking="string"), hotel_id="string", nights="integer"), category="travel",
            description="Book a room in a hotel."),
    replace(tool("bookTrain", record(seat="string"), price="integer"), category="travel", description="Reserve a seat."),
    replace(tool("hotel_money", hotel_id="string"), category="money", description="Find a hotel in a city, book a hotel."),
)
CITY = (EntityType(name="City", base="string"),)


def graph_of(tools=PLACES, types=CITY, **graph):
    spec = replace(small_spec(), tools=tools, types=types, graph=GraphSpec(**graph))
    built = BuildGraph().run(spec)
    assert verify_graph(spec, built) == []
    return built


def test_candidates_are_of_one_category_and_share_words():
    graph = graph_of(infer=(Inference("semantic", top=30),))
    assert set(graph.edge) == {("find_hotel", "book_hotel"), ("book_hotel", "find_hotel"), ("book_hotel", "bookTrain"),
                               ("bookTrain", "book_hotel"), ("bookTrain", "find_hotel"), ("find_hotel", "bookTrain")}
    assert {edge.origin for edge in graph.edges} == {"semantic"}
    assert all(0 < edge.confidence <= SURE < 1 for edge in graph.edges)
    alike = {target: graph.edge["book_hotel", target].confidence for target in ("find_hotel", "bookTrain")}
    assert alike["find_hotel"] > alike["bookTrain"]


def test_only_the_most_alike_are_candidates():
    graph = graph_of(infer=(Inference("semantic", top=1),))
    assert {edge.target for edge in graph.successors["book_hotel"]} == {"find_hotel"}
    assert all(len(graph.successors[node]) <= 1 for node in graph.nodes)


def test_a_value_flows_only_where_name_and_json_type_agree():
    graph = graph_of(infer=(Inference("semantic"),))
    assert graph.edge["find_hotel", "book_hotel"].values == (ValueFlow("/hotel_id", "hotel_id"),)
    assert graph.edge["find_hotel", "book_hotel"].kind is EdgeKind.PARTIAL
    assert graph.edge["find_hotel", "bookTrain"].kind is EdgeKind.PREREQUISITE  # a number is no whole number
    assert graph.edge["book_hotel", "find_hotel"].values == ()


@pytest.mark.parametrize(("given", "wanted", "flows"), [
    ("string", "string", True), ("string", "City", True), ("City", "string", True), ("string", "integer", False),
    ("string", "Minted", False), ("Minted", "string", True), ("Miles", "Km", False), ("City", "Town", False), ("object", "object", False),
    ("Minted", "Minted", True),
])
def test_entity_types_that_differ_are_different_things(given, wanted, flows):
    types = (*CITY, EntityType(name="Town", base="string"), EntityType(name="Minted", base="string", minted=True),
             EntityType(name="Miles", base="number", unit="mi"), EntityType(name="Km", base="number", unit="km"))
    graph = graph_of((tool("get_x", record(x=given)), tool("use_x", x=wanted)), types, infer=(Inference("semantic"),))
    assert bool(graph.edge["get_x", "use_x"].values) == flows


def test_what_types_prove_is_not_guessed_at():
    graph = graph_of(infer=(Inference("semantic"), Inference("typed")), types=(*CITY, EntityType(name="Id", base="string")),
                     tools=(tool("get_x", record(x="Id", y="string")), tool("use_x", x="Id", y="string")))
    edge = graph.edge["get_x", "use_x"]
    assert (edge.origin, edge.also, edge.confidence) == ("typed", ("semantic",), 1.0)
    assert edge.values == (ValueFlow("/x", "x"),)


def test_a_model_ranks_instead_of_words():
    ranked = (("find_hotel", "bookTrain", 0.4), ("find_hotel", "book_hotel", 0.9), ("book_hotel", "find_hotel", 1.0))
    graph = graph_of(infer=(Inference("semantic", top=1, by="some/model"),), ranked=ranked)
    assert {pair: edge.confidence for pair, edge in graph.edge.items()} == {
        ("find_hotel", "book_hotel"): 0.9, ("book_hotel", "find_hotel"): SURE}


def test_tools_are_compared_by_the_words_of_their_names():
    assert tool_text(replace(tool("getHTTPCode_v2"), description="Says it.")) == "get HTTP Code v 2. Says it."


def test_tools_without_words_have_no_candidates():
    assert not graph_of((tool("a"), tool("b"), tool("__")), infer=(Inference("semantic"),)).edges
