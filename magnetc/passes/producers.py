"""Producers: which tools' results hold a value that a parameter may take. An inverted index, never tool by tool."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.draw import integer
from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr
from magnetc.source.origin import escape

RING = 40
"""Bits of a tool's place on the ring from which a limited number of producers is taken."""


class Producers:
    """Index of a spec from entity type to (tool, pointer pattern), subtypes under all ancestors they may stand for.

    A field that is optional or nullable may be absent from a result, so no typed producer is found there; a declared link may still
    name it. A list parameter is produced by lists of its item type, as a whole.

    tools: names in sorted order
    pointers: the distinct pointer patterns
    keys: (entity type, whether it is a list of it) -> its number k
    offsets: int64 (keys + 1,); the places that give key k are those from offsets[k] up to offsets[k + 1] of
    place_tools, place_pointers: int32, indices into `tools` and `pointers`, sorted by tool and then as they are declared
    """

    def __init__(self, spec: Spec):
        self.tools = tuple(sorted(spec.tool))
        self._seed = spec.recipe.seed
        self._unlinked = frozenset(spec.graph.unlinks)
        self.keys: dict[tuple[str, bool], int] = {}
        pointers: dict[str, int] = {}
        # Flat lists: a tuple for each place would have Python's collector go through the whole spec again and again.
        keys: list[int] = []
        tools: list[int] = []
        places: list[int] = []
        ancestors: dict[str, tuple[str, ...]] = {}
        for index, tool in enumerate(self.tools):
            for pointer, name, is_list in certain_places(spec.tool[tool].returns):
                if name not in ancestors:
                    ancestors[name] = tuple(spec.type_table.stands_for(name))
                for ancestor in ancestors[name]:
                    keys.append(self.keys.setdefault((ancestor, is_list), len(self.keys)))
                    tools.append(index)
                    places.append(pointers.setdefault(pointer, len(pointers)))
        key_of = np.array(keys, np.int64)
        order = np.argsort(key_of, kind="stable")
        self.pointers = tuple(pointers)
        self.offsets = np.searchsorted(key_of[order], np.arange(len(self.keys) + 1))
        self.place_tools = np.array(tools, np.int32)[order]
        self.place_pointers = np.array(places, np.int32)[order]

    def key(self, expr: TypeExpr) -> int:
        """The number of the entity type that a parameter takes, or of a list of it; -1 where nothing produces it."""
        match expr:
            case Ref(name):
                return self.keys.get((name, False), -1)
            case ListOf(Ref(name)):
                return self.keys.get((name, True), -1)
            case _:
                return -1

    def typed(self, target: str, expr: TypeExpr) -> list[tuple[str, str]]:
        """(tool, pointer pattern) of each value that unifies with a parameter of `target` of type `expr`."""
        key = self.key(expr)
        if key < 0:
            return []
        places = slice(self.offsets[key], self.offsets[key + 1])
        found = zip(self.place_tools[places].tolist(), self.place_pointers[places].tolist())
        made = ((self.tools[tool], self.pointers[pointer]) for tool, pointer in found)
        return [(tool, pointer) for tool, pointer in made if (tool, target) not in self._unlinked]

    @cached_property
    def _groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(key, first place, number of places) of each tool that gives a key, in the order of the places."""
        keys = np.repeat(np.arange(len(self.keys)), np.diff(self.offsets))
        starts = np.flatnonzero(np.r_[True, (np.diff(keys) != 0) | (np.diff(self.place_tools) != 0)][:len(keys)])
        return keys[starts], starts, np.diff(np.r_[starts, len(keys)])

    def flows(self, keys: NDArray[np.int64], takers: NDArray[np.int64], names: tuple[str, ...],
              limit: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The values that unify with parameters, as (row of the parameter, place): nothing flows along an unlink or to itself.

        Args:
            keys, takers: the key and the tool (an index) of each parameter.
            names: the name of each parameter.
            limit: the most tools that one parameter takes a value from. Where there are more, they stand on a ring, each at
                a place drawn for it, and a parameter takes those that follow the place drawn for it: a tool that is added
                takes the place of at most one other.
        """
        group_key, first, counts = self._groups
        rows = np.flatnonzero(keys >= 0)
        offsets = np.searchsorted(group_key, np.arange(len(self.keys) + 1))
        sizes = np.diff(offsets)[keys[rows]]
        order, starts = np.arange(len(group_key)), np.zeros(len(rows), np.int64)
        if limit is not None and len(rows) and sizes.max() > limit:
            ring = group_key << RING | self._drawn[self.place_tools[first]]
            order = np.argsort(ring, kind="stable")
            full = np.flatnonzero(sizes > limit)
            drawn = [integer(0, (1 << RING) - 1, self._seed, "build-graph", self.tools[takers[row]], names[row])
                     for row in rows[full].tolist()]
            key = keys[rows[full]]
            starts[full] = np.searchsorted(ring[order], key << RING | np.array(drawn, np.int64)) - offsets[key]
        barred = self._barred[takers[rows]]
        wanted = sizes if limit is None else np.minimum(sizes, limit + barred.astype(np.int64))
        owner = np.repeat(np.arange(len(rows)), wanted)
        turn = spread(np.zeros(len(rows), np.int64), wanted) + starts[owner]
        groups = order[offsets[keys[rows]][owner] + turn % np.maximum(sizes, 1)[owner]]
        kept = self._may_flow(self.place_tools[first[groups]].astype(np.int64), takers[rows[owner]])
        if limit is not None:
            rank = np.cumsum(kept) - kept
            begins = np.cumsum(wanted) - wanted
            kept &= rank - rank[begins][owner] < limit
        owner, groups = owner[kept], groups[kept]
        return np.repeat(rows[owner], counts[groups]), spread(first[groups], counts[groups])

    @cached_property
    def _drawn(self) -> NDArray[np.int64]:
        """The place of each tool on the ring."""
        return np.array([integer(0, (1 << RING) - 1, self._seed, "build-graph", tool) for tool in self.tools], np.int64)

    @cached_property
    def _cut(self) -> NDArray[np.int64]:
        """The unlinked pairs of tools, as source * tools + target, sorted."""
        index = {tool: place for place, tool in enumerate(self.tools)}
        return np.array(sorted(index[a] * len(index) + index[b] for a, b in self._unlinked if a in index and b in index), np.int64)

    @cached_property
    def _barred(self) -> NDArray[np.int64]:
        """How many tools may not give a value to each tool: itself, and those unlinked from it."""
        return 1 + np.bincount(self._cut % max(1, len(self.tools)), minlength=len(self.tools))

    def _may_flow(self, givers: NDArray[np.int64], takers: NDArray[np.int64]) -> NDArray[np.bool_]:
        allowed = givers != takers
        return allowed & ~np.isin(givers * len(self.tools) + takers, self._cut) if len(self._cut) else allowed


def spread(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """start, start + 1, ... start + count - 1 of each pair, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)


def certain_places(expr: TypeExpr, at: str = "") -> Iterator[tuple[str, str, bool]]:
    """(pointer, type, whether a list of it) of each place that is always there: scalars, and lists of scalars as a whole."""
    if expr.nullable:
        return
    match expr:
        case Ref(name):
            yield at, name, False
        case ListOf(items):
            if isinstance(items, Ref):
                yield at, items.name, True
            yield from certain_places(items, at + "/*")
        case MapOf(values):
            yield from certain_places(values, at + "/*")
        case Record(fields):
            for item in fields:
                if not item.optional:
                    yield from certain_places(item.type, f"{at}/{escape(item.name)}")
