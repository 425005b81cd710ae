"""The travel example: its world is deterministic, cheap to copy, and returns what its tools declare."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.conform import violations

FOLDER = Path(__file__).parents[2] / "examples" / "travel"
NOW = "2026-03-02T09:00:00Z"
DAY, LATER = "2026-03-12", "2026-03-20"


@pytest.fixture(scope="module")
def world_class():
    """TravelWorld, imported as a worker imports it; its modules leave no trace for other tests."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        from world import TravelWorld

        yield TravelWorld
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(FOLDER)):
                del sys.modules[name]


@pytest.fixture(scope="module")
def spec():
    sink = Sink()
    loaded = load(FOLDER, sink, {})
    assert not sink.diagnostics
    return loaded


def tour(world):
    """Call every tool once: (tool, arguments, result) in order."""
    made = []

    def call(tool, **arguments):
        made.append((tool, arguments, getattr(world, tool)(**arguments)))
        return made[-1][2]

    here, there = list(world.cities)[:2]
    friend, event = world.contacts["1"]["first_name"], world.events["0"]["title"]
    fresh = next(t for t in ("Tango", "Quiz", "Jazz") if t not in {row["title"] for row in world.events.values()})
    call("get_profile")
    call("update_phone", phone="+33 1 99 00 27 41")
    call("set_seat_preference", seat="aisle")
    call("list_airports", country=world.cities[here].country)
    airport = call("find_airport", city=here)["airport"]
    fare = call("get_airport_transfer", airport=airport)
    call("convert_currency", amount=fare["fare"], source=fare["currency"], target="GBP" if fare["currency"] != "GBP" else "USD")
    distance = call("get_distance", origin=here, destination=there)
    call("convert_unit", value=distance["distance"], source=distance["unit"], target="nmi")
    flights = call("search_flights", origin=here, destination=there, date=DAY)["flights"]
    call("get_flight_details", flight_id=flights[0]["flight_id"])
    booking = call("book_flight", flight_id=flights[0]["flight_id"], passenger="A B")["booking_id"]
    hold = call("hold_seat", flight_id=flights[1]["flight_id"])["hold_id"]
    call("confirm_hold", hold_id=hold, passenger="A B")
    call("list_bookings")
    call("add_baggage", booking_id=booking, bags=2)
    call("change_booking_date", booking_id=booking, date=LATER)
    call("get_booking", booking_id=booking)
    hotel = call("search_hotels", city=there, stars=4)["hotels"][0]["hotel_id"]
    call("quote_stay", hotel_id=hotel, nights=2)
    room = call("book_hotel", hotel_id=hotel, check_in=DAY, nights=2, guest="A B")["reservation_id"]
    call("cancel_hotel", reservation_id=room)
    contact = call("find_contact", name=friend)["contact_id"]
    call("send_message", contact_id=contact, body="Gate C4, 08:15")
    call("share_booking", booking_id=booking, contact_id=contact)
    call("reply_to_message", message_id=call("list_messages")["messages"][0]["message_id"], body="Code 4471")
    call("send_money", contact_id=contact, amount=20, currency="EUR")
    call("get_balance", account="checking")
    call("cancel_booking", booking_id=booking)
    call("list_events")
    call("set_reminder", event_id=call("find_event", title=event)["event_id"], minutes=30)
    added = call("create_event", title=fresh, guest=friend, date=DAY, time="10:30")["event_id"]
    call("move_event", event_id=added, date=LATER, time="16:00")
    call("delete_event", event_id=added)
    return made


def ids(made):
    """Every minted id of a tour, by where it came from."""
    found = {}
    for index, (_, _, result) in enumerate(made):
        lists = [item for value in result.values() if isinstance(value, list) for item in value]
        for place, record in enumerate([result, *lists]):
            found |= {(index, place, key): value for key, value in record.items() if key.endswith("_id")}
    return found


@pytest.mark.parametrize("seed", range(8))
def test_every_tool_returns_its_declared_type(world_class, spec, seed):
    made = tour(world_class(None, seed, NOW))
    assert {tool for tool, _, _ in made} == set(spec.tool)
    for tool, arguments, result in made:
        signature = spec.tool[tool]
        assert not violations(result, signature.returns, spec.type_table), tool
        assert set(arguments) <= {parameter.name for parameter in signature.parameters}
        assert json.loads(json.dumps(result)) == result


def test_same_state_and_seed_same_results(world_class):
    assert tour(world_class(None, 3, NOW)) == tour(world_class(None, 3, NOW))


def test_another_seed_mints_other_ids_for_the_same_things(world_class):
    state = world_class(None, 3, NOW).state()
    first, second = tour(world_class(state, 10, NOW)), tour(world_class(state, 11, NOW))
    left, right = ids(first), ids(second)
    assert left.keys() == right.keys()
    assert all(left[place] != right[place] for place in left)
    blank = [{key: value for key, value in result.items() if "id" not in key and not isinstance(value, list)} for _, _, result in first]
    other = [{key: value for key, value in result.items() if "id" not in key and not isinstance(value, list)} for _, _, result in second]
    assert blank == other


def test_ids_of_two_kinds_never_meet(world_class):
    kinds = {}
    for (_, _, key), value in ids(tour(world_class(None, 5, NOW))).items():
        assert kinds.setdefault(value, key) == key


def test_mint_is_a_permutation(world_class):
    from ids import PREFIX, mint, number_of

    for kind in PREFIX:
        codes = {mint(7, kind, number) for number in range(500)}
        assert len(codes) == 500
        assert all(number_of(7, kind, mint(7, kind, number)) == number for number in (0, 1, 499, (1 << 25) - 1))
    assert number_of(7, "flight", mint(7, "booking", 1)) is None


def test_ids_do_not_outlive_their_seed(world_class):
    state = world_class(None, 3, NOW).state()
    stale = world_class(state, 10, NOW).list_bookings()["bookings"][0]["booking_id"]
    with pytest.raises(ValueError, match="no booking"):
        world_class(state, 11, NOW).get_booking(booking_id=stale)


def test_state_round_trip(world_class):
    world = world_class(None, 2, NOW)
    tour(world)
    text = json.dumps(world.state())
    assert len(text) < 15_000
    again = world_class(json.loads(text), 2, NOW)
    assert again.state() == world.state()
    assert again.list_bookings() == world.list_bookings()


def test_snapshot_is_independent(world_class):
    world = world_class(None, 2, NOW)
    before = json.dumps(world.observe())
    copy = world.snapshot()
    tour(copy)
    assert json.dumps(world.observe()) == before
    assert json.dumps(copy.observe()) != before


def test_variants_are_different_people(world_class):
    worlds = [world_class(None, seed, NOW) for seed in range(8)]
    assert len({world.profile()["name"] for world in worlds}) >= 7
    assert len({tuple(row["name"] for row in world.contacts.values()) for world in worlds}) == 8
    assert len({tuple(world.cities) for world in worlds}) == 8


def test_flights_can_be_told_apart(world_class):
    world = world_class(None, 4, NOW)
    for origin in world.cities:
        for destination in world.cities:
            if origin == destination:
                continue
            flights = world.search_flights(origin, destination, DAY)["flights"]
            assert 3 <= len(flights) <= 4
            for key in ("flight_id", "departs", "price"):
                assert len({flight[key] for flight in flights}) == len(flights)
            parts = [world.search_flights(origin, destination, DAY, part_of_day=part)["flights"]
                     for part in ("morning", "afternoon", "evening")]
            assert [flight for part in parts for flight in part] == flights
            assert all(parts)


def test_bad_input_is_a_sentence(world_class):
    world = world_class(None, 1, NOW)
    here = next(iter(world.cities))
    for call in (
        lambda: world.search_flights(here, here, DAY),
        lambda: world.search_flights(here, "Atlantis", DAY),
        lambda: world.search_flights(here, list(world.cities)[1], "2026-02-01"),
        lambda: world.search_flights(here, list(world.cities)[1], "tomorrow"),
        lambda: world.book_flight("F00000", "A B"),
        lambda: world.add_baggage(world.list_bookings()["bookings"][0]["booking_id"], 9),
        lambda: world.send_money(world.find_contact(world.contacts["0"]["first_name"])["contact_id"], 1e9, "EUR"),
        lambda: world.find_contact("Nobody"),
        lambda: world.convert_currency(5.0, "USD", "USD"),
        lambda: world.create_event("Yoga", world.contacts["0"]["first_name"], DAY, "25:00"),
    ):
        with pytest.raises(ValueError, match=r"\.$"):
            call()


def test_every_tool_is_spoken_of_in_both_locales(spec):
    phrases, replies = Counter(), Counter()
    for template in spec.turns:
        if len(template.chain) == 1:
            phrases.update((template.chain[0][0], phrase.locale) for phrase in template.phrases)
    for template in spec.replies:
        if len(template.chain) == 1:
            replies.update((template.chain[0][0], phrase.locale) for phrase in template.phrases)
    able = {(template.tool, phrase.locale) for template in spec.capabilities for phrase in template.phrases}
    for tool in spec.tool:
        assert phrases[tool, "en"] >= 5, tool
        assert phrases[tool, "fr"] >= 3, tool
        assert {(tool, "en"), (tool, "fr")} <= able
        assert replies[tool, "en"] >= 2 <= replies[tool, "fr"], tool
