"""A Python module as its text says: parsed, never run. Names are found in it and in the modules beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from magnetc.ir.json import Json
from magnetc.tools.importers.importer import read_source, refused

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
"""What a name of a module can stand for: `type X = …` is not there before Python 3.12 and not needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """`definitions` by name; `imported` maps a name to (module, name there; empty for the module itself)."""

    path: Path
    digest: str
    tree: ast.Module
    definitions: dict[str, Definition]
    imported: dict[str, tuple[str, str]]
    beside: dict[Path, Module | None] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: Path) -> Module:
        """Raises MG502 when the file cannot be read, or is not Python."""
        text, digest = read_source(path)
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            raise refused(f"`{path}` is not Python{line}: {getattr(error, 'msg', error)}", "mend it, then import again") from None
        definitions: dict[str, Definition] = {}
        imported: dict[str, tuple[str, str]] = {}
        for statement in _statements(tree.body):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    definitions[statement.name] = statement
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    definitions.setdefault(name, statement)
                case ast.Import(names=names):
                    imported.update((each.asname or each.name.split(".")[0], (each.name, "")) for each in names)
                case ast.ImportFrom(module=module, names=names, level=level):
                    origin = "." * level + (module or "")
                    imported.update((each.asname or each.name, (origin, each.name)) for each in names)
        return cls(path=path, digest=digest, tree=tree, definitions=definitions, imported=imported)

    def find(self, name: str) -> tuple[Module, Definition] | None:
        """Where the dotted `name` is defined: here, or in a module beside this one that it is imported from."""
        head, _, rest = name.partition(".")
        if not rest and head in self.definitions:
            return self, self.definitions[head]
        if head not in self.imported:
            return None
        origin, there = self.imported[head]
        wanted = ".".join(part for part in (there, rest) if part)
        found = self._beside(origin)
        if found is None and there and rest:
            found, wanted = self._beside(f"{origin}.{there}"), rest
        return found.find(wanted) if found is not None and wanted else None

    def means(self, name: str) -> str:
        """What `name` is called where it comes from: `date` for `datetime.date`, or for `d` after `import date as d`."""
        head, _, rest = name.partition(".")
        there = self.imported.get(head, ("", head))[1]
        return (rest or there or head).rpartition(".")[2]

    def _beside(self, origin: str) -> Module | None:
        level = len(origin) - len(origin.lstrip("."))
        folder = self.path.parent
        for _ in range(level - 1):
            folder = folder.parent
        place = folder.joinpath(*origin.lstrip(".").split("."))
        path = next((each for each in (place.with_suffix(".py"), place / "__init__.py") if each.is_file()), None)
        if path is None:
            return None
        if path not in self.beside:
            self.beside[path] = None  # modules that import each other: the one being read is not looked into again
            self.beside[path] = Module.read(path)
        return self.beside[path]

    def members(self) -> dict[Path, str]:
        """The digests of this module and of those that names were looked up in."""
        found = {self.path: self.digest}
        for other in self.beside.values():
            if other is not None and other.path not in found:
                found |= other.members()
        return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those under `if` and `try` too."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _statements(statement.body)


def literal(node: ast.expr) -> Json:
    """The JSON value of a literal expression. Raises ValueError when it is none."""
    value = ast.literal_eval(node)
    if isinstance(value, tuple | set | frozenset):
        value = sorted(value) if isinstance(value, set | frozenset) else list(value)
    if isinstance(value, bytes | complex) or value is Ellipsis:
        raise ValueError("not JSON")
    return value


def constant(node: ast.expr | None, module: Module) -> Json:
    """The value of an expression that can be read: a literal, a name of one, a member of an enumeration. None for any other."""
    if node is None:
        return None
    with suppress(ValueError, TypeError):
        return literal(node)
    name = dotted(node)
    owner, _, member = name.rpartition(".")
    match module.find(name) if name else None:
        case home, ast.Assign(value=value):
            return constant(value, home)
    match module.find(owner) if owner else None:
        case home, ast.ClassDef(body=body):
            values = (each.value for each in body if isinstance(each, ast.Assign) and dotted(each.targets[0]) == member)
            value = next(values, None)
            return member.lower() if isinstance(value, ast.Call) else constant(value, home)
    return None


def dotted(node: ast.expr) -> str:
    """The dotted name that an expression writes; empty when it is none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = dotted(value)
            return f"{owner}.{attribute}" if owner else ""
    return ""
