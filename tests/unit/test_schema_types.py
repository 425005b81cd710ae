"""Tools declared in JSON Schema: what is read of it as types, what a model is shown, and what is wrong with it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.frontend.declared_schema import is_sound
from magnetc.frontend.format.convert import convert_source
from magnetc.frontend.names import Definitions
from magnetc.ir.presentation import Presentation
from magnetc.ir.schema import tool_schema
from magnetc.ir.schema_conform import schema_violations
from magnetc.ir.shown import Shown
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref
from magnetc.source import Origin, SourceFile
from magnetc.tools.importers import IMPORTERS

RECIPE = """kind: recipe
name: r
version: 1.0.0
seed: 7
world: {python: "world:W", now: "2026-03-02T09:00:00Z"}
include: [FILES]
paths: {}
"""
TYPES = 'type City = string examples "Oslo"\ntype Nights = integer range 1..9\n'


def loaded(folder, *files):
    """The spec of a recipe of these (name, text), and its sink."""
    for name, text in (("recipe.yaml", RECIPE.replace("FILES", ", ".join(name for name, _ in files))), *files):
        (folder / name).write_text(text, encoding="utf-8")
    sink = Sink()
    return load(folder, sink, IMPORTERS), sink


def tools_of(parameters, **more):
    return "tools.yaml", json.dumps({"kind": "tools", "tools": {"book": {"parameters": parameters, **more}}})


def read(folder, parameters, **more):
    """The tool `book` of a recipe that declares it so, and the spec."""
    spec, sink = loaded(folder, ("types.magnet", TYPES), tools_of(parameters, **more))
    assert spec, [each.message for each in sink.diagnostics]
    return spec.tool["book"], spec


def wrong(folder, parameters, **more):
    """(code, message, source text) of the errors of such a recipe."""
    _, sink = loaded(folder, ("types.magnet", TYPES), tools_of(parameters, **more))
    return [(each.code, each.message, sink.source(sink.span(each.primary))) for each in sink.diagnostics if each.severity.name == "ERROR"]


def of(**properties):
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(("schema", "expected"), [
    ({"type": "string"}, Ref("string")),
    ({"type": "string", "minLength": 3}, Ref("string")),
    ({"type": ["integer", "null"]}, Ref("integer", nullable=True)),
    ({"type": "number", "nullable": True}, Ref("number", nullable=True)),
    ({"type": "string", "x-entity": "City"}, Ref("City")),
    ({"x-entity": "City"}, Ref("City")),
    ({"type": "number", "x-entity": "Nights"}, Ref("Nights")),
    ({"anyOf": [{"type": "string", "x-entity": "City"}, {"type": "null"}]}, Ref("City", nullable=True)),
    ({"type": "array", "items": {"type": "string", "x-entity": "City"}}, ListOf(Ref("City"))),
    ({"type": ["array", "null"], "items": {"type": "boolean"}}, ListOf(Ref("boolean"), nullable=True)),
    ({"type": "array"}, Ref("object")),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, MapOf(Ref("integer"))),
    ({"type": "object", "properties": {"a": {"$ref": "#/$defs/City"}, "b": {"type": "string"}}, "required": ["b"]},
     Record((Field("a", Ref("City"), True), Field("b", Ref("string"))))),
    ({"$ref": "#/$defs/Tree"}, Record((Field("below", ListOf(Ref("object")), True),))),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, Ref("object")),
    ({"type": ["string", "integer"]}, Ref("object")),
    ({"allOf": [{"$ref": "#/$defs/City"}], "description": "Where."}, Ref("City")),
    (True, Ref("object")),
    ({}, Ref("object")),
])
def test_a_schema_is_read_as_a_type(schema, expected, tmp_path):
    parameters = of(a=schema) | {"$defs": {
        "City": {"type": "string", "x-entity": "City"},
        "Tree": {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}}}
    tool, _ = read(tmp_path, parameters)
    assert tool.parameters[0].type == expected
    assert not tool.parameters[0].required


@pytest.mark.parametrize(("schema", "base", "expected"), [
    ({"type": "string", "enum": ["a", "b"]}, "string", {"enum": ("a", "b")}),
    ({"enum": [1, 2]}, "integer", {"enum": (1, 2)}),
    ({"const": "x"}, "string", {"enum": ("x",)}),
    ({"anyOf": [{"const": "a"}, {"const": "b"}]}, "string", {"enum": ("a", "b")}),
    ({"type": "string", "pattern": "^a+$", "examples": ["aa"]}, "string", {"pattern": "^a+$", "examples": ("aa",)}),
    ({"type": "string", "format": "date-time"}, "string", {"format": "datetime"}),
    ({"type": "integer", "minimum": 1, "exclusiveMaximum": 9}, "integer", {"minimum": 1, "maximum": 8}),
    ({"type": "integer", "exclusiveMinimum": 1, "maximum": 11, "multipleOf": 5}, "integer", {"minimum": 5, "maximum": 10, "step": 5}),
    ({"type": "number", "minimum": 0.5, "maximum": 2, "multipleOf": 0.5}, "number", {"minimum": 0.5, "maximum": 2, "step": 0.5}),
])
def test_what_a_schema_restricts_is_an_inline_type(schema, base, expected, tmp_path):
    tool, spec = read(tmp_path, of(a=schema))
    entity = spec.type_table.get(tool.parameters[0].type.name)
    assert entity.inline
    assert entity.base == base
    assert {name: getattr(entity, name) for name in expected} == expected
    assert not any(spec.type_table.unify(entity.name, other.name) for other in spec.types if other is not entity)


def test_null_among_the_values_is_no_value_of_the_inline_type(tmp_path):
    tool, spec = read(tmp_path, of(a={"enum": ["a", None]}))
    assert tool.parameters[0].type.nullable
    assert spec.type_table.get("book.a").enum == ("a",)


def test_types_with_one_likeness_can_be_confused(tmp_path):
    cabin = {"type": "string", "enum": ["a", "b"]}
    tool, spec = read(tmp_path, of(a=cabin, b=cabin, c={"type": "string", "enum": ["a"]}, d={"type": "string"}))
    first, second, third, fourth = (spec.type_table.likeness(p.type) for p in tool.parameters)
    assert first == second
    assert len({first, third, fourth}) == 3


def test_a_model_is_shown_the_schema_unchanged_without_what_is_for_the_compiler(tmp_path):
    parameters = {
        "title": "Book", "required": ["b", "a"], "type": "object", "additionalProperties": False,
        "properties": {"a": {"title": "A", "x-entity": "City", "type": "string", "minLength": 2},
                       "x-entity": {"type": "array", "items": {"x-entity": "City", "type": "string"}, "default": {"x-entity": 1}},
                       "b": {"$ref": "#/$defs/B"}},
        "$defs": {"B": {"description": "B.", "enum": ["p", "q"], "x-entity": "City"}, "x-entity": {"type": "null"}},
    }
    tool, spec = read(tmp_path, parameters, description="Book.")
    shown = json.loads(json.dumps(parameters))
    del shown["properties"]["a"]["x-entity"], shown["properties"]["x-entity"]["items"]["x-entity"], shown["$defs"]["B"]["x-entity"]
    assert json.dumps(tool_schema(tool, spec.type_table)["function"]["parameters"]) == json.dumps(shown)


def test_a_schema_is_shown_by_other_names_too(tmp_path):
    parameters = of(a={"type": "string", "description": "Of `b`."}, b={"type": "string"}) | {
        "required": ["b"], "dependentRequired": {"a": ["b"]}, "anyOf": [{"required": ["a"]}, {"properties": {"b": {"minLength": 2}}}]}
    _, spec = read(tmp_path, parameters)
    names = Presentation(parameters=(("a", "one"), ("b", "two")))
    shown = json.loads(Shown(spec, names).text("book"))["function"]["parameters"]
    assert shown == of(one={"type": "string", "description": "Of `two`."}, two={"type": "string"}) | {
        "required": ["two"], "dependentRequired": {"one": ["two"]}, "anyOf": [{"required": ["one"]}, {"properties": {"two": {"minLength": 2}}}]}


def test_results_are_declared_in_json_schema_beside_such_parameters(tmp_path):
    schema = {"type": "object", "properties": {"city": {"type": ["string", "null"], "x-entity": "City"}, "at": {"type": "string", "format": "date"}},
              "required": ["city"]}
    tool, spec = read(tmp_path, of(), returns=schema)
    assert tool.returns == Record((Field("city", Ref("City", nullable=True)), Field("at", Ref("book().at"), True)))
    assert spec.type_table.get("book().at").format == "date"
    tool, _ = read(tmp_path, of(), returns={"city": "City?", "where": {"?": [{"x": "number"}]}})
    assert tool.returns == Record((Field("city", Ref("City", nullable=True)),
                                   Field("where", ListOf(Record((Field("x", Ref("number")),)), nullable=True))))


@pytest.mark.parametrize(("parameters", "expected"), [
    (of(a={"type": "whole"}), [("MG227", "this is not JSON Schema: `whole` is no type", '"whole"')]),
    (of(a={"type": "string", "minLength": "3"}), [("MG227", "this is not JSON Schema: `3` has to be of type integer", '"3"')]),
    (of(a={"$ref": "#/$defs/A"}), [("MG227", "`#/$defs/A` names nothing in this schema", '"#/$defs/A"')]),
    (of(a={"type": "string", "pattern": "("}), [("MG206", "`pattern` is not a regular expression: missing ), unterminated subpattern", '"("')]),
    (of(a={"type": "array", "items": {"x-entity": "Citty"}}), [("MG202", "unknown type `Citty`", '"Citty"')]),
    (of(a={"type": "integer", "x-entity": "City"}), [("MG215", "`City` is a string, and this schema is of `integer`", '"City"')]),
    (of(a={"type": "array", "x-entity": "City", "items": {"type": "string"}}),
     [("MG215", "`City` is a string, and this schema is of `[string]`", '"City"')]),
    (of(a={"type": "string"}) | {"required": ["b"]}, [("MG227", "`b` is required, and no property", '"b"')]),
    (of() | {"properties": 3}, [("MG227", "this is not JSON Schema: `3` has to be of type object", "3")]),
])
def test_what_is_wrong_is_told_where_it_stands(parameters, expected, tmp_path):
    assert wrong(tmp_path, parameters) == expected


def test_the_entity_types_of_imported_schemas_are_those_of_the_recipe(tmp_path):
    function = {"name": "book", "parameters": of(a={"type": "string", "x-entity": "City", "minLength": 1}, b={"type": ["string", "null"]})}
    (tmp_path / "magnetc.lock").write_text(json.dumps({"version": 1, "tools": {"json:t.json": {"functions": [function]}}}))
    spec, _ = loaded(tmp_path, ("types.magnet", TYPES), ("tools.magnet", 'tools from json "t.json"\n'))
    assert [p.type for p in spec.tool["book"].parameters] == [Ref("City"), Ref("string", nullable=True)]
    assert "x-entity" not in spec.tool_texts["book"]
    spec, sink = loaded(tmp_path, ("types.magnet", TYPES.replace("City", "Town")), ("tools.magnet", 'tools from json "t.json"\n'))
    assert spec is None
    assert [each.code for each in sink.diagnostics] == ["MG202"]


def test_arguments_are_checked_by_all_of_the_schema(tmp_path):
    parameters = of(a={"type": "string", "minLength": 2}, b={"oneOf": [{"type": "integer"}, {"type": "boolean"}]}) | {
        "required": ["a"], "additionalProperties": False, "dependentRequired": {"a": ["b"]}}
    tool, _ = read(tmp_path, parameters)
    assert schema_violations(tool, {"a": "xy", "b": 3}) == []
    assert schema_violations(tool, {"a": "x", "b": "z"}) == ["`/a` does not satisfy `minLength` of the tool's schema",
                                                             "`/b` does not satisfy `oneOf` of the tool's schema"]
    assert schema_violations(tool, {"a": "xy"}) == ["`/` does not satisfy `dependentRequired` of the tool's schema"]
    assert schema_violations(tool, {"b": True}, each_alone=True) == []


FERRY = Path(__file__).parents[1] / "data" / "recipes" / "ferry"


def test_both_syntaxes_make_one_spec(tmp_path):
    files = [(each.name, each.read_text()) for each in sorted(FERRY.glob("*.*")) if each.name not in ("recipe.yaml", "world.py")]
    files.append(("names.magnet", 'type FirstName = string faker "first_name"\ntype Date = string format date\n'
                                  'type Email = string format email\ntype PhoneNumber = string faker "phone_number"\n'))
    spec, _ = loaded(tmp_path, *files)
    other = []
    for name, text in files:
        made = convert_source(SourceFile(name, text), "dsl" if name.endswith(".yaml") else "yaml", Sink())
        suffix = "magnet" if name.endswith(".yaml") else "yaml"
        other += [(f"{name.partition('.')[0]}.{part or 'all'}.{suffix}", after) for part, after in made]
    (tmp_path / "b").mkdir()
    again, sink = loaded(tmp_path / "b", *other)
    assert [each.message for each in sink.diagnostics if each.severity.name == "ERROR"] == []
    assert again.tools == spec.tools
    assert again.types == spec.types


NAMES = st.sampled_from(["a", "b", "c", "x-entity"])
SCHEMAS = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "string", "enum": ["a", None]}, {"x-entity": "City"}, {"type": ["integer", "null"], "minimum": 1},
                     {"const": 3}, {"$ref": "#/$defs/a"}, {"$ref": "#"}, True, {"type": "string", "format": "date", "examples": ["2026-01-01", 3]}]),
    lambda inner: st.builds(lambda each: {"type": "array", "items": each}, inner)
    | st.builds(lambda some, keyword: {keyword: some}, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["anyOf", "oneOf", "allOf"]))
    | st.builds(lambda known: {"type": "object", "properties": known}, st.dictionaries(NAMES, inner, max_size=2))
    | st.builds(lambda each: {"type": "object", "additionalProperties": each}, inner), max_leaves=4)


@given(known=st.dictionaries(NAMES, SCHEMAS, max_size=3), defined=SCHEMAS)
@settings(max_examples=40, deadline=None)
def test_any_schema_is_read_and_shown_as_it_is(known, defined, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    spec, sink = loaded(folder, ("types.magnet", TYPES), tools_of({"type": "object", "properties": known, "$defs": {"a": defined}}))
    assert spec, [each.message for each in sink.diagnostics]
    shown = json.loads(spec.tool_texts["book"])["function"]["parameters"]
    assert shown == stripped({"type": "object", "properties": known, "$defs": {"a": defined}})


def stripped(schema, names=False):
    """A schema without the keyword `x-entity`, which names of properties may be."""
    if isinstance(schema, list):
        return [stripped(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: stripped(each, key in ("properties", "$defs") and not names) for key, each in schema.items() if names or key != "x-entity"}


WRONG = st.sampled_from([{"type": "strng"}, {"minLength": -1}, {"enum": "a"}, {"required": "a"}, {"properties": {"a": 3}}, {"items": [{"type": "string"}]},
                         {"prefixItems": 3}, {"dependentRequired": {"a": "b"}}, {"minimum": "1"}, {"exclusiveMinimum": True}, {"anyOf": []}, {"type": []},
                         {"type": "string"}, {"$defs": {"b": {"type": "strng"}}}])


@given(schema=st.recursive(WRONG, lambda inner: st.builds(lambda each: {"properties": {"a": each}}, inner) | st.builds(lambda each: {"anyOf": [each]}, inner)
                           | st.builds(lambda each: {"items": each}, inner), max_leaves=3), defined=WRONG | st.just({}))
@settings(max_examples=60, deadline=None)
def test_a_schema_is_refused_exactly_where_its_meta_schema_refuses_it(schema, defined):
    whole = {"type": "object", "properties": {"a": schema}, "$defs": {"a": defined}}
    errors = {tuple(error.absolute_path) for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(whole)}
    sink = Sink()
    assert is_sound(whole, Origin("f", ""), Definitions(), sink) == (not errors)
    assert {each.primary.at.pointer for each in sink.diagnostics} == {Origin("f", "").child(*place).pointer for place in errors}
