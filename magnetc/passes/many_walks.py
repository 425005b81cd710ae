"""Many walks of a path at once, in arrays: what planning and measuring draw from. A unit's own walk is `Chains.walk`.

Every walk has a key of 64 bits. In each step each arc that leaves its node gets a number from (key, step, name of the tool)
by a hash of 64 bits; the exponential race over these numbers picks the arc, -ln(u) / weight the least. So a tool that is
added changes only the walks that it comes into, and walks can be drawn in any order and any number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from magnetc.passes.chains import Chains

BLOCK = 1 << 17
"""Arcs that are raced at once: their arrays stay in a processor's cache."""

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_STEP = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_UNIT = 2.0 ** -53


def keys_of(count: int, *key: object) -> Words:
    """(count,) keys of walks, fixed by `key` and their number."""
    return _mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_STEP) + _word("\x1f".join(map(str, key))))


def draw_walks(chains: Chains, keys: Words, length: int, *, even: bool = False, first: NDArray[np.integer] | None = None,
               through: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
    """(walks, length) tools by number, one walk for each of `keys`; rows of -1 where there is none.

    Args:
        even: of the arcs that can reach the end each is as likely in a step; otherwise every walk of the length is.
        first: (walks,) the tool that each starts with; drawn when absent.
        through: (arcs,) arcs of which a walk has to take one at least.
    """
    weights = _Weights(chains, length, even, through)
    race = _Race(chains, keys, even)
    walks = np.full((len(keys), length), -1, np.int32)
    rows = np.zeros(len(keys), np.int64)
    owes = np.full(len(keys), through is not None)
    for step in range(length):
        if step == 0 and first is not None:
            arcs = _opening(chains, first, weights, owes, length)
        else:
            arcs = race.run(rows, owes, step, weights, length - step - 1)
        taken = arcs >= 0
        nodes = chains.arcs[arcs[taken]]
        walks[taken, step] = chains.tool[nodes]
        rows = np.where(taken, 0, -1)
        rows[taken] = chains.row[nodes]
        if through is not None:
            owes[taken] &= ~through[arcs[taken]]
    walks[walks[:, -1] < 0] = -1
    return walks


class _Weights:
    """How much each arc weighs with some more calls to make, for walks that still owe an arc and for those that do not.

    Counts as fractions of the layer's greatest: a race needs no more than their ratios.
    """

    def __init__(self, chains: Chains, length: int, even: bool, through: NDArray[np.bool_] | None):
        self._arcs, self._through = chains.arcs, through
        free, owing = chains.ends(0).astype(np.float64), np.zeros(len(chains.row))
        self._free, self._owing = [free], [owing]
        for _ in range(1, length):
            ways = chains.sums(free)
            debts = np.zeros(len(ways))
            if through is not None and len(ways):
                debts = np.add.reduceat(np.where(through, free[chains.arcs], owing[chains.arcs]), chains.rows[:-1])
            greatest = ways.max(initial=0.0) or 1.0
            free, owing = (_of_rows(chains, each / greatest) for each in (ways, debts))
            self._free.append(free)
            self._owing.append(owing)
        if even:
            self._free = [(each > 0).astype(np.float64) for each in self._free]
            self._owing = [(each > 0).astype(np.float64) for each in self._owing]

    def of(self, arcs: NDArray[np.integer], owes: NDArray[np.bool_], more: int) -> Floats:
        """The weight of each arc, where `owes` says whether its walk still owes one."""
        free = self._free[more][self._arcs[arcs]]
        if self._through is None:
            return free
        return np.where(owes & ~self._through[arcs], self._owing[more][self._arcs[arcs]], free)


def _of_rows(chains: Chains, values: Floats) -> Floats:
    """(nodes,) the value of each node's row, 0 without one."""
    return np.where(chains.row >= 0, values[chains.row], 0.0) if len(values) else np.zeros(len(chains.row))


def _opening(chains: Chains, first: NDArray[np.integer], weights: _Weights, owes: NDArray[np.bool_],
             length: int) -> NDArray[np.int64]:
    """(walks,) the arc from the start to each first tool, -1 where no walk goes on from it."""
    stop = int(chains.rows[1]) if len(chains.source) else 0
    if not stop:
        return np.full(len(first), -1, np.int64)
    tools = chains.tool[chains.arcs[:stop]]
    arcs = np.minimum(np.searchsorted(tools, first), stop - 1)
    lives = (tools[arcs] == first) & (weights.of(arcs, owes, length - 1) > 0)
    return np.where(lives, arcs, -1)


@dataclass(slots=True)
class _Race:
    """Picks an arc for every walk, a block of arcs at a time."""

    chains: Chains
    keys: Words
    even: bool
    names: Words

    def __init__(self, chains: Chains, keys: Words, even: bool):
        self.chains, self.keys, self.even = chains, keys, even
        self.names = np.array([_word(tool) for tool in chains.tools], np.uint64)

    def run(self, rows: NDArray[np.int64], owes: NDArray[np.bool_], step: int, weights: _Weights,
            more: int) -> NDArray[np.int64]:
        """(walks,) the arc that each takes from its row, -1 without one."""
        found = np.full(len(rows), -1, np.int64)
        going = np.flatnonzero(rows >= 0) if len(self.chains.source) else np.zeros(0, np.int64)
        salts = _mixed(self.keys + np.uint64((step + 1) * _STEP % (1 << 64)))
        low, degree = self.chains.rows[rows[going]], np.diff(self.chains.rows)[rows[going]]
        for part in _blocks(degree):
            walks, size = going[part], degree[part]
            begin = np.cumsum(size) - size
            arcs = np.repeat(low[part] - begin, size) + np.arange(size.sum())
            weight = weights.of(arcs, np.repeat(owes[walks], size), more)
            score = self._scores(np.repeat(salts[walks], size), arcs, weight)
            best = np.minimum.reduceat(score, begin)
            at = np.flatnonzero(score == np.repeat(best, size))
            walk = np.repeat(np.arange(len(walks)), size)[at]
            winner = at[np.searchsorted(walk, np.arange(len(walks)))]
            found[walks] = np.where(np.isfinite(best), arcs[winner], -1)
        return found

    def _scores(self, salts: Words, arcs: NDArray[np.int64], weight: Floats) -> Floats:
        hashed = _mixed(salts ^ self.names[self.chains.tool[self.chains.arcs[arcs]]])
        fraction = ((hashed >> np.uint64(11)).astype(np.float64) + 0.5) * _UNIT
        if self.even:
            return np.where(weight > 0, fraction, np.inf)
        with np.errstate(divide="ignore"):
            return -np.log(fraction) / weight


def _blocks(sizes: NDArray[np.int64]) -> Iterator[slice]:
    """Slices of neighbours whose sizes add up to about `BLOCK`, each of one walk at least."""
    total = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + BLOCK, side="right")))
        yield slice(start, stop)
        start = stop


def _word(text: str) -> Any:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


def _mixed(words: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of a word moves every other."""
    words = words ^ (words >> np.uint64(30))
    words *= _MIX[0]
    words ^= words >> np.uint64(27)
    words *= _MIX[1]
    words ^= words >> np.uint64(31)
    return words
