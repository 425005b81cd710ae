"""The types of a JSON Schema that a recipe declares a tool by: entity types by `x-entity`, and inline types for what it restricts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.json_schema import ENTITY, allows_null
from magnetc.frontend.names import Definitions
from magnetc.frontend.type_syntax import OPAQUE, show_type
from magnetc.ir.json import Json
from magnetc.ir.types import EntityType, Field, ListOf, MapOf, Record, Ref, TypeExpr, TypeTable
from magnetc.source import Origin
from magnetc.source.origin import unescape

_FORMATS = {"date": "date", "time": "time", "date-time": "datetime", "email": "email", "uri": "uri"}
_RESTRICTING = ("enum", "const", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                "examples")
"""Keywords of scalars that make an inline type; others (`minLength`) are for whoever validates against the schema."""

_SCALARS = ("string", "number", "integer", "boolean")


@dataclass(slots=True)
class SchemaTypes:
    """Reads the type expressions of one schema. `root` holds its definitions and begins at `origin`; `inline` takes the types
    that it makes."""

    root: Mapping[str, Any]
    origin: Origin
    definitions: Definitions
    table: TypeTable
    inline: dict[str, EntityType]
    sink: Sink

    def read(self, schema: Any, at: Origin, name: str, opened: tuple[str, ...] = ()) -> TypeExpr:
        """The type of a subschema; what no type expression can say is opaque.

        Args:
            schema: the subschema.
            at: where it stands.
            name: what an inline type made of it is called.
            opened: the references that led here: a definition that holds itself is opaque inside.
        """
        if not isinstance(schema, dict):
            return OPAQUE
        read = self._plain(schema, at, name, opened)
        if ENTITY in schema:
            read = self._entity(schema[ENTITY], read, at.child(ENTITY))
        return replace(read, nullable=True) if read != OPAQUE and allows_null(schema) else read

    def _entity(self, name: str, plain: TypeExpr, at: Origin) -> TypeExpr:
        if not self.definitions.check_type(name, at, self.sink):
            return OPAQUE
        entity = self.table.get(name)
        base = entity.base if entity else name
        own = self._base(plain)
        if own not in (base, "object") and (base, own) != ("integer", "number"):
            self.sink.error("MG215", f"`{name}` is {'an' if base[0] in 'aeiou' else 'a'} {base}, and this schema is of "
                                     f"`{own}`", at, help="name an entity type of that base, or put `x-entity` on the schema of the values")
            return OPAQUE
        return Ref(name, nullable=plain.nullable)

    def _base(self, expr: TypeExpr) -> str:
        """The primitive of a scalar; what it looks like for messages where it is none."""
        if not isinstance(expr, Ref):
            return show_type(expr)
        known = self.inline.get(expr.name) or self.table.get(expr.name)
        return known.base if known else expr.name

    def _plain(self, schema: Mapping[str, Any], at: Origin, name: str, opened: tuple[str, ...]) -> TypeExpr:
        if isinstance(reference := schema.get("$ref"), str):
            return self._referred(reference, name, opened)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(keyword), list) and "type" not in schema:
                return self._union(schema[keyword], at.child(keyword), name, opened)
        match self._sort(schema):
            case "array" if isinstance(schema.get("items"), dict):
                return ListOf(self.read(schema["items"], at.child("items"), f"{name}/*", opened))
            case "object":
                return self._object(schema, at, name, opened)
            case sort if sort in _SCALARS:
                return self._scalar(sort, schema, at, name)
        return OPAQUE

    @staticmethod
    def _sort(schema: Mapping[str, Any]) -> str:
        """The one type that a schema allows beside null; empty where there are several, or none is said."""
        named = schema.get("type")
        if named is None and isinstance(schema.get("properties"), dict):
            return "object"
        if named is None and ("const" in schema or isinstance(schema.get("enum"), list)):
            named = list(dict.fromkeys(_sort_of(value) for value in values_of(schema)))
        sorts = [named] if isinstance(named, str) else [each for each in named or () if each != "null"]
        return sorts[0] if len(sorts) == 1 else ""

    def _referred(self, reference: str, name: str, opened: tuple[str, ...]) -> TypeExpr:
        found = referred(self.root, reference)
        if reference in opened or found is None:
            return OPAQUE
        schema, tokens = found
        return self.read(schema, self.origin.child(*tokens), name, (*opened, reference))

    def _union(self, members: list[Any], at: Origin, name: str, opened: tuple[str, ...]) -> TypeExpr:
        """A choice is a type where it is one schema or null, or single values of one sort."""
        some = [(number, each) for number, each in enumerate(members) if not (isinstance(each, dict) and each.get("type") == "null")]
        null = len(some) < len(members)
        if len(some) == 1:
            read = self.read(some[0][1], at.child(some[0][0]), name, opened)
            return replace(read, nullable=True) if null and read != OPAQUE else read
        listed = [value for _, each in some if isinstance(each, dict) for value in values_of(each)]
        if listed and all(isinstance(each, dict) and values_of(each) for _, each in some):
            return self._plain({"enum": listed + [None] * null}, at, name, opened)
        return OPAQUE

    def _object(self, schema: Mapping[str, Any], at: Origin, name: str, opened: tuple[str, ...]) -> TypeExpr:
        properties, required = schema.get("properties"), schema.get("required", ())
        if isinstance(properties, dict) and properties:
            place = at.child("properties")
            return Record(tuple(Field(key, self.read(inner, place.child(key), f"{name}.{key}", opened), key not in required)
                                for key, inner in properties.items()))
        if isinstance(schema.get("additionalProperties"), dict):
            inner = self.read(schema["additionalProperties"], at.child("additionalProperties"), f"{name}/*", opened)
            return MapOf(inner)
        return OPAQUE

    def _scalar(self, sort: str, schema: Mapping[str, Any], at: Origin, name: str) -> Ref:
        if not any(keyword in schema for keyword in _RESTRICTING):
            return Ref(sort)
        values = values_of(schema)
        low, high = _bounds(schema, sort)
        entity = EntityType(
            name=name, base=sort, inline=True, origin=at, pattern=schema.get("pattern"), format=_FORMATS.get(schema.get("format", "")),
            enum=tuple(value for value in values if value is not None), minimum=low, maximum=high,
            step=schema.get("multipleOf") if sort in ("integer", "number") else None,
            examples=tuple(each for each in schema.get("examples") or () if _sort_of(each) == sort),
        )
        self.inline[name] = entity
        return Ref(name, nullable=None in values)


def values_of(schema: Mapping[str, Any]) -> list[Json]:
    """The values that a schema lists; empty where it lists none."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum") or ())


def referred(root: Mapping[str, Any], reference: str) -> tuple[Any, tuple[str | int, ...]] | None:
    """What a reference into its own schema names, and where it stands; None where there is nothing."""
    if not reference.startswith("#/"):
        return (root, ()) if reference == "#" else None
    tokens = tuple(unescape(token) for token in reference[2:].split("/"))
    node: Any = root
    for token in tokens:
        if not isinstance(node, dict) or token not in node:
            return None
        node = node[token]
    return node, tokens


def _sort_of(value: Json) -> str:
    for sort, python in (("null", type(None)), ("boolean", bool), ("integer", int), ("number", float), ("string", str), ("array", list)):
        if isinstance(value, python):
            return sort
    return "object"


def _bounds(schema: Mapping[str, Any], sort: str) -> tuple[float | None, float | None]:
    """The least and the greatest value, on multiples of the step where there is one; a number that is excluded stays a bound."""
    if sort not in ("integer", "number"):
        return None, None
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = schema.get("multipleOf") or (1 if sort == "integer" else 0)
    if above is not None and (low is None or above >= low):
        low = math.floor(above) + 1 if sort == "integer" else above + step
    if below is not None and (high is None or below <= high):
        high = math.ceil(below) - 1 if sort == "integer" else below - step
    if step and low is not None:
        low = math.ceil(low / step) * step
    if step and high is not None:
        high = math.floor(high / step) * step
    return low, high
