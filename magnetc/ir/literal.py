"""The text form of IR that has no notation of its own: a spec, signatures, trajectories. `parse_literal(print_literal(value)) == value`.

    FunctionSignature(
      name='get_distance',
      parameters=(Parameter(name='origin', type=Ref(name='ZipCode')), Parameter(name='to', type=Ref(name='ZipCode'))),
      returns=Record(fields=(Field(name='distance', type=Ref(name='Miles')),)),
    )

The names are those of the dataclasses, what has its default is left out, and so are origins, which are no part of a value.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

_WIDTH = 120
_MODULES = ("graph", "limits", "path", "presentation", "probed", "script", "signature", "spec", "template", "trajectory", "types")


def print_literal(value: Any) -> str:
    """The text of an IR value: dataclasses, enumerations, tuples and JSON."""
    return _show(value, 0) + "\n"


def parse_literal(text: str) -> Any:
    """Inverse of `print_literal`. Raises ValueError; whatever the text, nothing in it is run."""
    try:
        return _read(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(f"this is no IR: {error}") from None


def _show(value: Any, depth: int) -> str:
    """On one line where it fits, else one part a line."""
    head, parts, end = _parts(value, depth)
    if not parts:
        return head + end
    line = head + ", ".join(parts) + ("," if head == "(" and len(parts) == 1 else "") + end
    if "\n" not in line and len(line) + 2 * depth <= _WIDTH:
        return line
    inner = "  " * (depth + 1)
    return "".join([head, "\n", *(f"{inner}{part},\n" for part in parts), "  " * depth, end])


def _parts(value: Any, depth: int) -> tuple[str, list[str], str]:
    inner = depth + 1
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}", [], ""
    if dataclasses.is_dataclass(value):
        shown = [field for field in dataclasses.fields(value) if field.compare and getattr(value, field.name) != _default(field)]
        return f"{type(value).__name__}(", [f"{each.name}={_show(getattr(value, each.name), inner)}" for each in shown], ")"
    if isinstance(value, Mapping):
        return "{", [f"{key!r}: {_show(each, inner)}" for key, each in value.items()], "}"
    if isinstance(value, (tuple, list)):
        begin, end = "()" if isinstance(value, tuple) else "[]"
        return begin, [_show(each, inner) for each in value], end
    return repr(value), [], ""


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@cache
def _classes() -> dict[str, Any]:
    """The dataclasses and enumerations of the IR by name."""
    found: dict[str, Any] = {}
    for module in _MODULES:
        for name, each in vars(import_module(f"magnetc.ir.{module}")).items():
            if isinstance(each, type) and (dataclasses.is_dataclass(each) or issubclass(each, Enum)):
                found[name] = each
    return found


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value) if value is None or isinstance(value, (bool, int, float, str)):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(value)) if isinstance(value, (int, float)):
            return -value
        case ast.Tuple(items):
            return tuple(_read(item) for item in items)
        case ast.List(items):
            return [_read(item) for item in items]
        case ast.Dict(keys, values):
            return {_read(_key(key)): _read(value) for key, value in zip(keys, values)}
        case ast.Attribute(ast.Name(name), member) if isinstance(each := _classes().get(name), type) and issubclass(each, Enum):
            return each[member] if member in each.__members__ else _refuse(node)
        case ast.Call(ast.Name(name), [], keywords) if dataclasses.is_dataclass(_classes().get(name)):
            made: Any = _classes()[name]
            return made(**{keyword.arg or _refuse(node): _read(keyword.value) for keyword in keywords})
    return _refuse(node)


def _key(node: ast.expr | None) -> ast.expr:
    return node or _refuse(ast.Constant("**"))


def _refuse(node: ast.expr) -> Any:
    raise ValueError(f"this is no IR: `{ast.unparse(node)[:80]}`")
