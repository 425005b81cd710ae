"""Producers: which tools' results hold a value that a parameter may take. An inverted index, never tool by tool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr
from magnetc.source.origin import escape


class Producers:
    """Index of a spec from entity type to (tool, pointer pattern), subtypes under all their ancestors.

    A field marked optional may be absent from a result, so no typed producer is found there; a declared link may still
    name it. A list parameter is produced by lists of its item type, as a whole.
    """

    def __init__(self, spec: Spec):
        self._unlinked = frozenset(spec.graph.unlinks)
        self._scalars: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for tool in sorted(spec.tools, key=lambda t: t.name):
            for pointer, expr in _certain_places(tool.returns):
                match expr:
                    case Ref(name):
                        index = self._scalars
                    case ListOf(Ref(name)):
                        index = self._lists
                    case _:
                        continue
                for ancestor in spec.type_table.ancestry(name):
                    index[ancestor].append((tool.name, pointer))

    def typed(self, target: str, expr: TypeExpr) -> list[tuple[str, str]]:
        """(tool, pointer pattern) of each value that unifies with a parameter of `target` of type `expr`."""
        match expr:
            case Ref(name):
                found = self._scalars.get(name, [])
            case ListOf(Ref(name)):
                found = self._lists.get(name, [])
            case _:
                found = []
        return [(tool, pointer) for tool, pointer in found if (tool, target) not in self._unlinked]


def _certain_places(expr: TypeExpr, at: str = "") -> Iterator[tuple[str, TypeExpr]]:
    """Each place of a result that is always there, with its type: scalars, and lists of scalars as a whole too."""
    match expr:
        case Ref():
            yield at, expr
        case ListOf(items):
            if isinstance(items, Ref):
                yield at, expr
            yield from _certain_places(items, at + "/*")
        case MapOf(values):
            yield from _certain_places(values, at + "/*")
        case Record(fields):
            for item in fields:
                if not item.optional:
                    yield from _certain_places(item.type, f"{at}/{escape(item.name)}")
