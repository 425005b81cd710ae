"""The offline teacher's rules: what a reference may mean, what a turn may ask, how its sentences join."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from spec_small import phrase, small_spec, turn

from magnetc.ir.path import Argument, Call, OutputSource, SignaturePath, Turn, TurnKind, UserSource
from magnetc.ir.script import Goal, ScriptTurn
from magnetc.ir.spec import Frame, Frames
from magnetc.ir.template import ReferTemplate
from magnetc.ir.trajectory import Reference, Value, Words, text_of
from magnetc.teachers.conversation import Conversation, Executed, Given, Pending
from magnetc.teachers.offline import OfflineTeacher
from magnetc.teachers.offline.frames import fill, finish, starting
from magnetc.teachers.offline.references import references
from magnetc.teachers.offline.words import goal_words

LIBRARY = Path(__file__).parents[2] / "specs" / "std" / "frames"
NOW = "2026-03-02T09:00:00Z"
TURNS = 60
"""Turns that a rule about drawn frames is watched in."""


@cache
def library(locale):
    document = yaml.safe_load((LIBRARY / f"{locale}.yaml").read_text(encoding="utf-8"))
    groups = tuple((name, tuple(Frame(**item) for item in items if "answer" not in item))
                   for name, items in document.items() if isinstance(items, list) and name != "prepositions")
    return Frames(locale=locale, groups=groups, elide=tuple(document["elide"].items()),
                  prepositions=tuple(document["prepositions"]))


def spec_of(*refers, turns=()):
    spec = small_spec()
    named = {refer.type for refer in refers}
    kept = tuple(refer for refer in spec.refers if refer.type not in named)
    chains = {template.chain for template in turns}
    return replace(spec, frames=(library("en"), library("fr")), refers=(*kept, *refers),
                   turns=(*(t for t in spec.turns if t.chain not in chains), *turns))


def refer(entity, *texts, pick="", by="", locale="en"):
    return ReferTemplate(type=entity, pick=pick, by=by, phrases=tuple(phrase(locale, text) for text in texts))


def call(name, function, goal="", **sources):
    arguments = tuple(Argument(pointer=f"/{key}", source=source) for key, source in sources.items())
    return Call(id=name, function=function, goal=goal or name, arguments=arguments)


def done(name, function, turn_index, result, **arguments):
    sources = {key: value for key, value in arguments.items() if isinstance(value, OutputSource)}
    plain = {key: value for key, value in arguments.items() if key not in sources}
    return Executed(call(name, function, **sources), turn_index, plain, result)


def conversation(*executed, spec=None, locale="en", said=(), **state):
    path = SignaturePath(id="free-000000", base="free-000000", name="free", locale=locale, variant=0, turns=(Turn(key="first"),))
    values = {f"/cities/*/{name}": list(items) for name, items in state.items()}
    return Conversation(spec or spec_of(), path, NOW, {"email": "mara@example.org"}, values, list(executed), said=list(said))


def pointed(talk, wanted, pointer, source):
    """What the user can say for an argument, with the values it would mean."""
    return {"".join(part.text for part in item.reference.parts): item.binding.value
            for item in references(wanted, pointer, source, talk, "key")}


def script_turn(key, *goals, **more):
    return ScriptTurn(key=key, kind=TurnKind.NORMAL, goals=goals, rounds=(), **more)


def text(parts):
    return "".join(text_of(part) for part in parts)


def bookings(*rows):
    return {"bookings": [{"booking_id": booking_id, "date": day} for booking_id, day in rows]}


CANCEL = call("c9", "cancel_booking", booking_id=OutputSource("c0", "/bookings/*/booking_id"))
LISTED = bookings(("B1", "2026-03-12"), ("B2", "2026-04-02"))


def cancelling(*executed, refers=()):
    return pointed(conversation(*executed, spec=spec_of(*refers)), CANCEL, "/booking_id", CANCEL.arguments[0].source)


def test_a_reference_names_one_value_of_its_type():
    told = cancelling(done("c0", "list_bookings", 0, LISTED))
    assert set(told) in ({"the booking on March 12"}, {"the booking on April 2"})
    same_day = bookings(("B1", "2026-03-12"), ("B2", "2026-03-12"))
    assert cancelling(done("c0", "list_bookings", 0, same_day)) == {}
    assert cancelling(done("c0", "list_bookings", 0, bookings(("B1", "2026-03-12")))) == {
        "that booking": "B1", "the booking on March 12": "B1"}


def test_a_pick_is_made_only_while_the_list_stands_as_it_was_told():
    first = refer("BookingId", "the first of those", pick="least", by="date")
    told = done("c0", "list_bookings", 0, LISTED)
    assert cancelling(told, refers=[first]) == {"the first of those": "B1"}
    written = done("c1", "cancel_booking", 1, {"refund": 10.0}, booking_id="B1")
    assert cancelling(told, written, refers=[first]) == {}
    listed_again = done("c2", "list_bookings", 1, bookings(("B3", "2026-03-05"), ("B4", "2026-03-06")))
    assert cancelling(told, listed_again, refers=[first]) == {}, "the words mean the last list"


def test_a_pick_is_not_made_where_the_same_turn_lists_anew():
    spec = spec_of(refer("BookingId", "the first of those", pick="least", by="date"))
    talk = conversation(done("c0", "list_bookings", 0, LISTED), spec=spec)
    listing = call("c8", "list_bookings")
    for calls, expected in (((CANCEL,), {"the first of those": "B1"}), ((CANCEL, listing), {"the first of those": "B1"}), ((listing, CANCEL), {})):
        talk.path = replace(talk.path, turns=(Turn(key="first"), Turn(key="second", calls=calls)))
        assert pointed(talk, CANCEL, "/booking_id", CANCEL.arguments[0].source) == expected


def test_what_a_later_write_has_changed_is_not_pointed_at():
    spec = spec_of(refer("Price", "the price on {date}"))
    budget = call("c9", "set_budget", amount=OutputSource("c1", "/refund"))
    refunded = done("c1", "cancel_booking", 1, {"refund": 10.0}, booking_id="B1")
    day = done("c0", "get_booking", 0, {"date": "2026-03-12", "origin": "Paris"}, booking_id="B1")
    source = OutputSource("c0", "/date")
    search = call("c8", "search_flights", date=source)
    dated = replace(spec, refers=(*spec.refers, refer("Date", "the day I leave {origin}")))
    assert pointed(conversation(day, spec=dated), search, "/date", source) == {"the day I leave Paris": "2026-03-12"}
    assert pointed(conversation(day, refunded, spec=dated), search, "/date", source) == {}
    assert pointed(conversation(day, refunded, spec=spec), budget, "/amount", budget.arguments[0].source) == {}


def test_bare_words_reach_back_to_the_last_results_only():
    spec = spec_of(refer("Price", "that amount"))
    budget = call("c9", "set_budget", amount=OutputSource("c1", "/refund"))
    refunded = done("c1", "cancel_booking", 1, {"refund": 10.0}, booking_id="B1")
    source = budget.arguments[0].source
    assert pointed(conversation(refunded, spec=spec), budget, "/amount", source) == {"that amount": 10.0}
    later = done("c2", "list_cities", 2, {"cities": ["Paris"]})
    assert pointed(conversation(refunded, later, spec=spec), budget, "/amount", source) == {}
    taken = done("c2", "set_budget", 1, {}, amount=OutputSource("c1", "/refund"))
    assert pointed(conversation(refunded, taken, spec=spec), budget, "/amount", source) == {}, "the reply did not tell it"


def test_the_only_item_of_a_list_is_named_by_bare_words_right_after_it():
    only = refer("FlightId", "that flight", pick="only")
    book = call("c9", "book_flight", flight_id=OutputSource("c0", "/flights/*/flight_id"))
    found = done("c0", "search_flights", 0, {"flights": [{"flight_id": "F1", "price": 90.0, "departs": "2026-03-12"}]})
    later = done("c1", "list_cities", 1, {"cities": ["Paris"]})
    source = book.arguments[0].source
    assert pointed(conversation(found, spec=spec_of(only)), book, "/flight_id", source) == {"that flight": "F1"}
    assert pointed(conversation(found, later, spec=spec_of(only)), book, "/flight_id", source) == {}


def test_bare_words_do_not_mean_what_the_user_named_otherwise():
    distance = call("c9", "get_distance", destination=OutputSource("c0", "/zipcode"))
    found = done("c0", "get_zipcode", 0, {"zipcode": "94103"}, city="Paris")
    source = distance.arguments[0].source
    told = pointed(conversation(found), distance, "/destination", source)
    assert told == {"that zip code": "94103", "the zip code of Paris": "94103"}
    rivalled = conversation(found, said=[("ZipCode", "94401")])
    assert pointed(rivalled, distance, "/destination", source) == {"the zip code of Paris": "94103"}


def test_before_its_call_has_run_only_words_without_slots_point():
    source = OutputSource("c0", "/zipcode")
    wanted = call("c1", "get_distance", destination=source)
    found = list(references(wanted, "/destination", source, conversation(), "key"))
    assert [("".join(p.text for p in item.reference.parts), item.binding) for item in found] == [
        ("that zip code", Pending("c0", "/zipcode"))]


def test_that_a_list_has_one_item_is_not_said_before_it_was_told():
    source = OutputSource("c0", "/flights/*/flight_id")
    wanted = call("c1", "book_flight", flight_id=source)
    only, cheapest = refer("FlightId", "that flight", pick="only"), refer("FlightId", "the cheapest", pick="least", by="price")
    found = list(references(wanted, "/flight_id", source, conversation(spec=spec_of(only, cheapest)), "key"))
    assert [text(item.reference.parts) for item in found] == ["the cheapest"]


def test_nobody_asks_again_for_what_they_were_just_told():
    wanted = call("c1", "get_zipcode", city=UserSource("t1"))
    asked = script_turn("t1", Goal(calls=(wanted,)))
    fresh = conversation(name=["Paris"])
    assert goal_words(asked.goals[0], asked, fresh, (), 0).bindings == {("c1", "/city"): Given("Paris")}
    told = conversation(done("c0", "get_zipcode", 0, {"zipcode": "94103"}, city="Paris"), name=["Paris"])
    assert goal_words(asked.goals[0], asked, told, (), 0) is None


def test_two_arguments_of_one_goal_have_two_names():
    wanted = call("c1", "get_distance", origin=UserSource("t1"), destination=UserSource("t1"))
    for attempt in range(TURNS):
        asked = script_turn("t1", Goal(calls=(wanted,)))
        words = goal_words(asked.goals[0], asked, conversation(), (), attempt)
        if words:
            assert len({binding.value for binding in words.bindings.values()}) == 2


def test_a_value_without_words_is_the_last_that_was_told():
    template = turn("convert_unit", en="convert it to {to}")
    spec = spec_of(turns=[template])
    first = done("c0", "get_distance", 0, {"distance": 10.0}, origin="94103", destination="94401")
    second = done("c1", "get_distance", 1, {"distance": 20.0}, origin="94401", destination="94103")
    for producer, works in (("c0", False), ("c1", True)):
        wanted = call("c2", "convert_unit", value=OutputSource(producer, "/distance"), to=UserSource("t2"))
        asked = script_turn("t2", Goal(calls=(wanted,)))
        words = goal_words(asked.goals[0], asked, conversation(first, second, spec=spec), (), 0)
        assert (words is not None) is works
    assert words.bindings["c2", "/value"] == Given(20.0, "/distance")


def merged(locale, city_text, distance_text):
    """The words of many turns that ask for a zip code and then for the cities."""
    spec = spec_of(turns=[turn("get_zipcode", **{locale: city_text}), turn("list_cities", **{locale: distance_text})])
    for index in range(TURNS):
        goals = (Goal(calls=(call("c0", "get_zipcode", city=UserSource("t")),)), Goal(calls=(call("c1", "list_cities"),)))
        talk = conversation(spec=spec, locale=locale, name=["Orlando"])
        yield text(next(OfflineTeacher().propose(script_turn(f"t{index}", *goals), talk)).parts)


def test_both_goals_of_a_merged_turn_are_said_once():
    for words in merged("en", "find the zip code of {city}", "list the cities"):
        assert words.lower().count("find the zip code of orlando") == 1
        assert words.lower().count("list the cities") == 1


def test_a_sentence_behind_a_link_is_lower_cased_and_plain():
    links = {item["text"].replace("{A}", "").replace("{b}", "").strip()
             for item in yaml.safe_load((LIBRARY / "en.yaml").read_text(encoding="utf-8"))["next"]} - {"{B}"}
    seen = 0
    for words in merged("en", "find the zip code of {city}", "list the cities"):
        for link in links:
            if f" {link} " in words:
                after = words.split(f" {link} ")[1]
                assert after[0].islower() or re.match(r"I\b", after), words
                assert not re.search("favor|hurry|short on time", after), words
                seen += 1
    assert seen > TURNS / 6


def test_help_is_asked_for_once_and_at_the_end():
    say = replace(turn("list_cities"), phrases=(phrase("en", "I need a list of the cities", "say"),))
    spec = spec_of(turns=[say])
    for index in range(TURNS):
        goals = (Goal(calls=(call("c0", "list_cities"),)), Goal(calls=(call("c1", "get_zipcode", city=UserSource("t")),)))
        proposal = next(OfflineTeacher().propose(script_turn(f"t{index}", *goals), conversation(spec=spec, name=["Paris"])))
        before = re.split("list of the cities", text(proposal.parts), flags=re.IGNORECASE)[1].partition("zip code")[0]
        assert "help" not in before, text(proposal.parts)


def test_a_value_that_begins_the_second_sentence_is_lower_cased_too():
    spec = spec_of(turns=[turn("get_zipcode", en="find the zip code of {city}")])
    say = replace(turn("search_flights"), phrases=(phrase("en", "{date:on} is fine", "say"),))
    spec = replace(spec, turns=(*(t for t in spec.turns if t.chain != say.chain), say))
    for index in range(TURNS):
        goals = (Goal(calls=(call("c0", "get_zipcode", city=UserSource("t")),)),
                 Goal(calls=(call("c1", "search_flights", date=UserSource("t")),)))
        proposal = next(OfflineTeacher().propose(script_turn(f"t{index}", *goals), conversation(spec=spec, name=["Paris"])))
        words = text(proposal.parts)
        assert not re.search("[,:] On ", words), words


def test_a_word_that_elides_is_not_left_out_before_the_second_of_two_joined_phrases():
    joined = 0
    for words in merged("fr", "chercher le code de {city}", "lister les villes"):
        if "lister les villes" in words and ". " not in words.partition("chercher")[2] and " ? " not in words.partition("chercher")[2]:
            assert " de chercher" not in words, words
            joined += 1
    assert joined > TURNS / 6


def test_elision_and_contraction_where_words_meet_values():
    frames = library("fr")
    filled = fill("J'ai besoin de {phrase}.", {"phrase": (Reference((Words("le dernier vol"),)),)}, "fr")
    assert text(finish(filled, frames)) == "J'ai besoin du dernier vol."
    filled = fill("Il faut répondre à {phrase}.", {"phrase": (Reference((Words("le message de Nora"),)),)}, "fr")
    assert text(finish(filled, frames)) == "Il faut répondre au message de Nora."
    filled = fill("Je pars de {phrase}.", {"phrase": (Value("Orlando"),)}, "fr")
    assert text(finish(filled, frames)) == "Je pars d'Orlando."
    filled = fill("Merci de {phrase}.", {"phrase": (Words("le réserver"),)}, "fr")
    assert text(finish(filled, frames)) == "Merci de le réserver.", "a pronoun is no article"


def answers(locale, function, parameter, value, template):
    spec = spec_of(turns=[template])
    for index in range(TURNS):
        wanted = call("c0", function, **{parameter: UserSource("t")})
        talk = conversation(spec=spec, locale=locale)
        talk.bindings["c0", f"/{parameter}"] = Given(value)
        asked = script_turn(f"t{index}", Goal(calls=(wanted,)), answers=(f"c0/{parameter}",))
        yield text(next(OfflineTeacher().propose(asked, talk)).parts)


def test_an_answer_stands_in_the_quotes_of_the_phrase_it_was_left_out_of():
    for words in answers("en", "get_zipcode", "city", "Gate B12", turn("get_zipcode", en="look for “{city}”")):
        assert "“Gate B12”" in words


def test_a_french_date_keeps_its_article_in_an_answer():
    for words in answers("fr", "search_flights", "date", "2026-04-06", turn("search_flights", fr="partir {date:on}")):
        assert re.search("\\ble (lundi )?6 avril", words.lower()), words


@pytest.mark.parametrize(("value", "said"), [("premium", "Premium"), ("fix-typos", "fix-typos"), ("main", "Main")])
def test_a_sentence_that_begins_with_a_value_keeps_names_that_case_is_part_of(value, said):
    assert starting((Value(value),), "en", upper=True) == (Value(said),)
