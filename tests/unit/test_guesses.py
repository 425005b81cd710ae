"""What is guessed of imported tools: words of names, effects, meanings, and entities that tools share."""

import ast
import json
from pathlib import Path

import pytest

from magnetc.tools.guesses.effects import EffectGuess, guess_effect
from magnetc.tools.guesses.entities import guess_entities
from magnetc.tools.guesses.words import singular, type_name, unit_of, words
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.python import import_python
from magnetc.tools.importers.python.effects import touched, touched_by_import
from magnetc.tools.importers.python.module import Module

IMPORTS = Path(__file__).parents[1] / "data" / "imports"


def tool(name, properties=None, returns=None, required=None, **more):
    properties = properties or {}
    return {
        "name": name,
        "description": "",
        "parameters": {"type": "object", "properties": properties, "required": list(properties) if required is None else required},
        **({"returns": returns} if returns else {}),
        **more,
    }


def record(**properties):
    return {
        "type": "object",
        "properties": {name: {"type": "string"} if each is str else each for name, each in properties.items()},
        "required": list(properties),
    }


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("name", "parts"), [("flightId", ("flight", "id")), ("HTTPServer2", ("http", "server", "2")), ("get_FlightID", ("get", "flight", "id"))]
)
def test_words(name, parts):
    assert words(name) == parts


def test_singular_units_and_names_of_types():
    assert [singular(each) for each in ("cities", "boxes", "status", "news", "flights", "glass")] == [
        "city",
        "box",
        "status",
        "news",
        "flight",
        "glass",
    ]
    assert [unit_of(each) for each in ("weight_kg", "kg", "mg_per_kg", "durationMinutes")] == ["kg", "", "", "min"]
    assert type_name("3", "d") == "T3D"


@pytest.mark.parametrize(
    ("raw", "effect", "confidence"),
    [
        (tool("get_pet"), "reads", 0.85),
        (tool("pet", description="Deletes a pet."), "writes", 0.7),
        (tool("add_pet", description="Creates a pet."), "writes", 0.95),
        (tool("get_pet", effect="writes"), "writes", 1.0),
        (tool("frobnicate"), "writes", 0.3),
    ],
)
def test_effects(raw, effect, confidence):
    guess = guess_effect(raw)
    assert (guess.effect, guess.confidence) == (effect, confidence)


def test_what_code_shows_counts_for_more_than_words():
    shown = EffectGuess(effect="reads", confidence=0.95, reason="its code")
    assert guess_effect(tool("add"), shown) is shown
    assert guess_effect(tool("add", effect="writes"), shown).effect == "writes"


def types_of(*tools):
    guesses = guess_entities(tools)
    return {each.name: dict(each.definition) for each in guesses.types}, {each.leaf.place: each.type for each in guesses.places}, guesses


def test_an_id_that_a_tool_returns_is_minted_and_shared():
    types, places, _ = types_of(
        tool("search_flights", {}, record(flights={"type": "array", "items": record(id=str, gate=str)})),
        tool("book_flight", {"flight_id": TEXT}, record(booking_id=str)),
        tool("cancel", {"bookingId": TEXT}),
    )
    assert types == {"FlightId": {"base": "string", "minted": True}, "BookingId": {"base": "string", "minted": True}}
    assert places == {
        ("search_flights", True, "/flights/*/id"): "FlightId",
        ("book_flight", False, "/flight_id"): "FlightId",
        ("book_flight", True, "/booking_id"): "BookingId",
        ("cancel", False, "/bookingId"): "BookingId",
    }


def test_an_id_that_is_only_echoed_is_not_minted():
    types, _, guesses = types_of(tool("get_user", {"user_id": TEXT}, record(user_id=str)))
    assert types == {"UserId": {"base": "string"}} or not types
    assert [leaf.name for leaf in guesses.untyped] == ["user_id"]
    types, _, guesses = types_of(tool("get_user", {"user_id": {**TEXT, "examples": ["u1", "u2"]}}))
    assert types == {"UserId": {"base": "string", "examples": ["u1", "u2"]}}
    assert not guesses.untyped


def test_formats_names_enums_bounds_and_examples():
    types, places, _ = types_of(
        tool(
            "plan",
            {
                "when": {**TEXT, "format": "date"},
                "home_city": TEXT,
                "email": TEXT,
                "cabin": {"enum": ["a", "b"]},
                "nights": {"type": "integer", "minimum": 1, "maximum": 9},
                "weight_kg": {"type": "number"},
                "dish": {**TEXT, "description": "What to eat, e.g. 'ramen'."},
                "flag": {"type": "boolean"},
            },
        )
    )
    assert {place[2]: name for place, name in places.items()} == {
        "/when": "Date",
        "/home_city": "CityName",
        "/email": "Email",
        "/cabin": "Cabin",
        "/nights": "Nights",
        "/weight_kg": "WeightKg",
        "/dish": "Dish",
    }
    assert types == {
        "Cabin": {"base": "string", "enum": ["a", "b"]},
        "Nights": {"base": "integer", "range": [1, 9]},
        "WeightKg": {"base": "number", "range": [1, 50], "unit": "kg"},
        "Dish": {"base": "string", "examples": ["ramen"]},
    }


def test_one_name_for_two_sets_of_values():
    _, places, _ = types_of(tool("list_seats", {"kind": {"enum": ["a"]}}), tool("price_meal", {"kind": {"enum": ["b"]}}))
    assert set(places.values()) == {"Kind", "MealKind"}


def test_a_field_of_the_same_name_flows_unless_it_is_vague():
    _, places, _ = types_of(tool("find_shop", {}, record(postcode=str, title=str)), tool("route", {"postcode": TEXT, "title": TEXT}))
    assert places["route", False, "/postcode"] == places["find_shop", True, "/postcode"] == "Postcode"
    assert ("find_shop", True, "/title") not in places


def test_recursive_results_end():
    node = {"type": "object", "properties": {"node_id": TEXT, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}
    types, _, _ = types_of(tool("tree", {}, {"$ref": "#/$defs/Node", "$defs": {"Node": node}}), tool("cut", {"node_id": TEXT}))
    assert types == {"NodeId": {"base": "string", "minted": True}}


CODE = """
import requests, random, json
from datetime import datetime
DATA = {}
class Store:
    def put(self, key): self.items[key] = 1
    def peek(self, key): return self._look(key)
    def _look(self, key): return self.items.get(key)
    def count(self): return len(self.items)
def pure(a): return json.dumps([a])
def local(a):
    found = []
    found.append(a)
    return found
def write(a): DATA[a] = 1
def deep(a):
    row = DATA.get(a)
    row.append(1)
def helper(a): write(a)
def swap():
    global DATA
    DATA = {}
def now(): return datetime.now()
def luck(): return random.random()
def net(a): return requests.get(a)
def disk(a): return open(a).read()
def through(a): return disk(a)
def loop():
    for each in DATA.values():
        each.clear()
def shout(a): import os; return os.getcwd()
def dynamic(a): return getattr(json, a)(1)
open("log")
"""


@pytest.mark.parametrize(
    ("name", "changes", "unsteady", "outside"),
    [
        ("pure", False, False, []),
        ("local", False, False, []),
        ("write", True, False, []),
        ("deep", True, False, []),
        ("helper", True, False, []),
        ("swap", True, False, []),
        ("now", False, True, []),
        ("luck", False, True, []),
        ("net", False, False, ["requests.get"]),
        ("disk", False, False, ["open"]),
        ("through", False, False, ["open"]),
        ("loop", True, False, []),
        ("shout", False, False, ["import os"]),
        ("dynamic", False, False, ["what is computed"]),
    ],
)
def test_what_functions_touch(tmp_path, name, changes, unsteady, outside):
    (tmp_path / "m.py").write_text(CODE)
    module = Module.read(tmp_path / "m.py")
    found = touched(module.definitions[name], module)
    assert (found.changes, found.unsteady, found.outside) == (changes, unsteady, outside)


def test_what_importing_touches(tmp_path):
    (tmp_path / "m.py").write_text(CODE)
    assert touched_by_import(Module.read(tmp_path / "m.py")).outside == ["open"]


@pytest.mark.parametrize(("name", "changes"), [("put", True), ("peek", False), ("count", False)])
def test_what_methods_touch(tmp_path, name, changes):
    (tmp_path / "m.py").write_text(CODE)
    module = Module.read(tmp_path / "m.py")
    methods = {each.name: each for each in module.definitions["Store"].body if isinstance(each, ast.FunctionDef)}
    assert touched(methods[name], module, methods).changes is changes


def test_a_whole_module():
    tools = import_python("clinic.py", Place(folder=IMPORTS, site_packages=lambda: IMPORTS)).functions
    guesses = guess_entities(tools)
    minted = {each.name for each in guesses.types if each.definition.get("minted")}
    assert minted == {"OwnerId", "PetId", "VisitId", "InvoiceId"}
    assert not guesses.untyped
    assert json.dumps([dict(each.definition) for each in guesses.types])
