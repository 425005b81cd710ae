"""Equivalence of executions: planted equivalents are found equivalent, planted differences are found."""

from dataclasses import replace

import pytest
from airline import Airline
from spec_small import small_spec

from magnetc.tools.worlds.equivalence import Execution, Made, difference, equivalent, minted_values, texts_in

SPEC = small_spec()
TRIP = [("search", "f1", "Oslo"), ("search", "f2", "Rome"), ("book", "b1", "f1"), ("book", "b2", "f2"), ("read", "b1"), ("budget", "300")]


def run(program, prefix="A"):
    return Airline(lambda n: f"{prefix}{n}").run(program)


def both_ways(a, b):
    return difference(a, b, SPEC), difference(b, a, SPEC)


def test_other_ids_everywhere():
    assert both_ways(run(TRIP), run(TRIP, "ZQ")) == (None, None)


def test_ids_in_texts_before_the_id_itself():
    """`note` quotes the booking's id before `booking_id` says it."""
    a, b = run(TRIP[:3], "X"), run(TRIP[:3], "Y")
    assert list(a.made[2].result) == ["note", "booking_id", "price"]
    assert both_ways(a, b) == (None, None)


def test_the_same_ids_in_another_order():
    """An early call mints first: each id of one execution is another one's id in the other."""
    early = [TRIP[1], TRIP[0], TRIP[3], TRIP[2], *TRIP[4:]]
    a, b = run(TRIP), run(early)
    a, b = (replace(e, observed={k: v for k, v in e.observed.items() if k not in ("log", "latest")}) for e in (a, b))
    assert both_ways(a, b) == (None, None)


def test_swapped_ids_in_texts():
    made = [Made("book_flight", {}, {"booking_id": one, "price": 1}) for one in ("B1", "B2")]
    other = [Made("book_flight", {}, {"booking_id": one, "price": 1}) for one in ("B2", "B1")]
    a, b = Execution(made, {"log": "B1 then B2"}), Execution(other, {"log": "B2 then B1"})
    assert both_ways(a, b) == (None, None)


def test_an_id_that_begins_another():
    made = [Made("book_flight", {}, {"booking_id": one, "price": 1}) for one in ("B1", "B12")]
    other = [Made("book_flight", {}, {"booking_id": one, "price": 1}) for one in ("C7", "D9")]
    a, b = Execution(made, {"log": ["B1 and B12", "B123"]}), Execution(other, {"log": ["C7 and D9", "B123"]})
    assert both_ways(a, b) == (None, None)


@pytest.mark.parametrize("extra", [("read", "b1"), ("read", "b2")])
@pytest.mark.parametrize("at", [4, 5, 6])
def test_redundant_reads(extra, at):
    assert equivalent(run(TRIP), run([*TRIP[:at], extra, *TRIP[at:]]), SPEC)


def test_the_same_read_again():
    again = run([*TRIP, ("read", "b1"), ("read", "b1")])
    assert both_ways(run(TRIP), again) == (None, None)


def test_an_early_read():
    early = [*TRIP[:3], ("read", "b1"), TRIP[3], TRIP[5]]
    assert both_ways(run(TRIP), run(early)) == (None, None)


def test_a_write_made_twice_to_the_same_end():
    assert equivalent(run(TRIP), run([*TRIP, ("budget", "300")]), SPEC)


@pytest.mark.parametrize(("program", "found"), [
    ([*TRIP[:5], ("budget", "301")], "state"),
    (TRIP[:5], "missing result of `set_budget`"),
    ([*TRIP[:4], TRIP[5]], "missing result of `get_booking`"),
    ([*TRIP, ("book", "b3", "f1")], "state"),
    ([*TRIP, ("cancel", "b2")], "state"),
    ([*TRIP[:4], ("read", "b2"), TRIP[5]], "missing result of `get_booking`"),
    ([("search", "f1", "Bern"), *TRIP[1:]], "missing result of `get_booking`"),
    ([*TRIP[:3], ("book", "b2", "f1"), *TRIP[4:]], "state"),
])
def test_differences(program, found):
    for prefix in ("A", "ZQ"):
        assert difference(run(TRIP), run(program, prefix), SPEC) == found


def test_ids_swapped_in_the_state():
    a, b = run(TRIP), run(TRIP)
    first, second = b.observed["bookings"]
    bookings = {first: b.observed["bookings"][second], second: b.observed["bookings"][first]}
    assert both_ways(a, replace(b, observed={**b.observed, "bookings": bookings})) == ("state", "state")
    latest = {**b.observed, "latest": first}
    assert both_ways(a, replace(b, observed=latest)) == ("state", "state")


def test_one_id_for_two():
    a, b = run(TRIP), run(TRIP, "B")
    log = [line.replace("B4", "B3") for line in b.observed["log"]]
    assert both_ways(a, replace(b, observed={**b.observed, "log": log})) == ("state", "state")


def test_what_was_there_before_stands_for_itself():
    def listed(value):
        return Execution([Made("list_bookings", {}, {"bookings": [{"booking_id": value, "date": "2026-03-04"}]})], {})

    assert equivalent(listed("B1"), listed("B2"), SPEC)
    for existing in ({"B1"}, {"B2"}, {"B1", "B2"}):
        assert not equivalent(listed("B1"), listed("B2"), SPEC, frozenset(existing))
        assert equivalent(listed("B1"), listed("B1"), SPEC, frozenset(existing))


def test_equal_requests_are_told_apart_by_the_state():
    """Two bookings give the same results up to their ids: which is which only the state says."""
    def booked(first, second):
        made = [Made("book_flight", {"cabin": cabin}, {"booking_id": one, "price": 1}) for one, cabin in (first, second)]
        return Execution(made, {"cabins": dict((first, second))})

    a = booked(("B1", "economy"), ("B2", "business"))
    b = booked(("C1", "business"), ("C2", "economy"))
    assert both_ways(a, b) == (None, None)
    nameless = replace(b, made=[replace(call, arguments={}) for call in b.made])
    assert both_ways(a, nameless) == (None, None)
    assert both_ways(a, booked(("C1", "business"), ("C2", "business"))) == ("state", "state")


def test_objects_keyed_by_ids_that_no_result_told_apart():
    def execution(one, two, latest):
        listed = Made("list_bookings", {}, {"bookings": [{"booking_id": one, "date": "d"}, {"booking_id": two, "date": "d"}]}, required=False)
        return Execution([listed], {"seats": {one: {}, two: {}}, "latest": latest})

    assert both_ways(execution("B1", "B2", "B1"), execution("C1", "C2", "C2")) == (None, None)
    assert both_ways(execution("B1", "B2", "B1"), execution("C1", "C2", "X")) == ("state", "state")


@pytest.mark.parametrize(("a", "b"), [(1, True), (0, False), (1, 2), ("1", 1), (None, 0), ([], {}), ([1], [1, 1]), ({"a": 1}, {"b": 1}), ("x", "y")])
def test_other_values_are_a_difference(a, b):
    assert both_ways(Execution([], {"value": a}), Execution([], {"value": b})) == ("state", "state")


def test_the_same_value_is_none():
    assert both_ways(Execution([], {"value": [1, 2.0, None, "x"]}), Execution([], {"value": [1, 2, None, "x"]})) == (None, None)


def test_results_that_are_not_required_need_not_be_there():
    a = run(TRIP)
    relaxed = replace(a, made=[replace(call, required=call.function != "get_booking") for call in a.made])
    assert equivalent(relaxed, run([*TRIP[:4], TRIP[5]]), SPEC)


def test_minted_values_and_texts():
    made = run(TRIP).made
    assert minted_values(SPEC, made) == {"A1", "A2", "A3", "A4"}
    assert minted_values(SPEC, [Made("unheard_of", {}, {"booking_id": "B"})]) == frozenset()
    assert texts_in({"a": ["b", {"c": 1, "d": None}], "e": "f"}) == {"a", "b", "c", "d", "e", "f"}


def test_many_equal_calls_end_soon():
    """Nothing tells forty calls apart, and one is missing: the search gives up instead of trying every order."""
    def execution(count, prefix, state):
        return Execution([Made("book_flight", {}, {"booking_id": f"{prefix}{n}", "price": 1}) for n in range(count)], state)

    assert difference(execution(40, "A", {"n": 1}), execution(40, "B", {"n": 2}), SPEC) == "state"
    assert difference(execution(40, "A", {}), execution(39, "B", {}), SPEC) == "missing result of `book_flight`"
