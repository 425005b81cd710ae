"""Candidates: edges that one way of finding them proposes, in columns; and the places of a spec that these speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.signature import Parameter
from magnetc.ir.spec import Spec
from magnetc.passes.producers import Producers

_name = attrgetter("name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """m edges and f values. A pair is source * tools + target; a row is one parameter of one tool, see `Places`.

    pairs: int64 (m,), sorted, none twice
    confidences: float64 (m,)
    kinds: int64 (m,), indices into `KINDS`, or -1 where the values say it
    flow_pairs, flow_pointers, flow_rows: int64 (f,), in any order
    """

    pairs: NDArray[np.int64]
    confidences: NDArray[np.float64]
    kinds: NDArray[np.int64]
    flow_pairs: NDArray[np.int64]
    flow_pointers: NDArray[np.int64]
    flow_rows: NDArray[np.int64]

    @classmethod
    def certain(cls, pairs: NDArray[np.int64], pointers: NDArray[np.int64], rows: NDArray[np.int64]) -> Candidates:
        """Edges that the values which flow along them prove."""
        own = distinct(pairs)
        return cls(pairs=own, confidences=np.ones(len(own)), kinds=np.full(len(own), -1), flow_pairs=pairs, flow_pointers=pointers,
                   flow_rows=rows)

    def with_kinds(self, kinds: NDArray[np.int64]) -> Candidates:
        return replace(self, kinds=kinds)


class Places:
    """The tools and parameters of a spec as columns; r parameters in all, those of a tool together and by name.

    takers: int64 (r,), the tool of each parameter; names: its name; required: bool (r,); keys: int64 (r,), see `Producers`
    first: int64 (tools,), the first row of each tool; local: int64 (r,), the row within its tool; widest: the most of one
    wanted: int64 (tools,), how many parameters of each tool are required
    distinct_names, name_ids: the names, sorted, each once, and int64 (r,), which of these each parameter has
    """

    def __init__(self, spec: Spec, producers: Producers):
        self.tools = producers.tools
        self.index = {tool: place for place, tool in enumerate(self.tools)}
        self._pointers = {pointer: place for place, pointer in enumerate(producers.pointers)}
        takers: list[int] = []
        rows: list[Parameter] = []
        for place, tool in enumerate(self.tools):
            own = sorted(spec.tool[tool].parameters, key=_name)
            takers += [place] * len(own)
            rows += own
        self.takers = np.array(takers, np.int64)
        self.names = tuple([parameter.name for parameter in rows])
        self.required = np.array([parameter.required for parameter in rows], np.bool_)
        self.keys = np.array([producers.key(parameter.type) for parameter in rows], np.int64)
        self.first = np.searchsorted(self.takers, np.arange(len(self.tools)))
        self.local = np.arange(len(rows)) - self.first[self.takers] if rows else np.zeros(0, np.int64)
        self.widest = int(self.local.max(initial=-1)) + 1
        self.wanted = np.bincount(self.takers[self.required], minlength=len(self.tools))
        self.distinct_names = tuple(sorted(set(self.names)))
        ids = {name: place for place, name in enumerate(self.distinct_names)}
        self.name_ids = np.array([ids[name] for name in self.names], np.int64)
        self._rows: dict[tuple[str, str], int] | None = None

    def pair(self, source: str, target: str) -> int:
        return self.index[source] * len(self.tools) + self.index[target]

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> NDArray[np.int64]:
        return np.array([self.pair(source, target) for source, target in pairs], np.int64)

    def row(self, tool: str, parameter: str) -> int:
        """The row of a parameter. Raises KeyError when the tool has none of that name."""
        if self._rows is None:
            self._rows = {(self.tools[taker], name): row
                          for row, (taker, name) in enumerate(zip(self.takers.tolist(), self.names))}
        return self._rows[tool, parameter]

    def pointer(self, pointer: str) -> int:
        """The number of a pointer pattern, a new one where no typed value stands at it."""
        return self._pointers.setdefault(pointer, len(self._pointers))

    def sorted_pointers(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """All pointer patterns in order, and the place of each number in it."""
        names = tuple(sorted(self._pointers))
        place = {name: at for at, name in enumerate(names)}
        return names, np.array([place[name] for name in self._pointers], np.int64)

    def candidates(self, edges: Iterable[tuple[str, str, float]],
                   values: Sequence[tuple[str, str, str, str]]) -> Candidates:
        """Of (source, target, confidence) and (source, target, pointer, parameter); of equal pairs, the first counts."""
        found: dict[int, float] = {}
        for source, target, confidence in edges:
            found.setdefault(self.pair(source, target), confidence)
        pairs = sorted(found)
        return Candidates(
            pairs=np.array(pairs, np.int64),
            confidences=np.array([found[pair] for pair in pairs], np.float64),
            kinds=np.full(len(pairs), -1),
            flow_pairs=self.pairs((source, target) for source, target, _, _ in values),
            flow_pointers=np.array([self.pointer(pointer) for _, _, pointer, _ in values], np.int64),
            flow_rows=np.array([self.row(target, parameter) for _, target, _, parameter in values], np.int64),
        )


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers in order, each once. By sorting: the hash table of `np.unique` takes thirty times as long for a million."""
    ordered = np.sort(numbers)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]][:len(ordered)]]
