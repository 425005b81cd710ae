"""JSON Schema of imported tools, read as type expressions and parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from magnetc.frontend.type_syntax import OPAQUE
from magnetc.ir.inlined import inlined
from magnetc.ir.json import Json, wire
from magnetc.ir.signature import Effect, FunctionSignature, Parameter
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref, TypeExpr
from magnetc.source import Origin

TYPE_NAMES = {"dict": "object", "float": "number", "double": "number", "tuple": "array", "list": "array",
              "str": "string", "int": "integer", "bool": "boolean"}
"""Names that function documents use in place of JSON Schema's."""

ENTITY = "x-entity"
"""The key by which a schema names the entity type of its values."""

MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose values are schemas by names that are no keywords."""

VALUES = frozenset({"const", "default", "enum", "example", "examples", "required", "dependentRequired"})
"""Keywords whose values are no schemas."""


def imported_tool(raw: Mapping[str, Json], category: str, origin: Origin) -> FunctionSignature:
    """A raw tool `{name, description, parameters, returns}` as a signature. Raises ValueError when it is none."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
        raise ValueError("a tool needs a name")
    schema = normalised(inlined(raw.get("parameters") or {"type": "object", "properties": {}}))
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        raise ValueError(f"the parameters of `{raw['name']}` are no object schema")
    required = _required(schema)
    returns = raw.get("returns")
    return FunctionSignature(
        name=raw["name"],
        description=str(raw.get("description") or "").strip(),
        parameters=tuple(_parameter(key, inner, key in required, origin)
                         for key, inner in (schema.get("properties") or {}).items()),
        returns=_returns(returns),
        effect=Effect(raw.get("effect", Effect.READS)),
        category=category,
        origin=origin,
    )


def _returns(schema: Any) -> TypeExpr:
    if not isinstance(schema, dict):
        return OPAQUE
    return Record(()) if schema.get("type") == "null" else schema_type(normalised(inlined(schema)))


def normalised(schema: Any) -> Any:
    """`schema` with JSON Schema's type names, recursively, everything else as it is."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    if isinstance(schema.get("type"), str):
        result["type"] = TYPE_NAMES.get(schema["type"], schema["type"])
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {name: normalised(inner) for name, inner in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            result[key] = normalised(schema[key])
    return result


def schema_type(schema: Any) -> TypeExpr:
    """The type expression of a normalised schema; `x-entity` names the entity type. What it cannot say, unions for one, is opaque."""
    if not isinstance(schema, dict):
        return OPAQUE
    read = Ref(schema[ENTITY]) if isinstance(schema.get(ENTITY), str) else _plain_type(schema)
    return replace(read, nullable=True) if read != OPAQUE and allows_null(schema) else read


def allows_null(schema: Mapping[str, Any]) -> bool:
    """Whether a schema says that null may stand in its place: by a list of types, or as OpenAPI 3.0 does."""
    return schema.get("nullable") is True or (isinstance(schema.get("type"), list) and "null" in schema["type"])


def _plain_type(schema: Mapping[str, Any]) -> TypeExpr:
    match _type_name(schema):
        case "string" | "number" | "integer" | "boolean" as primitive:
            return Ref(primitive)
        case "array":
            return ListOf(schema_type(schema.get("items")))
        case "object":
            return _object_type(schema)
        case _:
            return OPAQUE


def _type_name(schema: Mapping[str, Any]) -> str | None:
    name = schema.get("type")
    if isinstance(name, list):
        named = [each for each in name if each != "null"]
        return named[0] if len(named) == 1 else None
    if name is None and isinstance(schema.get("properties"), dict):
        return "object"
    return name if isinstance(name, str) else None


def _required(schema: Mapping[str, Any]) -> list[Any]:
    required = schema.get("required")
    return required if isinstance(required, list) else []


def _object_type(schema: Mapping[str, Any]) -> TypeExpr:
    properties, required = schema.get("properties"), _required(schema)
    if isinstance(properties, dict) and properties:
        return Record(tuple(Field(name, schema_type(inner), name not in required)
                            for name, inner in properties.items()))
    if isinstance(schema.get("additionalProperties"), dict):
        return MapOf(schema_type(schema["additionalProperties"]))
    return OPAQUE


def _parameter(name: str, schema: Any, required: bool, origin: Origin) -> Parameter:
    schema = dict(schema) if isinstance(schema, dict) else {}
    default = schema.get("default")
    if not required and default == "None":
        # Function documents made from Python signatures write the absence of a default this way.
        del schema["default"]
        default = None
    return Parameter(
        name=name,
        type=schema_type(schema),
        required=required and default is None,
        default=default,
        description=str(schema.get("description") or "").strip(),
        schema=wire(without_entities(schema)),
        origin=origin,
    )


def without_entities(schema: Any) -> Any:
    """`schema` as a model is shown it: `x-entity` is for the compiler."""
    if isinstance(schema, list):
        return [without_entities(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in MAPS and isinstance(value, dict):
            kept[key] = {name: without_entities(each) for name, each in value.items()}
        elif key in VALUES:
            kept[key] = value
        elif key != ENTITY:
            kept[key] = without_entities(value)
    return kept


def with_default(schema: str | None, default: Json) -> str | None:
    """Schema text whose default, if it has one, is another; None takes it out."""
    if schema is None:
        return None
    parsed = json.loads(schema)
    if parsed.pop("default", None) is None:
        return schema
    return wire(parsed if default is None else {**parsed, "default": default})
