"""Functions of a module or methods of a class as tools: signature, annotations, docstring.

    tools from python "tools.py"             # the public functions of a file, relative to the recipe
    tools from python "world:TravelWorld"    # the public methods of a class of a module: beside the recipe, or in its packages

Where some functions are decorated as tools (`@tool`, `@mcp.tool()`), only those are tools.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from magnetc.ir.json import Json, digest
from magnetc.tools.importers.importer import Place, Snapshot, object_schema, raw_tool, refused
from magnetc.tools.importers.python.annotations import Annotations, without_null
from magnetc.tools.importers.python.documentation import Documentation, Documented, documentation
from magnetc.tools.importers.python.module import Module, constant, dotted, literal

Function = ast.FunctionDef | ast.AsyncFunctionDef

NOT_TOOLS = ("main", "state", "observe", "snapshot", "profile", "clutter")
"""Names that mean something else: to Python, or to magnetc in a world."""

_INJECTED = ("Context", "RunContext", "ToolRuntime", "Depends")
"""Types of parameters that a framework gives, not the model."""


def import_python(argument: str, place: Place) -> Snapshot:
    """The tools that `argument`, `module`, `module:Class` or the same with a file name, holds."""
    where, _, name = argument.partition(":")
    path = find_module(where, place)
    module = Module.read(path)
    functions = find_functions(module, name)
    if not functions:
        raise refused(f"`{argument}` holds no public function", "tools are functions whose names begin with a letter"
                      + ("" if name else f"; for methods of a class, write `{where}:CLASS`"))
    raw = tuple(_tool(function, home) for function, home in functions)
    members = {_relative(each, path.parent): found for each, found in module.members().items()}
    return Snapshot(source=argument, digest=digest(members), functions=raw)


def find_functions(module: Module, owner: str) -> list[tuple[Function, Module]]:
    """The functions of a module, or the methods of its class `owner`, that are tools, each with the module it stands in."""
    return list(_methods(module, owner) if owner else _functions(module))


def find_module(where: str, place: Place) -> Path:
    """The file of a module: a path relative to the folder, or a dotted name there or in the recipe's packages."""
    if where.endswith(".py"):
        return place.folder / PurePosixPath(where)
    for root in (lambda: place.folder, place.site_packages):
        inner = root().joinpath(*where.split("."))
        found = next((each for each in (inner.with_suffix(".py"), inner / "__init__.py") if each.is_file()), None)
        if found:
            return found
    raise refused(f"there is no module `{where}` beside the recipe or in its packages",
                  "name a file such as `tools.py`, or a module of a package under `packages` of the recipe's world")


def _functions(module: Module) -> Iterator[tuple[Function, Module]]:
    own = [each for each in module.tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    listed = _listed(module)
    public = [each for each in own if (each.name in listed if listed is not None else _is_public(each.name))]
    marked = [each for each in public if _is_marked(each)]
    yield from ((each, module) for each in marked or public)


def _methods(module: Module, name: str) -> Iterator[tuple[Function, Module]]:
    found = module.find(name)
    if not found or not isinstance(found[1], ast.ClassDef):
        classes = ", ".join(f"`{each}`" for each, node in module.definitions.items() if isinstance(node, ast.ClassDef))
        raise refused(f"`{module.path}` has no class `{name}`", f"its classes are {classes}" if classes else None)
    yield from _methods_of(found[1], found[0])


def _methods_of(node: ast.ClassDef, home: Module) -> Iterator[tuple[Function, Module]]:
    methods = {each.name: (each, home) for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
               and _is_public(each.name) and not _is_property(each)}
    for base in node.bases:
        inherited = home.find(dotted(base))
        if inherited and isinstance(inherited[1], ast.ClassDef):
            for method, owner in _methods_of(inherited[1], inherited[0]):
                methods.setdefault(method.name, (method, owner))
    marked = {each: found for each, found in methods.items() if _is_marked(found[0])}
    yield from (marked or methods).values()


def _listed(module: Module) -> list[str] | None:
    """The names in `__all__`; None when the module has none that is literal."""
    node = module.definitions.get("__all__")
    if isinstance(node, ast.Assign):
        try:
            return [str(each) for each in literal(node.value)]
        except (ValueError, TypeError):
            pass
    return None


def _is_public(name: str) -> bool:
    return not name.startswith("_") and name not in NOT_TOOLS


def _decorators(function: Function) -> list[str]:
    return [dotted(each.func if isinstance(each, ast.Call) else each).rpartition(".")[2] for each in function.decorator_list]


def _is_marked(function: Function) -> bool:
    return any(name in ("tool", "function_tool", "ai_function", "is_tool", "kernel_function") for name in _decorators(function))


def _is_property(function: Function) -> bool:
    return any(name in ("property", "cached_property", "setter", "overload", "fixture") for name in _decorators(function))


def _tool(function: Function, module: Module) -> dict[str, Json]:
    words = documentation(ast.get_docstring(function) or "")
    annotations = Annotations()
    properties: dict[str, Json] = {}
    required: list[str] = []
    for argument, default, is_optional in _arguments(function):
        if argument.annotation is not None and _outer(argument.annotation, module) in _INJECTED:
            continue
        properties[argument.arg] = _parameter(argument, default, is_optional, words, annotations, module)
        if not is_optional:
            required.append(argument.arg)
    parameters = object_schema(properties, required)
    return raw_tool(function.name, words.description, _defined(parameters, annotations), _returns(function, words, module))


def _arguments(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None, bool]]:
    """Each named parameter with its default and whether it has one; `self`, `cls`, `*args` and `**kwargs` are none."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    pairs = list(zip(positional, defaults))
    if pairs and pairs[0][0].arg in ("self", "cls") and "staticmethod" not in _decorators(function):
        pairs = pairs[1:]
    pairs += list(zip(given.kwonlyargs, given.kw_defaults))
    yield from ((argument, default, default is not None) for argument, default in pairs)


def _parameter(argument: ast.arg, default: ast.expr | None, is_optional: bool, words: Documentation, annotations: Annotations,
               module: Module) -> dict[str, Json]:
    documented = words.parameters.get(argument.arg, Documented())
    schema = _annotated(argument.annotation, documented, annotations, module)
    value = constant(default, module)
    if is_optional and value is None:
        schema = without_null(schema)
    if not schema and value is not None:
        schema = {"type": _JSON_TYPES.get(type(value), "object")}
    if documented.description:
        schema = {**schema, "description": documented.description}
    return schema if value is None else {**schema, "default": value}


_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def _annotated(node: ast.expr | None, documented: Documented, annotations: Annotations, module: Module) -> dict[str, Json]:
    """The schema of an annotation, or of the type that the docstring names when there is none."""
    if node is None and documented.type:
        node = ast.Constant(value=documented.type)
    return annotations.schema(node, module)


def _returns(function: Function, words: Documentation, module: Module) -> dict[str, Json] | None:
    annotations = Annotations()
    schema = _annotated(function.returns, words.returns, annotations, module)
    if function.returns is None and not schema:
        return None
    if words.returns.description and schema:
        schema = {**schema, "description": words.returns.description}
    return _defined(schema, annotations)


def _defined(schema: dict[str, Json], annotations: Annotations) -> dict[str, Json]:
    return {**schema, "$defs": annotations.definitions} if annotations.definitions else schema


def _outer(annotation: ast.expr, module: Module) -> str:
    """The last name of an annotation, without what it is of."""
    match annotation:
        case ast.Constant(value=str(text)):
            return module.means(text.partition("[")[0])
        case ast.Subscript(value=value):
            return module.means(dotted(value))
    return module.means(dotted(annotation))


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
