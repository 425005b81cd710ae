"""JSON Schema of a tool, as a model is shown it: OpenAI function format, draft-07 subset."""

from __future__ import annotations

import json
from typing import Any

from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.types import EntityType, ListOf, MapOf, Record, Ref, TypeExpr, TypeTable


def tool_schema(tool: FunctionSignature, table: TypeTable) -> dict[str, Any]:
    """`{"type": "function", "function": {name, description, parameters}}` for one tool."""
    properties = {p.name: _parameter_schema(p, table) for p in tool.parameters}
    required = [p.name for p in tool.parameters if p.required]
    parameters = {"type": "object", "properties": properties, "required": required}
    if tool.schema is not None:
        parameters = filled(json.loads(tool.schema), properties, required)
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def filled(outline: dict[str, Any], properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The schema that a tool was declared by, with what is known of its parameters now in its place."""
    listed = [name for name in outline.get("required", ()) if name in required]
    filled = {**outline, "properties": properties, "required": [*listed, *(name for name in required if name not in listed)]}
    return {key: value for key, value in filled.items() if key in outline or value}


def _parameter_schema(parameter: Parameter, table: TypeTable) -> dict[str, Any]:
    schema = json.loads(parameter.schema) if parameter.schema else type_schema(parameter.type, table)
    if parameter.description:
        schema = {**schema, "description": parameter.description}
    if parameter.default is not None and "default" not in schema:
        schema = {**schema, "default": parameter.default}
    return schema


def type_schema(expr: TypeExpr, table: TypeTable) -> dict[str, Any]:
    """JSON Schema of a type expression."""
    schema = _schema(expr, table)
    if expr.nullable:
        schema = {**schema, "type": [schema["type"], "null"]}
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _schema(expr: TypeExpr, table: TypeTable) -> dict[str, Any]:
    match expr:
        case Ref(name):
            entity = table.get(name)
            return _entity_schema(entity) if entity else {"type": name}
        case ListOf(items):
            return {"type": "array", "items": type_schema(items, table)}
        case MapOf(values):
            return {"type": "object", "additionalProperties": type_schema(values, table)}
        case Record(fields):
            return {
                "type": "object",
                "properties": {f.name: type_schema(f.type, table) for f in fields},
                "required": [f.name for f in fields if not f.optional],
            }


def _entity_schema(entity: EntityType) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": entity.base}
    if entity.enum:
        schema["enum"] = list(entity.enum)
    if entity.pattern:
        schema["pattern"] = entity.pattern
    if entity.format:
        schema["format"] = {"datetime": "date-time"}.get(entity.format, entity.format)
    if entity.minimum is not None:
        schema["minimum"] = entity.minimum
    if entity.maximum is not None:
        schema["maximum"] = entity.maximum
    return schema
