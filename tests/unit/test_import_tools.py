"""Imported tools: JSON Schema as types, the lock, and refinements."""

import json

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.frontend.json_schema import imported_tool, normalised, schema_type
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import Effect
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref
from magnetc.source import Origin
from magnetc.tools.importers import IMPORTERS

RECIPE = """kind: recipe
name: trips
version: 1.0.0
seed: 7
world: {python: "world:Trips", now: "2026-03-02T09:00:00Z"}
include: [std/types, trips.magnet]
"""
TOOL = {
    "name": "get_cost",
    "description": "Cost of a flight.",
    "parameters": {"type": "dict", "required": ["day"], "properties": {
        "day": {"type": "string", "description": "When."},
        "stops": {"type": "tuple", "items": {"type": "string"}, "default": "None"},
        "limit": {"type": "float", "default": 5.5},
        "extra": {"type": "dict", "properties": {"note": {"type": "string"}}}}},
    "returns": {"type": "dict", "properties": {"costs": {"type": "array", "items": {"type": "float"}}, "note": {"type": "string"}}},
}


def run(folder, text, lock=None):
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "trips.magnet").write_text(text, encoding="utf-8")
    if lock is not None:
        (folder / "magnetc.lock").write_text(lock if isinstance(lock, str) else json.dumps(lock), encoding="utf-8")
    sink = Sink()
    return load(folder, sink, IMPORTERS), sink


def lock_of(*tools):
    return {"version": 1, "tools": {"bfcl:Travel": {"digest": "", "functions": list(tools)}}}


@pytest.mark.parametrize(("schema", "expected"), [
    ({"type": "float"}, Ref("number")),
    ({"type": ["string", "null"]}, Ref("string", nullable=True)),
    ({"type": ["string", "integer"]}, Ref("object")),
    ({"type": "array", "items": {"type": "dict", "properties": {"a": {"type": "int"}}, "required": ["a"]}},
     ListOf(Record((Field("a", Ref("integer")),)))),
    ({"type": "array"}, ListOf(Ref("object"))),
    ({"type": "object", "additionalProperties": {"type": "boolean"}}, MapOf(Ref("boolean"))),
    ({"type": "object"}, Ref("object")),
    ({"properties": {"a": {"type": "string"}}}, Record((Field("a", Ref("string"), True),))),
    ({"anyOf": [{"type": "string"}]}, Ref("object")),
    (True, Ref("object")),
])
def test_schema_type(schema, expected):
    assert schema_type(normalised(schema)) == expected


def test_an_imported_tool_keeps_its_schema_in_json_schema_words():
    tool = imported_tool(TOOL, "Travel", Origin("", ""))
    day, stops, limit, extra = tool.parameters
    assert (day.required, stops.required, limit.required, extra.required) == (True, False, False, False)
    assert (stops.default, limit.default) == (None, 5.5)
    assert json.loads(stops.schema) == {"type": "array", "items": {"type": "string"}}
    assert json.loads(extra.schema)["type"] == "object"
    assert tool.category == "Travel"


def test_refine_changes_what_it_names_only(tmp_path):
    spec, sink = run(tmp_path, 'tools from bfcl "Travel"\nrefine get_cost(day: Date, limit: Count = 3) -> {costs: [Percent]} writes {\n'
                               '  day "The day."\n  where limit <= 9\n}\n', lock_of(TOOL))
    assert spec, [d.message for d in sink.diagnostics]
    tool = spec.tool["get_cost"]
    assert [p.type for p in tool.parameters[:3]] == [Ref("Date"), ListOf(Ref("string")), Ref("Count")]
    assert tool.effect is Effect.WRITES
    assert tool.description == "Cost of a flight."
    assert tool.returns == Record((Field("costs", ListOf(Ref("Percent"))), Field("note", Ref("string"), True)))
    shown = tool_schema(tool, spec.type_table)["function"]["parameters"]["properties"]
    assert shown["day"] == {"type": "string", "description": "The day."}
    assert shown["limit"] == {"type": "number", "default": 3}


def test_an_imported_tool_has_the_effect_that_its_source_declares():
    assert imported_tool({**TOOL, "effect": "writes"}, "", Origin("", "")).effect is Effect.WRITES
    assert imported_tool({**TOOL, "returns": {"type": "null"}}, "", Origin("", "")).returns == Record(())
    with pytest.raises(ValueError, match="wipes"):
        imported_tool({**TOOL, "effect": "wipes"}, "", Origin("", ""))


def test_a_parameter_can_become_required(tmp_path):
    spec, _ = run(tmp_path, 'tools from bfcl "Travel"\n', lock_of(TOOL))
    assert not spec.tool["get_cost"].parameter("limit").required
    (tmp_path / "more.yaml").write_text("kind: tools\nrefine: {get_cost: {parameters: {limit: {optional: false}}}}\n")
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("trips.magnet", "trips.magnet, more.yaml"))
    limit = load(tmp_path, Sink(), IMPORTERS).tool["get_cost"].parameter("limit")
    assert limit.required
    assert (limit.default, json.loads(limit.schema)) == (None, {"type": "number"})


@pytest.mark.parametrize(("lock", "code"), [
    (None, "MG501"),
    ({"version": 1, "tools": {}}, "MG501"),
    ("{", "MG503"),
    ({"version": 1}, "MG503"),
    ({"version": 1, "tools": {"bfcl:Travel": {"functions": [{"name": 3}]}}}, "MG503"),
    ({"version": 1, "tools": {"bfcl:Travel": {"functions": ["f"]}}}, "MG503"),
    ({"version": 1, "tools": {"bfcl:Travel": {"functions": [{"name": "f", "parameters": {"properties": [1]}}]}}}, "MG503"),
])
def test_a_lock_that_does_not_serve(tmp_path, lock, code):
    spec, sink = run(tmp_path, 'tools from bfcl "Travel"\n', lock)
    assert spec is None
    assert [d.code for d in sink.diagnostics] == [code]


def test_an_import_and_a_declaration_of_one_name(tmp_path):
    _, sink = run(tmp_path, 'tools from bfcl "Travel"\ntool get_cost() reads\n', lock_of(TOOL))
    assert [d.code for d in sink.diagnostics] == ["MG201"]
