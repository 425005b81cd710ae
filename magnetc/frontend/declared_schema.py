"""A JSON Schema that declares a tool's parameters: recognised, checked, and where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.validators import validator_for

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.json_schema import ENTITY, MAPS, TYPE_NAMES, VALUES, without_entities
from magnetc.frontend.names import Definitions
from magnetc.frontend.schema_types import referred
from magnetc.ir.json import canonical, wire
from magnetc.source import Origin

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")

_NEWER = frozenset({"prefixItems", "unevaluatedItems", "unevaluatedProperties", "dependentRequired", "dependentSchemas", "dependencies",
                    "minContains", "maxContains", "additionalItems", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$id"})

_ANYWHERE = Origin("", "")

_MARKS = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "properties", "items", ENTITY})


def is_schema(parameters: Any) -> bool:
    """Whether a tool's `parameters` are a JSON Schema: a parameter of the name `type` would have a mapping there."""
    return isinstance(parameters, dict) and parameters.get("type") == "object"


def is_result_schema(returns: Any) -> bool:
    """Whether the `returns` beside such parameters are a schema too, and no type expression."""
    return isinstance(returns, dict) and not _MARKS.isdisjoint(returns)


def outline(parameters: Mapping[str, Any]) -> str:
    """The text of the schema without its properties, which parameters hold."""
    return wire({**without_entities(parameters), "properties": {}})


def is_sound(schema: Mapping[str, Any], origin: Origin, definitions: Definitions, sink: Sink) -> bool:
    """Whether this is JSON Schema whose references, patterns and entity types can be followed; each problem is an error."""
    before = len(sink.diagnostics)
    found: dict[tuple[str | int, ...], Any] = {}
    for error in _errors(schema):
        place = tuple(error.absolute_path)
        if place not in found or len(error.context or ()) < len(found[place].context or ()):
            found[place] = error
    for place, problem in sorted(found.items(), key=lambda item: list(map(str, item[0]))):
        near = _type_meant(problem)
        sink.error("MG227", f"this is not JSON Schema: {_worded(problem)}", origin.child(*place),
                   help=f"did you mean `{near}`?" if near else f"`{place[-1]}` is not written so in JSON Schema" if place else None,
                   fix=renamed(sink, origin.child(*place), problem.instance, near) if near else None)
    for node, at in subschemas(schema, origin):
        _check_node(node, at, schema, definitions, sink)
    _check_required(schema, origin, sink)
    return len(sink.diagnostics) == before


def _errors(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The violations of the meta-schema that `$schema` names, else of 2020-12's.

    A schema of what drafts have in common is first looked through by draft 7's, which takes a quarter of the time.
    """
    definitions = schema.get("$defs")
    parts = [schema, *(definitions.values() if isinstance(definitions, dict) else ())]
    common = "$schema" not in schema and all(_is_common(node, node is schema) for node, _ in subschemas(schema, _ANYWHERE))
    if not common or not all(_of_schemas(Draft7Validator).is_valid(part) for part in parts):
        yield from _of_schemas(validator_for(schema, default=Draft202012Validator)).iter_errors(schema)


def _is_common(node: Mapping[str, Any], is_root: bool) -> bool:
    """Whether a schema has no keyword that only one of the two drafts knows or reads otherwise."""
    return _NEWER.isdisjoint(node) and not isinstance(node.get("items"), list) and (is_root or "$defs" not in node)


@lru_cache(maxsize=8)
def _of_schemas(kind: Any) -> Any:
    """The validator of schemas of a draft of JSON Schema."""
    return kind(kind.META_SCHEMA)


def _type_meant(error: Any) -> str | None:
    """The type that a misspelt one, or one of another language, stands for."""
    if not (error.absolute_path and error.absolute_path[-1] == "type" and isinstance(error.instance, str)):
        return None
    return TYPE_NAMES.get(error.instance.lower()) or closest(error.instance, _TYPES)


def _worded(error: Any) -> str:
    shown = error.instance if isinstance(error.instance, str) else canonical(error.instance)
    shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
    match error.validator:
        case "type":
            wanted = error.validator_value
            return f"`{shown}` has to be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "enum":
            return f"`{shown}` is none of {', '.join(map(str, error.validator_value))}"
        case "anyOf" if error.absolute_path and error.absolute_path[-1] == "type":
            return f"`{shown}` is no type"
    return f"`{shown}` cannot stand here"


def _check_node(node: Mapping[str, Any], at: Origin, root: Mapping[str, Any], definitions: Definitions, sink: Sink) -> None:
    reference = node.get("$ref")
    if isinstance(reference, str) and referred(root, reference) is None:
        sink.error("MG227", f"`{reference}` names nothing in this schema", at.child("$ref"),
                   help="write the definition under `$defs` of this schema, and refer to `#/$defs/NAME`")
    if isinstance(node.get(ENTITY), str):
        definitions.check_type(node[ENTITY], at.child(ENTITY), sink)
    elif ENTITY in node:
        sink.error("MG227", "`x-entity` is no name", at.child(ENTITY), help="write the name of an entity type")
    pattern = node.get("pattern")
    if isinstance(pattern, str) and (problem := _pattern_problem(pattern)):
        sink.error("MG206", f"`pattern` is not a regular expression: {problem}", at.child("pattern"),
                   help="write a regular expression of Python, such as `^[0-9]{5}$`")


def _check_required(schema: Mapping[str, Any], at: Origin, sink: Sink) -> None:
    required, properties = schema.get("required"), schema.get("properties", {})
    for index, name in enumerate(required if isinstance(required, list) else ()):
        if isinstance(name, str) and isinstance(properties, dict) and name not in properties:
            sink.error("MG227", f"`{name}` is required, and no property", at.child("required", index),
                       help="add it to `properties`, or leave it out of `required`")


def _pattern_problem(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return error.msg
    return None


def subschemas(schema: Any, at: Origin) -> Iterator[tuple[Mapping[str, Any], Origin]]:
    """Each schema in a schema, itself first, with its place."""
    if isinstance(schema, list):
        for number, each in enumerate(schema):
            yield from subschemas(each, at.child(number))
    if not isinstance(schema, dict):
        return
    yield schema, at
    for key, value in schema.items():
        if key in MAPS and isinstance(value, dict):
            for name, each in value.items():
                yield from subschemas(each, at.child(key, name))
        elif key not in VALUES:
            yield from subschemas(value, at.child(key))
