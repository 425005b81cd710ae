"""Tools, calls and results as a presentation shows them, and back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_small import record, small_spec, tool, with_tools

from magnetc.ir.json import wire
from magnetc.ir.presentation import PLAIN, Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.types import ListOf, MapOf, Ref

SPEC = small_spec()
NAMES = Presentation(
    orders=(("get_distance", ("destination", "origin")),), tools=(("get_distance", "func_kav"), ("search_flights", "zor_minda")),
    parameters=(("date", "vilk"), ("destination", "palo_re"), ("origin", "tusk")), results=(("date", "vilk"), ("departs", "lomer"), ("flights", "nodix")))


def described(name, description, **parameters):
    """The small spec with one more tool, and descriptions of it and its parameters."""
    made = tool(name, record(), **dict.fromkeys(parameters, "City"))
    made = replace(made, description=description, parameters=tuple(replace(p, description=parameters[p.name]) for p in made.parameters))
    return with_tools(SPEC, made)


def test_tools_as_declared():
    shown = Shown(SPEC)
    assert shown.texts(tuple(SPEC.tool)) == "[" + ",".join(SPEC.tool_texts.values()) + "]"
    assert shown.name("sign_in") == shown.read_name("sign_in") == "sign_in"
    result = {"flights": []}
    assert shown.result("search_flights", result) is result


def test_a_tool_has_its_parameters_in_the_order_and_by_the_names_shown():
    function = json.loads(Shown(SPEC, NAMES).text("get_distance"))["function"]
    assert function["name"] == "func_kav"
    assert list(function["parameters"]["properties"]) == function["parameters"]["required"] == ["palo_re", "tusk"]
    plain = json.loads(SPEC.tool_texts["get_distance"])["function"]["parameters"]["properties"]
    assert function["parameters"]["properties"] == {"palo_re": plain["destination"], "tusk": plain["origin"]}


def test_calls_and_results_lead_back():
    shown = Shown(SPEC, NAMES)
    given = {"origin": "94103", "destination": "94401"}
    assert wire(shown.arguments("get_distance", given)) == '{"palo_re":"94401","tusk":"94103"}'
    assert wire(shown.read_arguments("get_distance", {"palo_re": "94401", "tusk": "94103"})) == wire(given)
    result = {"flights": [{"flight_id": "F1", "price": 20, "departs": "2026-03-04", "date": "kept"}], "more": {"departs": 1}}
    changed = {"nodix": [{"flight_id": "F1", "price": 20, "lomer": "2026-03-04", "date": "kept"}], "more": {"departs": 1}}
    assert wire(shown.result("search_flights", result)) == wire(changed), "only declared fields have other names, in place"
    assert wire(shown.read_result("search_flights", changed)) == wire(result)
    assert shown.result("search_flights", {"error": "departs late"}) == {"error": "departs late"}
    assert shown.read_name("func_kav") == "get_distance"
    with pytest.raises(ValueError, match="is shown by another name"):
        shown.read_name("get_distance")


@pytest.mark.parametrize(("text", "expected"), [
    ("Find `origin` and `date`.", "Find `tusk` and `vilk`."),
    ("The date of departure, from the origin.", "The date of departure, from the origin."),
    ("Call get_distance first, not get_distances.", "Call func_kav first, not get_distances."),
    ("Like `search_flights`, search_flights.flights", "Like `zor_minda`, zor_minda.flights"),
    ("Names `get_zipcode` and unknown `thing`.", "Names `get_zipcode` and unknown `thing`."),
])
def test_descriptions_mention_what_is_shown(text, expected):
    spec = described("help_out", text, city=text)
    function = json.loads(Shown(spec, NAMES).text("help_out"))["function"]
    assert function["description"] == expected
    assert function["parameters"]["properties"]["city"]["description"] == expected
    assert json.loads(Shown(spec, replace(PLAIN, orders=NAMES.orders)).text("help_out"))["function"]["description"] == text


def test_descriptions_inside_an_imported_schema_too():
    spec = described("help_out", "", city="")
    schema = wire({"type": "object", "description": "As `date`.", "properties": {"date": {"type": "string", "description": "the get_distance"}}})
    own = spec.tool["help_out"]
    spec = with_tools(SPEC, replace(own, parameters=(replace(own.parameters[0], schema=schema),)))
    city = json.loads(Shown(spec, NAMES).text("help_out"))["function"]["parameters"]["properties"]["city"]
    assert city == {"type": "object", "description": "As `vilk`.", "properties": {"date": {"type": "string", "description": "the func_kav"}}}


def test_what_a_row_uses():
    shown = Shown(SPEC, NAMES)
    assert shown.used(("sign_in",), ()) == PLAIN
    calls = [("search_flights", {"date": "x"}, {"flights": [{"departs": "y"}]})]
    assert shown.used(("get_distance",), calls) == replace(NAMES, results=(("departs", "lomer"), ("flights", "nodix")))
    assert shown.used((), [("search_flights", {}, {"error": "no"})]) == Presentation(tools=(("search_flights", "zor_minda"),))


@pytest.mark.parametrize("document", [{"names": {}}, {"tools": []}, {"tools": {"a": 1}}, {"orders": {"a": [1]}}])
def test_what_is_no_presentation_is_refused(document):
    with pytest.raises(ValueError, match="`shown`"):
        Presentation.read(document)


def test_presentations_as_documents():
    assert Presentation.read(NAMES.document()) == NAMES
    assert PLAIN.document() == {}


RESULT = record(flights=ListOf(record(departs="Date", date="Date")), by_day=MapOf(record(date="Date")), date="Date", open=Ref("object"))
keys = st.sampled_from(["flights", "departs", "date", "by_day", "open", "error", "x"])
values = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12)


@given(values)
def test_whatever_a_world_returns_leads_back(value):
    shown = Shown(with_tools(SPEC, tool("odd", RESULT)), NAMES)
    there = shown.result("odd", value)
    assert wire(shown.read_result("odd", there)) == wire(value)
