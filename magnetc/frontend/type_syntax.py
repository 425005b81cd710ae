"""Type expressions as documents write them: a name, `[T]`, `{field: T, "field?": T}` or `{"*": T}`; where null may stand, `T?`,
or `{"?": …}` around a type that is no name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.inline_type import inline_type, looks_inline
from magnetc.frontend.names import Definitions
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref, TypeExpr
from magnetc.source import Origin

OPAQUE = Ref("object")
"""Any JSON: also what stands for a type that could not be resolved, so that one error does not make more."""


def read_type(data: Any, origin: Origin, definitions: Definitions, sink: Sink) -> TypeExpr:
    """The type expression that `data` writes. Unknown names and malformed parts are errors and become `OPAQUE`."""
    match data:
        case str() if looks_inline(data):
            written = inline_type(data)
            if written:
                return Ref(written.entity.name, nullable=written.nullable)
            sink.error("MG225", "this is not a type", origin, help='write values of one sort, `"economy" | "business"`, the lower bound of a range '
                       "first, `1..9`, or a regular expression, `matching \"^[0-9]{5}$\"`")
            return OPAQUE
        case str():
            name = data.removesuffix("?")
            known = definitions.check_type(name, origin, sink)
            return Ref(name, nullable=name != data and name != OPAQUE.name) if known else OPAQUE
        case {"?": list() | dict() as inner} if len(data) == 1 and "?" not in inner:
            return replace(read_type(inner, origin.child("?"), definitions, sink), nullable=True)
        case [only]:
            return ListOf(read_type(only, origin.child(0), definitions, sink))
        case {"*": values} if len(data) == 1:
            return MapOf(read_type(values, origin.child("*"), definitions, sink))
        case dict() if "*" not in data and "?" not in data:
            return Record(tuple(_field(key, value, origin, definitions, sink) for key, value in data.items()))
    sink.error("MG225", "this is not a type", origin,
               help='write a name, `[T]`, `{field: T, "field?": T}` or `{"*": T}`; with null, `T?`, or `{"?": …}` around no name')
    return OPAQUE


def _field(key: str, value: Any, origin: Origin, definitions: Definitions, sink: Sink) -> Field:
    return Field(key.removesuffix("?"), read_type(value, origin.child(key), definitions, sink), key.endswith("?"))


def show_type(expr: TypeExpr) -> str:
    """`expr` as the DSL writes it, for messages."""
    return _show(expr) + "?" * expr.nullable


def _show(expr: TypeExpr) -> str:
    match expr:
        case Ref(name):
            return name
        case ListOf(inner):
            return f"[{show_type(inner)}]"
        case MapOf(values):
            return f"{{*: {show_type(values)}}}"
        case Record(fields):
            inner = ", ".join(f"{f.name}{'?' * f.optional}: {show_type(f.type)}" for f in fields)
            return f"{{{inner}}}"
