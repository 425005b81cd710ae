"""Which calls of one execution another makes too."""

from airline import Airline
from spec_small import small_spec

from magnetc.tools.worlds.equivalence import Made, matched

SPEC = small_spec()
TRIP = [("search", "f1", "Oslo"), ("search", "f2", "Rome"), ("book", "b1", "f1"), ("book", "b2", "f2"), ("cancel", "b1")]


def made(program, prefix="A"):
    return Airline(lambda n: f"{prefix}{n}").run(program).made


def test_the_same_calls_with_other_ids():
    assert matched(made(TRIP), made(TRIP, "ZQ"), SPEC) == [(i, i) for i in range(5)]


def test_calls_in_another_order():
    order = [1, 0, 3, 2, 4]
    assert sorted(matched(made(TRIP), made([TRIP[i] for i in order]), SPEC)) == [(i, order.index(i)) for i in range(5)]


def test_another_booking_is_another_argument():
    other = made([*TRIP[:4], ("cancel", "b2")])
    assert matched(made(TRIP), other, SPEC) == [(i, i) for i in range(4)]


def test_each_call_counts_once():
    twice = [Made("set_budget", {"amount": 3}, {})] * 2
    assert matched(twice, twice[:1], SPEC) == [(0, 0)]
    assert matched(twice[:1], twice, SPEC) == [(0, 0)]
    assert matched(twice, twice, SPEC) == [(0, 0), (1, 1)]


def test_another_function_or_argument():
    call = Made("set_budget", {"amount": 3}, {})
    assert matched([call], [Made("get_budget", {"amount": 3}, {}), Made("set_budget", {"amount": 4}, {})], SPEC) == []


def test_of_calls_that_say_the_same_the_one_with_the_same_result():
    told = [Made("get_budget", {}, {"amount": n}) for n in (1, 2)]
    assert matched(told[1:], told, SPEC) == [(0, 1)]
    assert matched([Made("get_budget", {}, {"amount": 9})], told, SPEC) == [(0, 0)]


def test_values_that_were_there_before_stand_for_themselves():
    a, b = [Made("cancel_booking", {"booking_id": x}, {}) for x in ("B1", "B2")]
    book = [Made("book_flight", {}, {"booking_id": x, "price": 1}) for x in ("B1", "B2")]
    assert matched([book[0], a], [book[1], b], SPEC) == [(0, 0), (1, 1)]
    assert matched([book[0], a], [book[1], b], SPEC, frozenset({"B1", "B2"})) == [(0, 0)]
