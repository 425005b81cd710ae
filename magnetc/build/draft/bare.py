"""Bare leaves: places of tools whose values have a primitive type and so no meaning, and tools written with types in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.frontend.dotted import quote_name
from magnetc.frontend.inline_type import inline_type
from magnetc.ir.json import Json
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import PRIMITIVES, ListOf, MapOf, Record, Ref, TypeExpr, TypeTable
from magnetc.source.origin import escape

BARE = ("string", "number", "integer")


@dataclass(frozen=True, slots=True, kw_only=True)
class BareLeaf:
    """`pointer` is a pattern into the value of `parameter`, or into the tool's result where that is empty; `kind` the primitive."""

    tool: str
    parameter: str
    pointer: str
    kind: str
    description: str = ""

    @property
    def text(self) -> str:
        """What prompts and comments call it: `book(seat)`, `book(seats/*/row)`, `book -> /seat`."""
        name = quote_name(self.tool)
        return f"{name}({self.parameter}{self.pointer})" if self.parameter else f"{name} -> {self.pointer or '/'}"


def bare_leaves(tool: FunctionSignature, table: TypeTable) -> Iterator[BareLeaf]:
    """The bare leaves of a tool: its parameters', then its result's."""
    for parameter in tool.parameters:
        if _is_written(parameter.type, table):
            for pointer, kind in _bare(parameter.type, ""):
                yield BareLeaf(tool=tool.name, parameter=parameter.name, pointer=pointer, kind=kind, description=parameter.description)
    for pointer, kind in _bare(tool.returns, ""):
        yield BareLeaf(tool=tool.name, parameter="", pointer=pointer, kind=kind)


def _bare(expr: TypeExpr, at: str) -> Iterator[tuple[str, str]]:
    match expr:
        case Ref(name) if name in BARE:
            yield at, name
        case ListOf(inner) | MapOf(inner):
            yield from _bare(inner, f"{at}/*")
        case Record(fields):
            for each in fields:
                yield from _bare(each.type, f"{at}/{escape(each.name)}")


def _is_written(expr: TypeExpr, table: TypeTable) -> bool:
    """Whether a document can write the type: one that a JSON Schema made need have no name."""
    match expr:
        case Ref(name):
            entity = table.get(name)
            return name in PRIMITIVES or bool(inline_type(name)) or (entity is not None and not entity.inline)
        case ListOf(inner) | MapOf(inner):
            return _is_written(inner, table)
        case Record(fields):
            return all(_is_written(each.type, table) for each in fields)


def refinements(typed: Iterable[tuple[BareLeaf, str]], tools: Mapping[str, FunctionSignature]) -> dict[str, dict[str, Json]]:
    """The section `refine` of a tools document that gives leaves these types. Of a result it names what leads to them, of a
    parameter all, as the language asks."""
    by_tool: dict[str, dict[str, dict[str, str]]] = {}
    for leaf, name in typed:
        by_tool.setdefault(leaf.tool, {}).setdefault(leaf.parameter, {})[leaf.pointer] = name
    made: dict[str, dict[str, Json]] = {}
    for tool, ends in by_tool.items():
        data: dict[str, Any] = {}
        for parameter in tools[tool].parameters:
            if parameter.name in ends:
                data.setdefault("parameters", {})[parameter.name] = {"type": _written(parameter.type, ends[parameter.name], "", whole=True)}
        if "" in ends:
            data["returns"] = _written(tools[tool].returns, ends[""], "", whole=False)
        made[tool] = data
    return made


def _written(expr: TypeExpr, types: Mapping[str, str], at: str, *, whole: bool) -> Any:
    """A type as documents write it, with `types` by pointer in it; without `whole`, only what leads to these."""
    match expr:
        case Ref(name):
            return types.get(at, name) + "?" * expr.nullable
        case ListOf(inner):
            made: Any = [_written(inner, types, f"{at}/*", whole=whole)]
        case MapOf(inner):
            made = {"*": _written(inner, types, f"{at}/*", whole=whole)}
        case Record(fields):
            made = {}
            for each in fields:
                place = f"{at}/{escape(each.name)}"
                if whole or any(f"{pointer}/".startswith(f"{place}/") for pointer in types):
                    made[each.name + "?" * each.optional] = _written(each.type, types, place, whole=whole)
    return {"?": made} if expr.nullable else made
