"""Which arguments of a ground truth come from an earlier result."""

import pytest
from bfcl_truth_pairs import flows


def call(function, result, **arguments):
    return {"function": function, "arguments": arguments, "result": result}


def entry(*turns):
    return {"questions": [question for question, _ in turns], "calls": [calls for _, calls in turns]}


def test_a_value_of_an_earlier_result_is_found_with_its_place():
    found = flows(entry(("Order.", [call("place", {"order": {"id": 12446}})]),
                        ("Show it.", [call("show", {"id": 12446}, order_id="12446"), call("cancel", None, order_id=12446)])), {})
    assert list(found) == [("place", "/order/id", "value", "show", "order_id"), ("place", "/order/id", "value", "cancel", "order_id")]


def test_the_last_result_counts_and_whole_values_before_pieces():
    found = flows(entry(("Go.", [call("list", ["SFO", "LAX"]), call("near", {"code": "SFO"}), call("log", {"text": "to SFO now"}),
                                 call("fly", None, to="SFO"), call("drive", None, to="now")])), {})
    assert list(found) == [("near", "/code", "value", "fly", "to"), ("log", "/text", "part", "drive", "to")]


def test_keys_are_found_and_keys_that_are_data_are_no_place():
    found = flows(entry(("Go.", [call("sent", {"messages": {"USR002": ["hello there"]}}),
                                 call("send", None, to="USR002", message="hello there")])), {})
    assert list(found) == [("sent", "/messages", "key", "send", "to"), ("sent", "/messages/*/*", "value", "send", "message")]


@pytest.mark.parametrize(("question", "result", "value"), [
    ("Book for 1,250 dollars.", {"price": 1250}, 1250.0),
    ("Look at order 12446.", {"id": 12446}, 12446),
    ("Open Notes.txt.", {"name": "notes.txt"}, "notes.txt"),
    ("Go.", {"count": 7}, 7),
    ("Go.", {"done": True}, True),
    ("Go.", {"unit": "km"}, "km"),
    ("Go.", {"class": "economy"}, "economy"),
])
def test_what_the_agent_may_have_from_elsewhere_is_left_out(question, result, value):
    described = {("use", "it"): "One of economy, business."}
    assert list(flows(entry((question, [call("make", result), call("use", None, it=value)])), described)) == []


def test_a_number_within_another_was_not_said():
    found = flows(entry(("Take 212505 or 1250.5.", [call("make", {"price": 1250}), call("use", None, it=1250)])), {})
    assert list(found) == [("make", "/price", "value", "use", "it")]


def test_a_value_used_before_any_result_held_it_has_no_producer():
    calls = [call("show", {"token": "abc123"}, token="abc123"), call("list", ["abc123"]), call("use", None, it="abc123")]
    assert list(flows(entry(("Go.", calls)), {})) == []


def test_words_said_later_do_not_count():
    found = flows(entry(("Go.", [call("make", {"id": "x-900"}), call("use", None, it="x-900")]), ("x-900?", [])), {})
    assert list(found) == [("make", "/id", "value", "use", "it")]
