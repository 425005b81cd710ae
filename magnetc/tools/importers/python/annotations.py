"""Type annotations as JSON Schema, read from their text.

A class that is one record (TypedDict, dataclass, NamedTuple, pydantic model) becomes an object, an Enum its values. A class
that holds itself becomes a definition, and a reference to it wherever it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from magnetc.tools.importers.python.constraints import constrained
from magnetc.tools.importers.python.module import Module, dotted, literal
from magnetc.tools.importers.python.records import enum_values, is_enum, record_fields

Schema = dict[str, Any]

SCALARS: dict[str, Schema] = {
    "str": {"type": "string"}, "int": {"type": "integer"}, "float": {"type": "number"}, "bool": {"type": "boolean"},
    "complex": {}, "bytes": {"type": "string"}, "None": {"type": "null"}, "Any": {}, "object": {}, "Decimal": {"type": "number"},
    "Fraction": {"type": "number"}, "Number": {"type": "number"}, "Path": {"type": "string"}, "PurePath": {"type": "string"},
    "date": {"type": "string", "format": "date"}, "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"}, "timedelta": {"type": "string", "format": "duration"},
    "UUID": {"type": "string", "format": "uuid"}, "UUID4": {"type": "string", "format": "uuid"},
    "EmailStr": {"type": "string", "format": "email"}, "AnyUrl": {"type": "string", "format": "uri"},
    "HttpUrl": {"type": "string", "format": "uri"}, "AnyHttpUrl": {"type": "string", "format": "uri"},
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0}, "NonNegativeInt": {"type": "integer", "minimum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0}, "NonNegativeFloat": {"type": "number", "minimum": 0},
    "StrictStr": {"type": "string"}, "StrictInt": {"type": "integer"}, "StrictFloat": {"type": "number"},
    "StrictBool": {"type": "boolean"}, "LiteralString": {"type": "string"}, "ZoneInfo": {"type": "string"}, "Json": {},
}
LISTS = ("list", "List", "Sequence", "Iterable", "Iterator", "Collection", "set", "Set", "frozenset", "FrozenSet", "AbstractSet",
         "MutableSequence", "deque", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator")
MAPS = ("dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict")
WRAPPERS = ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "Awaitable", "Coroutine")


@dataclass(slots=True)
class Annotations:
    """Reads the annotations of one schema. `definitions` are the classes that it refers to."""

    definitions: dict[str, Schema] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _recursive: set[str] = field(default_factory=set)

    def schema(self, node: ast.expr | None, module: Module) -> Schema:
        """The schema of an annotation; `{}`, anything, for what it does not understand."""
        match node:
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str(text)):
                with suppress(SyntaxError, RecursionError):
                    return self.schema(ast.parse(text, mode="eval").body, module)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._union([left, right], module)
            case ast.Subscript(value=value, slice=inner):
                return self._generic(module.means(dotted(value)), _items(inner), module)
            case ast.Name() | ast.Attribute():
                return self._named(dotted(node), module)
        return {}

    def _named(self, name: str, module: Module) -> Schema:
        found = module.find(name)
        if found is None:
            last = module.means(name)
            return dict(SCALARS.get(last) or ({"type": "array"} if last in (*LISTS, "tuple", "Tuple") else
                                              {"type": "object"} if last in MAPS else {}))
        home, definition = found
        match definition:
            case ast.ClassDef():
                return self._class(definition, home)
            case ast.AnnAssign(annotation=annotation, value=ast.expr() as value) if dotted(annotation).endswith("TypeAlias"):
                return self._alias(name, value, home)
            case ast.Assign(value=ast.Call(func=function, args=[_, base, *_])) if dotted(function).endswith("NewType"):
                return self._alias(name, base, home)
            case ast.Assign(value=value):
                return self._alias(name, value, home)
        return {}

    def _alias(self, name: str, value: ast.expr, module: Module) -> Schema:
        """What a name stands for, titled with the name: it may say more than the type does."""
        if name in self._open:
            return {}
        self._open.append(name)
        schema = self.schema(value, module)
        self._open.remove(name)
        return schema if "title" in schema or not schema else {"title": name.rpartition(".")[2], **schema}

    def _generic(self, name: str, items: list[ast.expr], module: Module) -> Schema:
        if name == "Literal":
            return _literals(items)
        if name == "Annotated":
            return self._annotated(items, module)
        if name == "Optional":
            return nullable(self.schema(items[0], module))
        if name == "Union":
            return self._union(items, module)
        if name in LISTS:
            return _list(self.schema(items[0], module), name)
        if name in ("tuple", "Tuple"):
            return self._tuple(items, module)
        if name in MAPS:
            values = self.schema(items[1], module) if len(items) > 1 else {}
            return {"type": "object", **({"additionalProperties": values} if values else {})}
        if name in WRAPPERS:
            return self.schema(items[-1], module)
        if name in ("type", "Type", "Callable"):
            return {}
        return self._named(name, module)

    def _annotated(self, items: list[ast.expr], module: Module) -> Schema:
        schema = self.schema(items[0], module)
        for note in items[1:]:
            match note:
                case ast.Constant(value=str(text)):
                    schema = {**schema, "description": text}
                case ast.Call():
                    schema = constrained(schema, note, module)
        return schema

    def _tuple(self, items: list[ast.expr], module: Module) -> Schema:
        match items:
            case [only, ast.Constant(value=value)] if value is Ellipsis:
                return _list(self.schema(only, module), "tuple")
        each = [self.schema(item, module) for item in items]
        if all(item == each[0] for item in each):
            return {"type": "array", "items": each[0], "minItems": len(each), "maxItems": len(each)}
        return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}

    def _union(self, items: Sequence[ast.expr], module: Module) -> Schema:
        schemas: list[Schema] = []
        for item in items:
            schema = self.schema(item, module)
            schemas += schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
        schemas = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
        if {} in schemas:
            return {}
        others = [schema for schema in schemas if schema != {"type": "null"}]
        if len(others) == 1:
            return others[0] if len(schemas) == 1 else nullable(others[0])
        return {"anyOf": schemas}

    def _class(self, node: ast.ClassDef, module: Module) -> Schema:
        if is_enum(node, module):
            return _of_values(enum_values(node, module))
        name = node.name
        if name in self._open:
            self._recursive.add(name)
            return {"$ref": f"#/$defs/{name}"}
        fields = record_fields(node, module)
        if fields is None:
            return {}
        self._open.append(name)
        properties: Schema = {}
        for each in fields:
            schema = self.schema(each.annotation, each.module)
            if each.default is None and not each.required:
                schema = without_null(schema)
            if each.call is not None:
                schema = constrained(schema, each.call, each.module)
            properties[each.name] = {**schema, **({"description": each.description} if each.description else {}),
                                     **({} if each.default is None else {"default": each.default})}
        self._open.remove(name)
        made = {"type": "object", "title": name, "properties": properties,
                "required": [each.name for each in fields if each.required]}
        if name not in self._recursive:
            return made
        self.definitions[name] = made
        return {"$ref": f"#/$defs/{name}"}


def nullable(schema: Schema) -> Schema:
    """`schema`, or null."""
    kind = schema.get("type")
    if not schema or kind == "null":
        return schema
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def without_null(schema: Schema) -> Schema:
    """What `nullable` made of it, taken back: a parameter whose default is None is left out instead of given as null."""
    match schema:
        case {"type": [kind, "null"]}:
            return {**schema, "type": kind}
        case {"anyOf": [*others, {"type": "null"}]}:
            return others[0] if len(others) == 1 else {**schema, "anyOf": others}
    return schema


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _list(items: Schema, name: str) -> Schema:
    unique = name in ("set", "Set", "frozenset", "FrozenSet", "AbstractSet")
    return {"type": "array", **({"items": items} if items else {}), **({"uniqueItems": True} if unique else {})}


def _literals(items: Sequence[ast.expr]) -> Schema:
    values = []
    for item in items:
        with suppress(ValueError):
            values.append(literal(item))
    named = [value for value in values if value is not None]
    schema = _of_values(named)
    return nullable(schema) if len(named) < len(values) else schema


def _of_values(values: Sequence[Any]) -> Schema:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    types = list(dict.fromkeys(kinds.get(type(value), "") for value in values))
    return {**({"type": types[0]} if len(types) == 1 and types[0] else {}), **({"enum": list(values)} if values else {})}
