"""What names mean in a recipe whose tools are declared in JSON Schema and take objects."""

from pathlib import Path

import pytest

from magnetc.lsp.checked import check_recipe
from magnetc.lsp.hover import hover
from magnetc.lsp.named import name_at

FERRY = Path(__file__).parents[1] / "data" / "recipes" / "ferry"


@pytest.fixture(scope="module")
def ferry():
    checked = check_recipe(FERRY, {})
    assert checked.spec
    return checked


def at(checked, file, around, inside):
    """The offset of `inside` within the first occurrence of `around`."""
    text = checked.sink.files[file].text
    return text.index(around) + around.index(inside) + 1


@pytest.mark.parametrize(("file", "around", "inside", "expected"), [
    ("tools.yaml", "x-entity: SailingId", "SailingId", ("type", "SailingId", "")),
    ("ferry.magnet", "ferry from {origin}", "origin", ("parameter", "origin", "find_sailings")),
    ("ferry.magnet", "address is {contact.email}", "contact", ("parameter", "contact", "book_sailing")),
    ("ferry.magnet", "to {trip.destination}", "trip", ("parameter", "trip", "get_fare")),
    ("ferry.magnet", "ask book_sailing.cabin", "cabin", ("parameter", "cabin", "book_sailing")),
])
def test_a_name_is_what_it_says(ferry, file, around, inside, expected):
    named = name_at(ferry, file, at(ferry, file, around, inside))
    assert (named.sort, named.name, named.owner) == expected
    place = ferry.document(named.origin.file, named.origin.pointer)
    assert place[1] in place[0].spans


def test_keys_of_json_schema_are_not_told_to_be_those_of_a_parameter(ferry):
    assert hover(ferry, "tools.yaml", at(ferry, "tools.yaml", "additionalProperties: false", "additional")) is None
    assert hover(ferry, "tools.yaml", at(ferry, "tools.yaml", "minLength: 3", "min")) is None
    text, _ = hover(ferry, "tools.yaml", at(ferry, "tools.yaml", "effect: reads", "effect"))
    assert "observable state" in text
    text, _ = hover(ferry, "tools.yaml", at(ferry, "tools.yaml", "parameters:", "param"))
    assert "JSON Schema" in text


@pytest.mark.parametrize("file", ["tools.yaml", "ferry.magnet"])
def test_every_place_of_a_file_can_be_asked_about(ferry, file):
    places = range(0, len(ferry.sink.files[file].text), 7)
    named = {offset for offset in places if name_at(ferry, file, offset)}
    told = {offset for offset in places if hover(ferry, file, offset)}
    assert named
    assert named <= told, "a name that can be gone to says what it is"
