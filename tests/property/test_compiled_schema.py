"""Compiled schemas and the `jsonschema` library find the same violations, in valid documents and in broken ones."""

import json
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, validators

from magnetc.frontend.compiled_schema import compile_schema
from magnetc.frontend.schema import KINDS
from magnetc.source.resources import resource

LIBRARY = validators.extend(Draft7Validator, type_checker=Draft7Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)))


@cache
def checks(kind):
    schema = json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text(encoding="utf-8"))
    return schema, compile_schema(schema), LIBRARY(schema)


def by_library(errors):
    found = []
    for error in errors:
        is_key = "propertyNames" in error.absolute_schema_path
        found.append((error.validator, shown(error.validator_value), shown(error.instance),
                      (*error.absolute_path, *([error.instance] if is_key else ())), is_key, shown(error.schema)))
    return found


def compiled(violations):
    return [(each.keyword, shown(each.rule), shown(each.value), tuple(each.path), each.is_key, shown(each.schema)) for each in violations]


def shown(value):
    return json.dumps(value, sort_keys=True)


def same(found, expected):
    """The library tells of each missing key, and of extra keys in no order; each of ours once, in the order of the text."""
    assert sorted(set(found)) == sorted(set(expected))


SCALARS = [None, True, False, 0, 1, -1, 0.5, 1.0, 2, 1e9, "", "x", "Some Name", "a-b", "/x", "reads", "string", "10.0.0", [], {}]


def valid(schema, root, chance, depth=0):
    """A value that mostly satisfies a schema of ours, a little broken now and then."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if chance.random() < 0.04 or depth > 8:
        return chance.choice(SCALARS)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    types = schema.get("type", ["string", "number", "boolean"])
    match chance.choice([types] if isinstance(types, str) else types):
        case "object":
            return an_object(schema, root, chance, depth)
        case "array":
            low = schema.get("minItems", 0)
            count = chance.randint(low, max(low, min(schema.get("maxItems", low + 2), low + 2)))
            return [valid(schema.get("items", {}), root, chance, depth + 1) for _ in range(count)]
        case "integer":
            return int(schema.get("minimum", 0)) + chance.randint(-1, 5)
        case "number":
            return chance.choice([1, 0.25, schema.get("minimum", 3), schema.get("maximum", 0)])
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
    return chance.choice(["some_name", "/a/b", "1.0.0", "en", "x:y", "text", ""])


def an_object(schema, root, chance, depth):
    made = {}
    for name, inner in schema.get("properties", {}).items():
        if chance.random() < (0.9 if name in schema.get("required", ()) else 0.35):
            made[name] = valid(inner, root, chance, depth + 1)
    if isinstance(schema.get("additionalProperties"), dict):
        for name in chance.sample(["one", "two-2", "Three", "no name", "4"], chance.randint(0, 2)):
            made[name] = valid(schema["additionalProperties"], root, chance, depth + 1)
    elif chance.random() < 0.05:
        made[chance.choice(["misspelt", "kind", "type"])] = chance.choice(SCALARS)
    return made


@settings(derandomize=True, max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32))
def test_documents_are_judged_as_by_the_library(kind, seed):
    schema, ours, library = checks(kind)
    data = valid(schema, schema, random.Random(seed))
    same(compiled(ours(data)), by_library(library.iter_errors(data)))


def test_both_verdicts_are_met():
    chance = random.Random(7)
    verdicts = [not checks(kind)[1](valid(checks(kind)[0], checks(kind)[0], chance)) for kind in KINDS for _ in range(40)]
    assert 20 < sum(verdicts) < len(verdicts) - 20


JSON = st.recursive(st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5]) | st.sampled_from(["", "a", "kind"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "name", "a", "0", ""]), inner, max_size=3))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(kind=st.sampled_from(KINDS), data=JSON)
def test_any_json_is_judged_as_by_the_library(kind, data):
    _, ours, library = checks(kind)
    same(compiled(ours(data)), by_library(library.iter_errors(data)))


SCHEMAS = [
    {"enum": [1, "a", None, [1], {"a": True}]},
    {"const": 1.0},
    {"uniqueItems": True},
    {"type": "array", "items": {"type": ["integer", "null"]}, "minItems": 1, "maxItems": 2},
    {"type": "object", "additionalProperties": {}, "minProperties": 1, "maxProperties": 2},
    {"additionalProperties": {"type": "string"}, "propertyNames": {"pattern": "^[a-z]$", "maxLength": 1}},
    {"dependencies": {"a": ["name", "kind"]}, "required": ["a", "b"]},
    {"minimum": 0, "maximum": 1, "exclusiveMinimum": -1, "exclusiveMaximum": 1},
    {"if": {"type": "integer"}, "then": {"minimum": 0}, "else": {"type": ["string", "array"]}},
    # What only the library reads: the options of plugins may say it.
    {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False},
    {"properties": {"a": {"anyOf": [{"type": "string"}, {"minimum": 2}]}}, "required": ["a"]},
    {"items": [{"type": "string"}, {"type": "integer"}]},
    {"dependencies": {"a": {"required": ["name"]}}},
    {"not": {"type": "integer"}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: "-".join(schema))
@settings(derandomize=True, max_examples=60, deadline=None)
@given(data=JSON)
def test_each_keyword_is_read_as_by_the_library(schema, data):
    found, expected = compile_schema(schema)(data), list(LIBRARY(schema).iter_errors(data))
    assert {(each.keyword, tuple(each.path)) for each in found} == {
        (str(error.validator), (*error.absolute_path, *([error.instance] if "propertyNames" in error.absolute_schema_path else [])))
        for error in expected}


def test_equal_numbers_are_one_value_and_booleans_are_none():
    check = compile_schema({"uniqueItems": True})
    assert check([1, 1.0])
    assert check([{"a": [1]}, {"a": [1.0]}])
    assert not check([1, True, "1", [1], [True]])


def test_a_schema_that_nothing_satisfies_is_violated_in_place():
    found, = compile_schema({"properties": {"a": False}})({"a": 1})
    assert (found.path, found.value, found.schema) == (["a"], 1, {})
