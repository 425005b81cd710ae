"""What simulated tools do, found out from their types, or said by the recipe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.signature import Effect, FunctionSignature, Parameter
from magnetc.ir.types import EntityType, ListOf, MapOf, Record, Ref, TypeExpr, TypeTable, leaves
from magnetc.surface.faker_pool import faker_pool

ENDS = frozenset(["cancel", "clear", "close", "delete", "discard", "drop", "erase", "leave", "quit", "remove", "revoke", "unsubscribe", "withdraw"])
"""Words of a tool's name by which it ends the thing that it is given."""

INITIAL = 6
"""Entities of a kind that are there from the start, where a tool reads them and the recipe does not say how many."""

MOST = 120
"""Of them, so that a list finds something for each value that it may be asked for."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans a world of `tools`. `settings` is what the recipe says under `simulated`."""

    tools: Sequence[FunctionSignature]
    table: TypeTable
    settings: Mapping[str, Any]

    def plan(self) -> dict[str, Any]:
        """What `simulation.py` reads: types, kinds of entities with their fields and first entities, and what each tool does."""
        tools = {tool.name: self._tool(tool) for tool in self.tools}
        fields = {kind: self._fields(kind, tools) for kind in self._kinds(tools)}
        for planned in tools.values():
            self._fit(planned, fields)
        kinds = {kind: {"called": _called(kind), "fields": {name: _written(expr) for name, expr in known.items()},
                        "initial": self._initial(kind, tools), "new": self._new(known)} for kind, known in fields.items()}
        return {"types": {name: self._type(entity) for name, entity in self.table.types.items()}, "tools": tools, "kinds": kinds,
                "profile": self._profile()}

    def kind(self, name: str) -> str | None:
        """The kind of thing that values of a type are ids of: the first type of its ancestry that only tools make."""
        found = [each for each in self.table.ancestry(name) if self.table.types[each].minted]
        return found[-1] if found else None

    def _kinds(self, tools: Mapping[str, dict[str, Any]]) -> list[str]:
        """Kinds that some tool gives or takes an id of."""
        types = [ref.name for tool in self.tools for _, ref in _all_leaves(tool)]
        return sorted({kind for kind in map(self.kind, types) if kind} | {tool["of"] for tool in tools.values() if tool["of"]})

    def _tool(self, tool: FunctionSignature) -> dict[str, Any]:
        said = self.settings.get("tools", {}).get(tool.name, {})
        does, of, by = self._does(tool)
        does, of = said.get("does", does), said.get("of", of)
        if does == "answer":
            of = None
        if of and does in ("read", "update", "delete"):
            by = next((p.name for p in tool.parameters if isinstance(p.type, Ref) and self.kind(p.type.name) == of), by)
        many = any("*" in at for at, ref in leaves(tool.returns) if of and self.kind(ref.name) == of)
        return {"does": does, "of": of, "by": by, "many": many, "writes": tool.effect is Effect.WRITES, "stores": {}, "filters": {},
                "sets": {}, "name": tool.name, "returns": _written(tool.returns), "parameters": [self._parameter(p) for p in tool.parameters],
                "where": [[each.left, each.op, each.right, each.literal] for each in tool.where if not each.entry]}

    def _does(self, tool: FunctionSignature) -> tuple[str, str | None, str | None]:
        """(what, of which kind, by which parameter) of a tool."""
        takes = [(p.name, kind) for p in tool.parameters if p.required and isinstance(p.type, Ref) and (kind := self.kind(p.type.name))]
        gives = [kind for _, ref in leaves(tool.returns) if (kind := self.kind(ref.name))]
        taken = {kind for _, kind in takes}
        new = [kind for kind in gives if kind not in taken]
        if tool.effect is Effect.WRITES:
            if takes and ENDS & set(_spaced(tool.name).split()):
                return "delete", takes[0][1], takes[0][0]
            if new and (not takes or new[0] == gives[0]):
                return "create", new[0], None
            return ("update", takes[0][1], takes[0][0]) if takes else ("answer", None, None)
        several = [kind for at, ref in leaves(tool.returns) if "*" in at and (kind := self.kind(ref.name)) and kind not in taken]
        if several or (new and not takes):
            return "list", (several or new)[0], None
        return ("read", takes[0][1], takes[0][0]) if takes else ("answer", None, None)

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        inner = parameter.type.items if isinstance(parameter.type, ListOf) else parameter.type
        kind = self.kind(inner.name) if isinstance(inner, Ref) else None
        return {"name": parameter.name, "type": _written(parameter.type), "required": parameter.required, "default": parameter.default,
                "kind": kind}

    def _fields(self, kind: str, tools: Mapping[str, dict[str, Any]]) -> dict[str, TypeExpr]:
        """What is known of a kind: fields of results that tell of it, and what creating it takes."""
        found: dict[str, TypeExpr] = {}
        for tool in self.tools:
            planned = tools[tool.name]
            if planned["of"] != kind:
                continue
            for record in _records(tool.returns):
                own = any(isinstance(f.type, Ref) and self.kind(f.type.name) == kind for f in record.fields)
                if own or planned["does"] == "read":
                    for item in record.fields:
                        if not (isinstance(item.type, Ref) and self.kind(item.type.name) == kind) and not _of_kind(item.type, kind, self):
                            found.setdefault(item.name, item.type)
        for tool in self.tools:
            if tools[tool.name]["of"] == kind and tools[tool.name]["does"] == "create":
                for parameter in tool.parameters:
                    found.setdefault(parameter.name, parameter.type)
        return found

    def _fit(self, planned: dict[str, Any], fields: Mapping[str, Mapping[str, TypeExpr]]) -> None:
        """Which arguments are fields of the entity: stored by what writes, asked for by lists."""
        known = fields.get(planned["of"] or "", {})
        names = [parameter["name"] for parameter in planned["parameters"] if parameter["name"] != planned["by"]]
        same = {name: field for name in names if (field := name if name in known else name.removeprefix("new_")) in known}
        if planned["does"] == "list":
            planned["filters"] = same
        elif planned["does"] in ("create", "update"):
            planned["stores"] = same if planned["does"] == "update" else {name: name for name in names}
        if planned["does"] == "update" and not same:
            planned["sets"] = dict(self._sets(planned["name"], known))

    def _sets(self, name: str, known: Mapping[str, TypeExpr]) -> Iterator[tuple[str, Json]]:
        """`complete_task` sets the field that may be `completed`."""
        verb = _spaced(name).split()[0]
        for field, expr in known.items():
            entity = self.table.get(expr.name) if isinstance(expr, Ref) else None
            for value in entity.enum if entity else ():
                if isinstance(value, str) and value[:4].lower() == verb[:4]:
                    yield field, value
                    break

    def _initial(self, kind: str, tools: Mapping[str, dict[str, Any]]) -> list[dict[str, Json]]:
        """Fields of the first entities that lists ask for, so that all values, or all together where these are few, are found."""
        lists = [tool for tool in tools.values() if tool["of"] == kind and tool["does"] == "list"]
        if not lists:
            return []
        asked = {field: values for tool in lists for name, field in tool["filters"].items()
                 if (values := self._values(next(p["type"] for p in tool["parameters"] if p["name"] == name)))}
        count = self.settings.get("entities") or max(INITIAL, min(prod(map(len, asked.values())), MOST) if asked else 0)
        made = []
        for number in range(count):
            record, left = {}, number
            for field, values in asked.items():
                record[field] = values[left % len(values)]
                left = left // len(values) if prod(map(len, asked.values())) <= MOST else left * 7 + 3
            made.append(record)
        return made

    def _new(self, known: Mapping[str, TypeExpr]) -> dict[str, Json]:
        """Fields of a thing that was just made and of which nothing was said: the first of what they may be, as `open`."""
        entities = {name: self.table.get(expr.name) for name, expr in known.items() if isinstance(expr, Ref)}
        return {name: entity.enum[0] for name, entity in entities.items() if entity and entity.enum}

    def _values(self, written: Mapping[str, Any]) -> list[Json]:
        entity = self.table.get(written.get("type", ""))
        return list(self._type(entity).get("values", ())) if entity else []

    def _type(self, entity: EntityType) -> dict[str, Any]:
        values = [*entity.enum] or [*entity.examples] or ([*faker_pool(entity.faker, "en")] if entity.faker else [])
        told = {"base": entity.base, "enum": list(entity.enum), "values": values, "pattern": entity.pattern, "format": entity.format,
                "minimum": entity.minimum, "maximum": entity.maximum, "step": entity.step, "days": entity.days,
                "kind": self.kind(entity.name)}
        return {name: value for name, value in told.items() if value not in (None, [])}

    def _profile(self) -> dict[str, str]:
        """Fields of the profile that types come from."""
        places = {name: entity.system or "" for name, entity in self.table.types.items()}
        return {place.removeprefix("/profile/"): name for name, place in places.items() if place.startswith("/profile/")}


def _written(expr: TypeExpr) -> dict[str, Any]:
    match expr:
        case Ref(name):
            return {"type": name}
        case ListOf(items):
            return {"list": _written(items)}
        case MapOf(values):
            return {"map": _written(values)}
        case Record(fields):
            return {"record": [{"name": f.name, "type": _written(f.type), "optional": f.optional} for f in fields]}


def _all_leaves(tool: FunctionSignature) -> Iterator[tuple[str, Ref]]:
    yield from leaves(tool.returns)
    for parameter in tool.parameters:
        yield from leaves(parameter.type)


def _records(expr: TypeExpr) -> Iterable[Record]:
    match expr:
        case ListOf(inner) | MapOf(inner):
            yield from _records(inner)
        case Record(fields):
            yield expr
            for item in fields:
                yield from _records(item.type)


def _of_kind(expr: TypeExpr, kind: str, planner: Planner) -> bool:
    """Whether a field is a list of the entities themselves."""
    return not isinstance(expr, Ref) and any(planner.kind(ref.name) == kind for _, ref in leaves(expr))


def _spaced(name: str) -> str:
    return re.sub(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])", " ", name).strip().lower()


def _called(kind: str) -> str:
    """`BookingId` in words: booking."""
    words = _spaced(kind).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in ("id", "code", "key", "number") else words)


def plan_text(tools: Sequence[FunctionSignature], table: TypeTable, settings: str) -> str:
    """The plan as JSON; `settings` is JSON too."""
    return json.dumps(Planner(tools, table, json.loads(settings)).plan(), sort_keys=True)
