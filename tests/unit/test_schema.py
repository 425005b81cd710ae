"""The schemas use only what the compiler can put in words, and describe every field."""

import json

import pytest
from jsonschema import Draft7Validator

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.schema import KINDS, validate
from magnetc.frontend.violations import RULES
from magnetc.source.resources import resource

NEVER_FAILS = {"$schema", "$ref", "title", "description", "properties", "items", "propertyNames", "definitions", "x-to-come", "x-names", "writeOnly",
               "if", "then", "else", "const"}
TO_COME = {
    "recipe": ["llm", "scripted", "rollout", "env"],
}


def schema(kind):
    return json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text())


def subschemas(node):
    """Each schema below `node`, itself first."""
    yield node
    for keyword in ("properties", "definitions"):
        for child in node.get(keyword, {}).values():
            yield from subschemas(child)
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(keyword), dict):
            yield from subschemas(node[keyword])
    if "additionalProperties" in node.get("else", {}):
        yield from subschemas(node["else"])


def document(data):
    return Document(data["kind"], "f.yaml", data, {})


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_valid_and_can_be_put_in_words(kind):
    Draft7Validator.check_schema(schema(kind))
    for node in subschemas(schema(kind)):
        assert set(node) <= NEVER_FAILS | set(RULES)
        assert node.get("properties", {}).get("kind", {}).get("const", kind) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_and_every_object_is_closed(kind):
    for node in subschemas(schema(kind)):
        for name, field in node.get("properties", {}).items():
            assert field.get("description") or "$ref" in field, name
        if "properties" in node:
            assert node["additionalProperties"] is False


@pytest.mark.parametrize("kind", TO_COME)
def test_features_to_come_are_named(kind):
    named = {name for node in subschemas(schema(kind)) for name in node.get("x-to-come", ())}
    assert set(TO_COME[kind]) <= named


def test_unknown_kind():
    sink = Sink()
    assert not validate(document({"kind": "pahts"}), sink)
    assert [(d.code, d.help) for d in sink.diagnostics] == [("MG123", "did you mean `paths`?")]


def test_no_violation_repeats_jsonschema():
    sink = Sink()
    validate(document({"kind": "recipe", "name": 1, "seed": "x", "emit": [], "paths": {"a b": 0}}), sink)
    text = " ".join(d.message for d in sink.diagnostics)
    for phrase in ("is not of type", "is a required property", "does not match", "is not one of", "was unexpected"):
        assert phrase not in text
    assert len(sink.diagnostics) == 6


def test_deepest_type_is_validated_without_recursion_error():
    nested = 3
    for _ in range(47):
        nested = [nested]
    sink = Sink()
    assert not validate(document({"kind": "tools", "tools": {"f": {"returns": nested}}}), sink)
    assert [d.code for d in sink.diagnostics] == ["MG127"]
