"""Sentences: capitals, elision, spaces, skeletons, and whether a text says a value."""

import pytest

from magnetc.ir.trajectory import Reference, Value, Words, text_of
from magnetc.ir.types import EntityType
from magnetc.surface import (
    capitalise,
    elide,
    elide_parts,
    join,
    join_parts,
    lower_first,
    occurs,
    tidy,
    tidy_parts,
)

NOW = "2026-03-02T09:00:00Z"
RULES = (("de", "d'"), ("que", "qu'"), ("de le", "du"))
DATE = EntityType(name="Date", base="string", format="date")
USD = EntityType(name="Usd", base="number", unit="USD")
COUNT = EntityType(name="Count", base="integer", minimum=1)


@pytest.mark.parametrize(("text", "expected"), [
    ("book it", "Book it"), ("à midi", "À midi"), ("jonas@example.org it is", "jonas@example.org it is"), ("", ""),
    ("« bonjour »", "« Bonjour »"), ("iPhone cases", "iPhone cases"), ("d'Orlando à Lyon", "D'Orlando à Lyon"),
    ("x7k2 please", "x7k2 please"), ("7:05 am", "7:05 am"),
])
def test_capitalise(text, expected):
    assert capitalise(text) == expected


@pytest.mark.parametrize(("text", "locale", "expected"), [
    ("Could you go?", "en", "could you go?"), ("I'd go.", "en", "I'd go."), ("I have to.", "en", "I have to."),
    ("NASA is up.", "en", "NASA is up."), ("Thursday works.", "en", "Thursday works."), ("Jeudi me va.", "fr", "jeudi me va."),
    ("A flight, please.", "en", "a flight, please."), ("Jonas is late.", "en", "Jonas is late."),
    ("D'accord.", "fr", "d'accord."), ("Il faut partir.", "fr", "il faut partir."),
])
def test_lower_first(text, locale, expected):
    assert lower_first(text, locale, names=("Jonas",)) == expected


@pytest.mark.parametrize(("before", "value", "expected"), [
    ("un vol de ", "Orlando", "un vol d'Orlando"), ("De ", "Évian", "D'Évian"), ("de ", "Hambourg", "de Hambourg"),
    ("de ", "Honfleur", "d'Honfleur"), ("de ", "York", "de York"), ("de ", "Yverdon", "d'Yverdon"),
    ("de ", "11 h", "de 11 h"), ("réserve-le de ", "onze", "réserve-le de onze"), ("à partir de ", "le 12", "à partir du 12"),
    ("de ", "Le Mans", "de Le Mans"), ("fade ", "Anna", "fade Anna"), ("pour ", "Anna", "pour Anna"),
])
def test_elide(before, value, expected):
    assert "".join(elide(before, value, RULES)) == expected


def test_elide_parts_reaches_where_a_frame_met_a_phrase():
    parts = (Words("Est-il possible de annuler le vol de "), Value("Orlando"), Words(" à partir de "), Value("le 12"),
             Words(" et de le dire"))
    done = elide_parts(parts, RULES)
    assert "".join(map(text_of, done)) == "Est-il possible d'annuler le vol d'Orlando à partir du 12 et de le dire"
    assert [type(part) for part in done] == [type(part) for part in parts]
    reference = (Words("à partir de "), Reference((Words("le moins cher"),)))
    assert "".join(map(text_of, elide_parts(reference, RULES))) == "à partir du moins cher"
    assert elide_parts(parts, ()) == parts


def test_tidy():
    assert tidy(" Hello ,  world ? Yes .", "en") == "Hello, world? Yes."
    assert tidy("Bonjour, ça va? Oui!", "fr") == "Bonjour, ça va ? Oui !"
    assert tidy("See https://x.org/?a=1.", "fr") == "See https://x.org/?a=1."
    assert tidy("Done..", "en") == "Done."
    assert tidy("Wait...", "en") == "Wait..."


def test_tidy_parts_leaves_values_alone():
    parts = (Words("Write  to "), Words(" "), Value("Acme  Inc."), Words(" ."))
    assert tidy_parts(parts, "en") == (Words("Write to "), Value("Acme  Inc."))


def test_join():
    assert [join(list("ABC"[:n]), "en") for n in range(4)] == ["", "A", "A and B", "A, B and C"]
    items = ((Value("A"),), (Value("B"),), (Value("C"),))
    assert "".join(map(text_of, join_parts(items, "fr"))) == "A, B et C"


@pytest.mark.parametrize(("value", "entity", "locale", "text", "expected"), [
    ("2026-03-12", DATE, "en", "Leave on the 12th, please.", True), ("2026-03-12", DATE, "en", "Leave on the 13th.", False),
    ("2026-03-12", DATE, "en", '{"date":"2026-03-12"}', True), ("2026-03-03", DATE, "fr", "Demain matin", True),
    ("2026-03-01", DATE, "en", "March 12", False), (350, USD, "en", "It costs $350.", True),
    (350, USD, "en", "It costs $350.00.", True), (350, USD, "en", "It costs $1,350.", False),
    (350, USD, "en", "It costs $350.50", False), (1350, USD, "en", "It costs $1,350.", True), (350, USD, "en", "F350", False),
    (5, COUNT, "en", "2026-03-05", False), (5, COUNT, "en", "12-5-3", False), (5, COUNT, "en", "five nights", True),
    (1, COUNT, "en", "the cheapest one", False), (12, COUNT, "en", "at 12:30", False), (12, COUNT, "en", "it is -12", False),
    ("Ann", None, "en", "Annie and Bob", False), ("Ann", None, "en", "Bob and ann.", True), ("", None, "en", "x", False),
    (True, None, "en", '{"a":true}', True), (None, None, "en", "null", False), ({"a": 1}, None, "en", "1", False),
    (["Ann", "Bob"], None, "en", "Bob, then Ann", True), (["Ann", "Eve"], None, "en", "Bob, then Ann", False),
    (184.0, None, "en", '{"price":184.0}', True), (1234.5, USD, "fr", "1 234,50 $", True),
])
def test_occurs(value, entity, locale, text, expected):
    assert occurs(value, entity, locale, NOW, text) is expected
