"""Names: where each thing of a recipe is defined, and what to say when something else is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import inserted, located, renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.frontend.document import Document
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import PRIMITIVES, TypeTable
from magnetc.source import Origin
from magnetc.source.resources import resource

_MOST_SHOWN = 12


@dataclass(slots=True)
class Names:
    """The definitions of one sort (`type`, `tool`, ...) by name, in order of definition."""

    sort: str
    code: str
    origins: dict[str, Origin] = field(default_factory=dict)

    def define(self, name: str, origin: Origin, sink: Sink) -> bool:
        """Record a definition. False, with an error at both places, when the name is taken."""
        if name in self.origins:
            duplicate(self.sort, name, origin, self.origins[name], sink)
            return False
        self.origins[name] = origin
        return True

    def __contains__(self, name: str) -> bool:
        return name in self.origins

    def check(self, name: str, at: Origin, sink: Sink, *, also: Iterable[str] = (), at_key: bool = False) -> bool:
        """Whether `name` is defined or one of `also`; if not, an error with the closest name."""
        if name in self.origins or name in (also := tuple(also)):
            return True
        unknown(self.code, self.sort, name, (*self.origins, *also), at, sink, at_key=at_key)
        return False


def duplicate(sort: str, name: str, origin: Origin, first: Origin, sink: Sink, *,
              help: str = "rename one of the two, or leave one out") -> None:
    """MG201: a second definition of a name, with a label at the first."""
    sink.error("MG201", f"{sort} `{name}` is defined twice", origin, at_key=True, label="defined again here",
               secondary=(Label(first, "first defined here", at_key=True),),
               help=help)


def unknown(code: str, sort: str, name: str, candidates: Iterable[str], at: Origin, sink: Sink, *,
            at_key: bool = False, within: str = "", taken: Collection[str] = ()) -> None:
    """An unknown name: what was looked for, where, and the closest name that there is; one of `taken` cannot stand there twice."""
    known = [] if sink.is_full else sorted(set(candidates))
    place = located(sink, at, name, at_key=at_key) or at
    near = closest(name, known)
    fix = None
    if near:
        advice = f"did you mean `{near}`?"
        fix = renamed(sink, place, name, near, at_key=at_key, safe=is_sure(name, near, known)) if near not in taken else None
    elif known:
        advice = "known: " + ", ".join(f"`{each}`" for each in known[:_MOST_SHOWN]) + (", …" if len(known) > _MOST_SHOWN else "")
    else:
        advice = None if known or within else f"the recipe defines no {sort}"
    sink.error(code, f"unknown {sort} `{name}`{within}", place, at_key=at_key, help=advice, fix=fix)


def entries(documents: Iterable[Document], kind: str, key: str, *, lost: bool = False) -> Iterator[tuple[str, Any, Origin]]:
    """Each (name, data, origin) of the mappings under `key` in documents of `kind`; with `lost`, those too whose data was left out."""
    for document in documents:
        if document.kind == kind:
            place = Origin(document.file, document.root).child(key)
            for name, data in (document.data.get(key) or {}).items():
                if lost or data is not None:
                    yield name, data, place.child(name)


def items(documents: Iterable[Document], kind: str, key: str) -> Iterator[tuple[Any, Origin]]:
    """Each (data, origin) of the lists under `key` in documents of `kind`, but for items that were left out."""
    for document in documents:
        if document.kind == kind:
            place = Origin(document.file, document.root).child(key)
            for index, data in enumerate(document.data.get(key) or ()):
                if data is not None:
                    yield data, place.child(index)


@dataclass(slots=True)
class Definitions:
    """All names of a recipe, gathered before any body is resolved, so that one bad body makes no other name unknown."""

    types: Names = field(default_factory=lambda: Names("type", "MG202"))
    tools: Names = field(default_factory=lambda: Names("tool", "MG203"))
    sets: Names = field(default_factory=lambda: Names("set", "MG203"))
    paths: Names = field(default_factory=lambda: Names("path", "MG301"))

    @classmethod
    def of(cls, documents: Iterable[Document], imported: Iterable[FunctionSignature], sink: Sink) -> Definitions:
        """Gather the names of types, tools, sets and paths."""
        documents = tuple(documents)
        found = cls()
        for tool in imported:
            found.tools.define(tool.name, tool.origin, sink)
        for name, _, origin in entries(documents, "types", "types", lost=True):
            if name in PRIMITIVES:
                sink.error("MG201", f"`{name}` is a built-in type", origin, at_key=True,
                           help="give your type another name")
            else:
                found.types.define(name, origin, sink)
        for name, _, origin in entries(documents, "tools", "tools", lost=True):
            found.tools.define(name, origin, sink)
        for name, _, origin in entries(documents, "tools", "sets", lost=True):
            if name in found.tools:
                duplicate("tool or set", name, origin, found.tools.origins[name], sink)
            else:
                found.sets.define(name, origin, sink)
        for name, _, origin in entries(documents, "paths", "paths", lost=True):
            found.paths.define(name, origin, sink)
        return found

    def check_type(self, name: str, at: Origin, sink: Sink, *, at_key: bool = False) -> bool:
        """Whether `name` is a type; if not, an error that knows what other languages call ours, and what `std/types` has."""
        if name in self.types or name in PRIMITIVES:
            return True
        own = _FOREIGN_TYPES.get(name.lower())
        if own and own not in self.types:
            sink.error("MG202", f"unknown type `{name}`", at, at_key=at_key, help=f"did you mean `{own}`?",
                       fix=renamed(sink, at, name, own, at_key=at_key))
            return False
        if name in _standard_types() and "std/types.magnet" not in sink.files:
            sink.error("MG202", f"unknown type `{name}`", at, at_key=at_key, help="add `std/types` to `include` of the recipe: it has it",
                       fix=_including(sink, "std/types"))
            return False
        return self.types.check(name, at, sink, also=PRIMITIVES, at_key=at_key)


_FOREIGN_TYPES = {"str": "string", "text": "string", "int": "integer", "float": "number", "double": "number", "bool": "boolean",
                  "dict": "object", "any": "object", "json": "object"}


@lru_cache(maxsize=1)
def _standard_types() -> frozenset[str]:
    text = resource("specs", "std", "types.magnet").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^type (\w+)", text, re.MULTILINE))


def _including(sink: Sink, name: str) -> Fix | None:
    """Put `name` first into the recipe's `include`, where it has one."""
    file = sink.files.get("recipe.yaml")
    first = sink.span(Label(Origin("recipe.yaml", "/include/0")))
    if file is None or first is None or sink.source(first).startswith("include"):
        return None
    line = file.text.rfind("\n", 0, first.start) + 1
    before = file.text[line : first.start]
    return inserted(file.name, first.start, f"{name}\n{before}" if before.strip() == "-" else f"{name}, ")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names in graph and turn documents mean, and where problems with them go."""

    definitions: Definitions
    tools: Mapping[str, FunctionSignature]
    table: TypeTable
    sink: Sink
