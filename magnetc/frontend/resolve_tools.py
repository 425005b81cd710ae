"""Tools: declared, imported, refined, and the sets they form."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from magnetc.diagnostics import Sink
from magnetc.frontend.constraint import read_constraint
from magnetc.frontend.declared_schema import is_result_schema, is_schema, is_sound, outline
from magnetc.frontend.document import Document
from magnetc.frontend.inline_type import inline_type
from magnetc.frontend.json_schema import with_default, without_entities
from magnetc.frontend.names import Definitions, entries, unknown
from magnetc.frontend.resolve_entries import read_entries
from magnetc.frontend.schema_types import SchemaTypes
from magnetc.frontend.type_syntax import OPAQUE, read_type, show_type
from magnetc.frontend.wrong_value import advice
from magnetc.ir.conform import violations
from magnetc.ir.json import canonical, wire
from magnetc.ir.signature import Effect, FunctionSignature, Parameter
from magnetc.ir.spec import ToolSet
from magnetc.ir.types import (
    PRIMITIVES,
    EntityType,
    Field,
    ListOf,
    MapOf,
    Record,
    Ref,
    TypeExpr,
    TypeTable,
    leaves,
)
from magnetc.source import Origin


@dataclass(frozen=True, slots=True)
class _Reader:
    definitions: Definitions
    table: TypeTable
    sink: Sink
    inline: dict[str, EntityType]

    def type(self, data: Any, origin: Origin) -> TypeExpr:
        """The type expression that `data` writes; what it writes inline is a type from here on."""
        expr = read_type(data, origin, self.definitions, self.sink)
        for _, ref in leaves(expr):
            if ref.name not in self.definitions.types and (written := inline_type(ref.name)):
                self.inline.setdefault(ref.name, replace(written.entity, origin=origin))
        return expr

    @property
    def known(self) -> TypeTable:
        """All types, those written inline so far too."""
        return TypeTable(ChainMap(self.inline, cast("dict[str, EntityType]", self.table.types)))

    def schema(self, root: Mapping[str, Any], origin: Origin) -> SchemaTypes:
        return SchemaTypes(root, origin, self.definitions, self.table, self.inline, self.sink)


def resolve_tools(documents: Iterable[Document], imported: Iterable[FunctionSignature], definitions: Definitions,
                  table: TypeTable, sink: Sink) -> tuple[dict[str, FunctionSignature], TypeTable]:
    """All tools by name, and the types with those that tools write inline.

    Imported tools come first, in the order of their import, then declared ones; refinements are applied.
    """
    documents = tuple(documents)
    reader = _Reader(definitions, table, sink, {})
    tools = {tool.name: tool for tool in imported}
    for tool in tools.values():
        _check_entities(tool, reader)
    for name, data, origin in entries(documents, "tools", "tools"):
        if definitions.tools.origins.get(name) == origin:
            tools[name] = _declared(name, data, origin, reader)
    for name, data, origin in entries(documents, "tools", "refine"):
        if definitions.tools.check(name, origin, sink, at_key=True) and name in tools:
            tools[name] = _refined(tools[name], data, origin, reader)
    return tools, TypeTable({**table.types, **reader.inline}) if reader.inline else table


def _check_entities(tool: FunctionSignature, reader: _Reader) -> None:
    """The types that an imported schema names by `x-entity` must be those of the recipe."""
    places = [ref for expr in (tool.returns, *(p.type for p in tool.parameters)) for _, ref in leaves(expr)]
    for name in dict.fromkeys(ref.name for ref in places if ref.name not in PRIMITIVES):
        reader.definitions.check_type(name, tool.origin, reader.sink)


def resolve_sets(documents: Iterable[Document], definitions: Definitions, sink: Sink) -> dict[str, ToolSet]:
    """All sets by name. Members that are no tools are left out, after an error."""
    sets: dict[str, ToolSet] = {}
    for name, members, origin in entries(documents, "tools", "sets"):
        if definitions.sets.origins.get(name) == origin:
            known = [member for index, member in enumerate(members)
                     if _is_member(member, origin.child(index), definitions, sink)]
            sets[name] = ToolSet(name=name, tools=tuple(dict.fromkeys(known)))
    return sets


def _is_member(name: str, at: Origin, definitions: Definitions, sink: Sink) -> bool:
    if name in definitions.sets:
        sink.error("MG203", f"`{name}` is a set, and a set holds tools", at, help=f"name the tools of `{name}` in its place")
        return False
    return definitions.tools.check(name, at, sink)


def _declared(name: str, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> FunctionSignature:
    place = origin.child("parameters")
    written = data.get("parameters") or {}
    by_schema = is_schema(written)
    if by_schema:
        parameters = _by_schema(name, written, place, reader)
    else:
        parameters = tuple(_parameter(key, inner, place.child(key), reader) for key, inner in written.items())
    tool = FunctionSignature(
        name=name,
        description=data.get("description", ""),
        parameters=parameters,
        returns=_returns(name, data, origin.child("returns"), reader, by_schema=by_schema),
        effect=Effect(data.get("effect", "reads")),
        category=data.get("category", ""),
        schema=outline(written) if by_schema else None,
        origin=origin,
    )
    return _with_where(_with_entries(tool, data, origin, reader), data, origin, reader)


def _by_schema(tool: str, schema: Mapping[str, Any], origin: Origin, reader: _Reader) -> tuple[Parameter, ...]:
    """The parameters that a JSON Schema declares, each with its own schema unchanged."""
    sound = is_sound(schema, origin, reader.definitions, reader.sink)
    properties = schema.get("properties")
    types, place = reader.schema(schema, origin), origin.child("properties")
    required = schema.get("required", ())
    return tuple(
        Parameter(name=name, type=types.read(inner, place.child(name), f"{tool}.{name}") if sound else OPAQUE,
                  required=isinstance(required, list) and name in required,
                  description=inner.get("description", "") if sound and isinstance(inner, dict) else "",
                  schema=wire(without_entities(inner)), origin=place.child(name))
        for name, inner in (properties.items() if isinstance(properties, dict) else ())
    )


def _returns(tool: str, data: Mapping[str, Any], origin: Origin, reader: _Reader, *, by_schema: bool) -> TypeExpr:
    if "returns" not in data:
        return Record(())
    written = data["returns"]
    if not by_schema or not is_result_schema(written):
        return reader.type(written, origin)
    return reader.schema(written, origin).read(written, origin, f"{tool}()") if is_sound(written, origin, reader.definitions, reader.sink) else OPAQUE


def _parameter(name: str, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> Parameter:
    expr = reader.type(data["type"], origin.child("type"))
    default = data.get("default")
    _check_default(name, default, expr, origin, reader)
    return Parameter(name=name, type=expr, required=not data.get("optional", False) and default is None, default=default,
                     description=data.get("description", ""), origin=origin)


def _check_default(name: str, default: Any, expr: TypeExpr, origin: Origin, reader: _Reader) -> None:
    found = violations(default, expr, reader.known) if default is not None else []
    if found:
        reason = f"it {found[0].removeprefix('`/` ')}" if found[0].startswith("`/` ") else found[0]
        entity = reader.table.get(expr.name) or EntityType(name=expr.name, base=expr.name) if isinstance(expr, Ref) else None
        help, fix = advice(default, entity, origin.child("default"), reader.sink) if entity else (None, None)
        reader.sink.error("MG207", f"default `{canonical(default)}` of `{name}` is no `{show_type(expr)}`: {reason}",
                          origin.child("default"), help=help, fix=fix)


def _with_entries(tool: FunctionSignature, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> FunctionSignature:
    if "state" not in data:
        return tool
    return replace(tool, entries=read_entries(tool, data["state"], origin.child("state"), reader.known, reader.sink))


def _with_where(tool: FunctionSignature, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> FunctionSignature:
    if "where" not in data:
        return tool
    parameters = {p.name: p for p in tool.parameters}
    entries = [entry.alias for entry in tool.entries]
    read = (read_constraint(text, tool.name, parameters, entries, reader.known, origin.child("where", index), reader.sink)
            for index, text in enumerate(data["where"]))
    return replace(tool, where=tuple(constraint for constraint in read if constraint))


def _refined(tool: FunctionSignature, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> FunctionSignature:
    """`tool` with what `data` names changed. Diagnostics about the tool then point at its refinement."""
    changed = {key: data[key] for key in ("description", "category") if key in data}
    if "effect" in data:
        changed["effect"] = Effect(data["effect"])
    if "returns" in data:
        changed["returns"] = _merged(tool.returns, reader.type(data["returns"], origin.child("returns")))
    parameters = {p.name: p for p in tool.parameters}
    for name, inner in (data.get("parameters") or {}).items():
        place = origin.child("parameters", name)
        if name not in parameters:
            unknown("MG204", "parameter", name, parameters, place, reader.sink, at_key=True, within=f" of `{tool.name}`")
        else:
            parameters[name] = _refined_parameter(parameters[name], inner, place, reader)
    refined = replace(tool, parameters=tuple(parameters.values()), origin=origin, **changed)
    return _with_where(_with_entries(refined, data, origin, reader), data, origin, reader)


def _refined_parameter(parameter: Parameter, data: Mapping[str, Any], origin: Origin, reader: _Reader) -> Parameter:
    changed: dict[str, Any] = {"origin": origin}
    if "type" in data:
        expr = reader.type(data["type"], origin.child("type"))
        if _fits(expr, parameter.type, reader.known):
            changed["type"] = expr
        else:
            reader.sink.error("MG215", f"`{parameter.name}` is `{show_type(parameter.type)}` in the imported tool, "
                                       f"which `{show_type(expr)}` does not refine", origin.child("type"),
                              help=f"name a type whose base is that of `{show_type(parameter.type)}`")
    if "description" in data:
        changed["description"] = data["description"]
    if "default" in data:
        _check_default(parameter.name, data["default"], changed.get("type", parameter.type), origin, reader)
        changed |= {"default": data["default"], "schema": with_default(parameter.schema, data["default"]),
                    "required": False}
    if "optional" in data:
        changed["required"] = not data["optional"]
        if not data["optional"] and "default" not in data:
            changed |= {"default": None, "schema": with_default(parameter.schema, None)}
    return replace(parameter, **changed)


def _fits(refined: TypeExpr, imported: TypeExpr, table: TypeTable) -> bool:
    """Whether values of `refined` are values of `imported`: opaque JSON may become anything, a number an integer."""
    if refined.nullable and not imported.nullable and imported != Ref("object"):
        return False
    match imported, refined:
        case (Ref("object"), _) | (_, Ref("object")):
            return True
        case Ref(), Ref():
            narrow, wide = _base(refined, table), _base(imported, table)
            return narrow == wide or (narrow, wide) == ("integer", "number")
        case ListOf(before), ListOf(after):
            return _fits(after, before, table)
        case MapOf(before), MapOf(after):
            return _fits(after, before, table)
        case MapOf(values), Record(fields):
            return all(_fits(field.type, values, table) for field in fields)
        case Record(before), Record(after):
            wide = {field.name: field.type for field in before}
            return all(field.name in wide and _fits(field.type, wide[field.name], table) for field in after)
        case _:
            return False


def _base(expr: Ref, table: TypeTable) -> str:
    entity = table.get(expr.name)
    return entity.base if entity else expr.name


def _merged(imported: TypeExpr, refined: TypeExpr) -> TypeExpr:
    """`imported` with what `refined` names put in its place, field by field; fields that it lacks are added.

    Unlike parameters, results may be refined against their document: a tool's result is what it is, not what it is said
    to be. What may be null may still be.
    """
    merged = _joined(imported, refined)
    return replace(merged, nullable=merged.nullable or imported.nullable) if merged is not refined else merged


def _joined(imported: TypeExpr, refined: TypeExpr) -> TypeExpr:
    match imported, refined:
        case Record(before), Record(after):
            fields = {field.name: field for field in before}
            for field in after:
                known = fields.get(field.name)
                fields[field.name] = Field(field.name, _merged(known.type, field.type) if known else field.type,
                                           field.optional)
            return Record(tuple(fields.values()))
        case ListOf(before), ListOf(after):
            return ListOf(_merged(before, after))
        case MapOf(before), MapOf(after):
            return MapOf(_merged(before, after))
        case _:
            return refined
