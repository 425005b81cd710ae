"""Values that a type does not have: where they come from, how they are said and read back."""

import pytest

from magnetc.ir.conform import violations
from magnetc.ir.types import EntityType, ListOf, Ref, Said, TypeTable
from magnetc.surface.impossible import impossible_values, read_impossible, say_impossible

NOW = "2026-03-02T09:00:00Z"


def table(*types):
    return TypeTable({entity.name: entity for entity in types})


def said(value, locale, *forms):
    return Said(value=value, locale=locale, forms=forms)


CABIN = EntityType(name="Cabin", base="string", said=(said("economy", "en", "coach"), said("first", "en", "first class")))
TYPES = table(
    CABIN,
    EntityType(name="Choice", base="string", parent="Cabin", enum=("economy", "business"), said=(said("economy", "en", "coach"),)),
    EntityType(name="Nights", base="integer", minimum=1, maximum=9),
    EntityType(name="Worded", base="integer", minimum=1, maximum=3, said=(said(1, "en", "one bag"),)),
    EntityType(name="Amount", base="number", minimum=10, maximum=240, step=5, unit="USD"),
    EntityType(name="Lead", base="integer", enum=(15, 30, 60)),
    EntityType(name="Zip", base="string", pattern="^[0-9]{5}$", examples=("94103",)),
    EntityType(name="Free", base="string", examples=("a note",)),
    EntityType(name="Day", base="string", format="date", days=(1, 30)),
)


@pytest.mark.parametrize(("name", "expected"), [
    ("Choice", ("first",)), ("Nights", (10, 13, 18, 25, 34, 45)), ("Worded", ()), ("Amount", (245, 260, 285, 320, 365, 420)),
    ("Lead", (61, 64, 69, 76, 85, 96)), ("Zip", ("9410", "941033")), ("Free", ()), ("Day", ()), ("string", ()),
])
def test_what_there_is(name, expected):
    assert impossible_values(Ref(name), TYPES, "en", NOW) == expected


def test_a_list_has_none():
    assert impossible_values(ListOf(Ref("Nights")), TYPES, "en", NOW) == ()


def test_words_are_of_the_locale():
    assert impossible_values(Ref("Choice"), TYPES, "fr", NOW) == ()


@pytest.mark.parametrize("name", ["Choice", "Nights", "Amount", "Lead", "Zip"])
def test_each_violates_its_type_and_reads_back(name):
    entity = TYPES.get(name)
    for value in impossible_values(Ref(name), TYPES, "en", NOW):
        assert violations(value, Ref(name), TYPES)
        for form in say_impossible(value, entity, TYPES, "en", NOW):
            assert value in read_impossible(form.text, entity, TYPES, "en", NOW)


def test_the_type_that_has_words_says_it():
    bags = EntityType(name="Luggage", base="integer", said=(said(6, "en", "six bags"),))
    types = table(bags, EntityType(name="Bags", base="integer", parent="Luggage", minimum=1, maximum=3))
    assert [form.text for form in say_impossible(6, types.get("Bags"), types, "en", NOW)] == ["six bags"]
