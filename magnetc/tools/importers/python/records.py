"""The fields of classes that are records, inherited ones included, and the values of enumerations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from magnetc.ir.json import Json
from magnetc.tools.importers.python.documentation import documentation
from magnetc.tools.importers.python.module import Module, constant, dotted, literal

BASES = ("TypedDict", "NamedTuple", "BaseModel", "Struct", "SQLModel", "Model", "RootModel")
DECORATORS = ("dataclass", "define", "frozen", "attrs", "s", "mutable")
ENUMS = ("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """`call` is the `Field(…)` that describes it, if any."""

    name: str
    annotation: ast.expr
    module: Module
    required: bool
    default: Json = None
    description: str = ""
    call: ast.Call | None = None


def is_enum(node: ast.ClassDef, module: Module) -> bool:
    return any(module.means(dotted(base)) in ENUMS or ((found := _base(base, module)) and is_enum(*found)) for base in node.bases)


def enum_values(node: ast.ClassDef, module: Module) -> list[Json]:
    """The values of an enumeration; its names, lower-cased, where `auto()` makes them, as StrEnum does."""
    values: list[Json] = []
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                if isinstance(value, ast.Call):
                    values.append(name.lower())
                    continue
                with suppress(ValueError):
                    values.append(literal(value))
    return values


def record_fields(node: ast.ClassDef, module: Module) -> list[RecordField] | None:
    """The fields of a record class in their order; None when the class is no record."""
    lineage = list(_lineage(node, module, set()))
    if not any(_is_record(each, home) for each, home in lineage):
        return None
    fields: dict[str, RecordField] = {}
    for each, home in reversed(lineage):
        fields |= {found.name: found for found in _own_fields(each, home)}
    return list(fields.values())


def _lineage(node: ast.ClassDef, module: Module, seen: set[str]) -> Iterator[tuple[ast.ClassDef, Module]]:
    if node.name in seen:
        return
    seen.add(node.name)
    yield node, module
    for base in node.bases:
        found = _base(base, module)
        if found:
            yield from _lineage(*found, seen)


def _base(base: ast.expr, module: Module) -> tuple[ast.ClassDef, Module] | None:
    found = module.find(dotted(base))
    return (found[1], found[0]) if found and isinstance(found[1], ast.ClassDef) else None


def _is_record(node: ast.ClassDef, module: Module) -> bool:
    decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return (any(module.means(dotted(base)) in BASES for base in node.bases)
            or any(module.means(dotted(each)) in DECORATORS for each in decorators))


def _own_fields(node: ast.ClassDef, module: Module) -> Iterator[RecordField]:
    documented = documentation(ast.get_docstring(node) or "").parameters
    partial = any(each.arg == "total" and isinstance(each.value, ast.Constant) and each.value.value is False for each in node.keywords)
    for index, statement in enumerate(node.body):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if not name.startswith("_"):
                wrapper = module.means(dotted(annotation.value)) if isinstance(annotation, ast.Subscript) else ""
                if wrapper == "ClassVar" or name == "model_config":
                    continue
                required, default, call = _default(value, module)
                below = node.body[index + 1] if index + 1 < len(node.body) else None
                words = documented[name].description if name in documented else ""
                yield RecordField(
                    name=name, annotation=annotation, module=module, default=default, call=call,
                    required=required and wrapper != "NotRequired" and (not partial or wrapper == "Required"),
                    description=words or _docstring_below(below))


def _default(value: ast.expr | None, module: Module) -> tuple[bool, Json, ast.Call | None]:
    """Whether a field is required, its default, and the call that describes it."""
    if value is None:
        return True, None, None
    if not isinstance(value, ast.Call):
        return False, constant(value, module), None
    given = {each.arg: each.value for each in value.keywords}
    first = value.args[0] if value.args else given.get("default")
    if first is not None and not (isinstance(first, ast.Constant) and first.value is Ellipsis):
        return False, constant(first, module), value
    return first is not None or not given.keys() & {"default_factory", "factory"}, None, value


def _docstring_below(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""
