"""`from state "/flights/*" as f {origin: from}`: arguments of one call that belong together in the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.names import unknown
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.signature import FunctionSignature, StateEntry
from magnetc.ir.types import Ref, TypeTable
from magnetc.source import Origin
from magnetc.source.origin import escape


def read_entries(tool: FunctionSignature, data: Sequence[Mapping[str, Any]], origin: Origin, table: TypeTable,
                 sink: Sink) -> tuple[StateEntry, ...]:
    """The entries of the world's state that bind parameters of `tool`. A parameter that cannot be bound is left out, after an error."""
    known = {parameter.name: parameter for parameter in tool.parameters}
    bound: dict[str, Origin] = {}
    aliases: dict[str, Origin] = {}
    entries: list[StateEntry] = []
    for index, each in enumerate(data):
        place = origin.child(index)
        if each["as"] in aliases:
            sink.error("MG228", f"two entries of `{tool.name}` are called `{each['as']}`", place.child("as"),
                       secondary=(Label(aliases[each["as"]], "the first"),), help="give one of them another name")
        aliases.setdefault(each["as"], place.child("as"))
        fields: list[tuple[str, str]] = []
        for name, field in each["fields"].items():
            at = place.child("fields", name)
            if name not in known:
                unknown("MG204", "parameter", name, known, at, sink, at_key=True, within=f" of `{tool.name}`")
            elif name in bound:
                sink.error("MG228", f"`{name}` of `{tool.name}` comes from two entries", at, at_key=True,
                           secondary=(Label(bound[name], "bound here", at_key=True),), help="leave it out of one of them")
            elif _can_be_bound(tool.name, name, known[name].type, at, table, sink):
                bound[name] = at
                fields.append((name, field if field.startswith("/") else f"/{escape(field)}"))
        if fields:
            entries.append(StateEntry(pattern=each["at"], alias=each["as"], fields=tuple(fields), origin=place))
    return tuple(entries)


def _can_be_bound(tool: str, name: str, expr: Any, at: Origin, table: TypeTable, sink: Sink) -> bool:
    """Whether a user can say a value of the parameter: a scalar of an entity type that is not minted."""
    entity = table.get(expr.name) if isinstance(expr, Ref) else None
    if isinstance(expr, Ref) and entity is None and expr.name not in ("object", "boolean"):
        sink.error("MG228", f"`{name}` of `{tool}` is a `{show_type(expr)}`, which says nothing about what it means", at, at_key=True,
                   help="give it an entity type")
    elif entity is None:
        sink.error("MG228", f"`{name}` of `{tool}` is a `{show_type(expr)}`, and one field of the state binds one value", at, at_key=True,
                   help="leave it out")
    elif entity.minted:
        sink.error("MG224", f"`{entity.name}` is minted, so the state cannot say where its values come from", at, at_key=True,
                   help="leave it out, or `minted` if a user may give such a value")
    else:
        return True
    return False
