"""What the body of a function touches, read off its text: nothing, state that the module or object holds, or the world outside.

It is a list of what is known to be harmless; whatever is not on it counts as outside, so that it is never run unasked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from magnetc.tools.importers.python.module import Module, dotted

HARMLESS = frozenset(
    """abc base64 bisect calendar cmath collections copy csv dataclasses datetime decimal difflib enum fractions functools hashlib heapq
html itertools json logging math numbers operator pprint re statistics string textwrap time types typing typing_extensions unicodedata uuid
random secrets zoneinfo pydantic babel dateutil __future__""".split()
)
"""Modules whose functions touch nothing outside the process, as long as nobody writes to a file object."""

UNSTEADY = frozenset(
    """datetime.now datetime.today datetime.utcnow date.today time.time time.monotonic time.perf_counter uuid.uuid1 uuid.uuid4
secrets random id""".split()
)
"""Calls, or the modules of calls, that give something else each time."""

BUILTINS = frozenset(
    """abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset getattr hasattr hash
hex id int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round set setattr slice sorted str sum
super tuple type zip staticmethod classmethod property object Exception ValueError KeyError TypeError IndexError RuntimeError LookupError
NotImplementedError PermissionError ZeroDivisionError ArithmeticError StopIteration AssertionError OverflowError AttributeError""".split()
)
MUTATORS = frozenset(
    """append extend insert remove pop clear sort reverse add discard update setdefault popitem appendleft extendleft
popleft intersection_update difference_update""".split()
)


@dataclass(slots=True)
class Touched:
    """`outside` are the calls that may reach out of the process. `changes`: state of the module or object is changed."""

    changes: bool = False
    unsteady: bool = False
    outside: list[str] = field(default_factory=list)

    def add(self, other: Touched) -> None:
        self.changes |= other.changes
        self.unsteady |= other.unsteady
        self.outside += [each for each in other.outside if each not in self.outside]


def touched(function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module, methods: Mapping[str, ast.AST] | None = None) -> Touched:
    """What calling `function` of `module` may touch; `methods` are those of its class, called as `self.name`."""
    return _Reader(module, methods or {}).function(function)


def touched_by_import(module: Module) -> Touched:
    """What importing `module` may touch: its statements outside of functions."""
    found = Touched()
    for statement in module.tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) and not _is_main(
            statement
        ):
            found.add(_Reader(module, {}).function(statement))
    return Touched(outside=found.outside, unsteady=found.unsteady)


def _is_main(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__main__" in ast.dump(statement.test)


class _Reader:
    def __init__(self, module: Module, methods: Mapping[str, ast.AST], seen: frozenset[tuple[Path, int]] = frozenset()):
        self.module, self.methods, self.seen = module, methods, set(seen)

    def function(self, node: ast.AST) -> Touched:
        key = (self.module.path, getattr(node, "lineno", 0))
        found = Touched()
        if key in self.seen:
            return found
        self.seen.add(key)
        shared = _shared_names(node, self.module)
        for each in ast.walk(node):
            if isinstance(each, ast.Global | ast.Nonlocal):
                found.changes = True
            elif isinstance(each, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
                found.changes |= any(_root(target) in shared for target in _targets(each) if not isinstance(target, ast.Name))
            elif isinstance(each, ast.Call):
                found.add(self._call(each, shared))
            elif isinstance(each, ast.Import | ast.ImportFrom):
                names = [each.module or ""] if isinstance(each, ast.ImportFrom) else [alias.name for alias in each.names]
                found.outside += [f"import {name}" for name in names if name.split(".")[0] not in HARMLESS]
        return found

    def _call(self, call: ast.Call, shared: frozenset[str]) -> Touched:
        name = dotted(call.func)
        head, _, rest = name.partition(".")
        if isinstance(call.func, ast.Call | ast.Subscript):
            return Touched(outside=["what is computed"])
        if not name:
            return self._method(call.func, shared)
        if head in ("self", "cls") and rest in self.methods:
            return self.function(self.methods[rest])
        if head in self.module.imported and not self.module.find(name):
            return self._imported(name)
        found = self.module.find(name) if not rest or head in self.module.imported else None
        if found:
            home, definition = found
            if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
                reader = self if home is self.module else _Reader(home, {}, frozenset(self.seen))
                return reader.function(definition)
            if isinstance(definition, ast.ClassDef):
                return self._made(definition, home)
            return Touched(outside=[name]) if not rest else Touched()
        if rest:
            return Touched(changes=rest.rpartition(".")[2] in MUTATORS and head in shared)
        if head in BUILTINS:
            return Touched(unsteady=head == "id", changes=head == "setattr" and bool(call.args) and _root(call.args[0]) in shared)
        return Touched() if head in _locals(call, self.module) else Touched(outside=[name])

    def _method(self, node: ast.expr, shared: frozenset[str]) -> Touched:
        """A method of what a call or an item gives: it changes state when that is state, and is not known otherwise to."""
        return Touched(changes=isinstance(node, ast.Attribute) and node.attr in MUTATORS and _root(node) in shared)

    def _imported(self, name: str) -> Touched:
        head, _, rest = name.partition(".")
        origin, there = self.module.imported[head]
        called = ".".join(part for part in (there or origin, rest) if part)
        if (origin.split(".")[0] or "?") not in HARMLESS:
            return Touched(outside=[name])
        names = (".".join(called.split(".")[-2:]), f"{origin}.{called}", called, origin)
        return Touched(unsteady=any(each in UNSTEADY for each in names))

    def _made(self, node: ast.ClassDef, home: Module) -> Touched:
        """Making an object: what its `__init__` and `__post_init__` do to others than itself."""
        found = Touched()
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name in ("__init__", "__post_init__", "__new__"):
                found.add(_Reader(home, {}, frozenset(self.seen)).function(each))
        return Touched(outside=found.outside, unsteady=found.unsteady)


def _shared_names(function: ast.AST, module: Module) -> frozenset[str]:
    """Names in a function that stand for something that outlives the call: of the module, and `self`."""
    own = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    local = {
        target.id for each in ast.walk(function) if isinstance(each, ast.Assign) for target in each.targets if isinstance(target, ast.Name)
    }
    names = {name for name, node in module.definitions.items() if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    shared = (names | set(module.imported)) - own - local | (own & {"self", "cls"})
    for each in ast.walk(function):  # a name for a part of what is shared is shared
        for target, value in _bound(each):
            if _root(value) in shared:
                shared.add(target)
    return frozenset(shared)


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield from ((each.id, value) for each in ast.walk(target) if isinstance(each, ast.Name))


def _root(node: ast.expr) -> str:
    """The name that an expression begins with: of items and attributes, and of the methods that give parts of an object."""
    while True:
        match node:
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                node = value
            case ast.Call(func=ast.Attribute(value=value, attr="get" | "values" | "items" | "setdefault" | "pop")):
                node = value
            case ast.Name(id=name):
                return name
            case _:
                return ""


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return [inner for each in targets for inner in (each.elts if isinstance(each, ast.Tuple) else [each])]
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [target]
    return []


def _locals(call: ast.Call, module: Module) -> frozenset[str]:
    """Names that some function of the module takes or makes: what is called by one is what somebody gave it."""
    made = {each.id for each in ast.walk(module.tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    defined = {each.name for each in ast.walk(module.tree) if isinstance(each, ast.FunctionDef | ast.ClassDef)}
    return frozenset(made | defined)
