"""The typed recipe of all BFCL functions: sound, complete, and joining by meaning what may be joined, nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.load import load
from magnetc.ir.graph import EdgeKind
from magnetc.ir.signature import Effect
from magnetc.ir.types import Ref, leaves
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.pipeline import compile_units
from magnetc.tools.importers import IMPORTERS

FOLDER = Path(__file__).parents[2] / "specs" / "bfcl_tools"

COUNTS = {"GorillaFileSystem": 18, "MathAPI": 17, "MessageAPI": 10, "TwitterAPI": 14, "TicketAPI": 9, "TradingBot": 20,
          "TravelAPI": 18, "VehicleControlAPI": 22}

FLAGS = {("lockDoors", "unlock"), ("setCruiseControl", "activate")}
"""Required arguments that are a plain yes or no."""


@pytest.fixture(scope="module")
def spec():
    sink = Sink()
    loaded = load(FOLDER, sink, IMPORTERS)
    assert [diagnostic.message for diagnostic in sink.diagnostics] == []
    return loaded


@pytest.fixture(scope="module")
def graph(spec):
    return BuildGraph().run(spec)


def test_all_functions_are_there(spec):
    assert Counter(tool.category for tool in spec.tools) == COUNTS
    assert len(spec.tools) == 128


def test_every_required_argument_has_a_meaning(spec):
    bare = {(tool.name, parameter.name) for tool in spec.tools for parameter in tool.parameters if parameter.required
            for _, ref in leaves(parameter.type) if ref.name not in spec.type_table.types}
    assert bare == FLAGS


def test_no_status_has_a_meaning(spec):
    """`status`, `message`, `result` and the like say how a call went: what they say is never passed on."""
    kept = {("get_ticket", "/status"), ("get_user_tickets", "/*/status"), ("create_ticket", "/status"),
            ("place_order", "/status"), ("get_order_details", "/status"), ("cancel_order", "/status"),
            ("search_messages", "/results/*/message")}
    told = {(tool.name, at) for tool in spec.tools if tool.category != "MathAPI" for at, ref in leaves(tool.returns)
            if at.rpartition("/")[2] in ("status", "message", "result") and ref.name in spec.type_table.types}
    assert told == kept
    asked = {parameter.type for tool in spec.tools for parameter in tool.parameters}
    assert Ref("TicketStatus") not in asked
    assert Ref("OrderStatus") not in asked


@pytest.mark.parametrize(("source", "target"), [
    ("get_tweet", "ticket_login"), ("get_ticket", "authenticate_twitter"), ("get_ticket", "ticket_login"),
    ("get_ticket", "get_user_stats"), ("list_users", "follow_user"), ("list_all_following", "get_user_id"),
    ("get_user_id", "get_user_tweets"), ("list_users", "add_contact"), ("add_contact", "message_login"),
    ("place_order", "get_ticket"), ("create_ticket", "get_tweet"), ("get_account_info", "get_credit_card_balance"),
    ("send_message", "post_tweet"), ("close_ticket", "send_message"), ("post_tweet", "send_message"),
    ("get_all_credit_cards", "register_credit_card"), ("get_credit_card_balance", "set_budget_limit"),
    ("fillFuelTank", "startEngine"), ("startEngine", "fillFuelTank"), ("get_watchlist", "add_to_watchlist"),
    ("get_outside_temperature_from_weather_com", "adjustClimateControl"), ("find", "cat"), ("pwd", "cd"),
    ("gallon_to_liter", "fillFuelTank"), ("get_user_stats", "round_number"), ("liter_to_gallon", "gallon_to_liter"),
])
def test_false_friends_are_not_joined(graph, source, target):
    assert (source, target) not in graph.edge


def test_kilometres_become_miles_by_a_converter_alone(graph):
    miles = "estimate_drive_feasibility_by_mileage"
    assert ("estimate_distance", miles) not in graph.edge
    assert {flow.parameter for flow in graph.edge["estimate_distance", "imperial_si_conversion"].values} == {"value"}
    assert {flow.parameter for flow in graph.edge["imperial_si_conversion", miles].values} == {"distance"}


def test_a_ticket_is_not_resolved_with_its_own_complaint(graph):
    for source in ("get_ticket", "get_user_tickets"):
        assert {flow.parameter for flow in graph.edge[source, "resolve_ticket"].values} == {"ticket_id"}


@pytest.mark.parametrize(("source", "target", "parameters"), [
    ("authenticate_travel", "book_flight", {"access_token"}), ("register_credit_card", "purchase_insurance", {"card_id"}),
    ("list_all_airports", "get_flight_cost", {"travel_from", "travel_to"}), ("get_order_history", "cancel_order", {"order_id"}),
    ("get_available_stocks", "filter_stocks_by_price", {"stocks"}), ("search_tweets", "retweet", {"tweet_id"}),
    ("get_zipcode_based_on_city", "estimate_distance", {"cityA", "cityB"}), ("ls", "mv", {"source", "destination"}),
    ("find_nearest_tire_shop", "set_navigation", {"destination"}), ("get_user_tickets", "close_ticket", {"ticket_id"}),
    ("cat", "post_tweet", {"content"}), ("get_user_id", "message_login", {"user_id"}),
    ("get_stock_info", "place_order", {"price"}), ("get_flight_cost", "mean", {"numbers"}),
])
def test_values_flow_where_they_mean_the_same(graph, source, target, parameters):
    assert {flow.parameter for flow in graph.edge[source, target].values} == parameters


def test_who_signs_in_does_so_first(spec, graph):
    """A prerequisite is a call of the same backend, and changes something."""
    links = [edge for edge in graph.edges if edge.kind is EdgeKind.PREREQUISITE]
    assert {edge.source for edge in links} == {"message_login", "authenticate_twitter", "ticket_login", "trading_login",
                                               "authenticate_travel", "lockDoors", "pressBrakePedal", "startEngine"}
    for edge in links:
        assert spec.tool[edge.source].category == spec.tool[edge.target].category
        assert spec.tool[edge.source].effect is Effect.WRITES


def test_its_path_compiles(spec):
    assert [unit.rejected for unit in compile_units(spec) if unit.rejected] == []
