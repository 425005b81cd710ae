"""Many walks of a path at once, in arrays: what planning and measuring draw from. A unit's own walk is `Chains.walk`.

Every walk has a key of 64 bits. In each step each arc that leaves its node gets a number from (key, step, name of the tool)
by a hash; the exponential race over these numbers picks the arc, -ln(u) / weight the least. So a tool that is added changes
only the walks that it comes into, and walks can be drawn in any order and any number.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from magnetc.passes.chains import Chains

BLOCK = 1 << 17
"""Arcs that are raced at once: their arrays stay in a processor's cache."""

Words = NDArray[np.uint64]

_STEP = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_MIX32 = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
_LAST = np.uint32(0xFFFFFFFF)
_UNIT = 2.0 ** -32


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

    Counts as fractions of the layer's greatest, since a race needs no more than their ratios; with `even` whether there is
    any way on, as truth values.
    """

    def __init__(self, chains: Chains, length: int, even: bool, through: NDArray[np.bool_] | None):
        self._through = through
        kind, add = (np.bool_, np.logical_or) if even else (np.float64, np.add)
        free, owing = chains.ends(0).astype(kind), np.zeros(len(chains.row), kind)
        self._free, self._owing = [free], [owing]
        for _ in range(1, length):
            ways = chains.sums(free, add)
            debts = np.zeros(len(ways), kind)
            if through is not None and len(ways):
                debts = add.reduceat(np.where(through, free[chains.arcs], owing[chains.arcs]), chains.rows[:-1])
            if not even:
                greatest = ways.max(initial=0.0) or 1.0
                ways, debts = np.divide(ways, greatest), np.divide(debts, greatest)
            free, owing = _of_rows(chains, ways), _of_rows(chains, debts)
            self._free.append(free)
            self._owing.append(owing)

    def of(self, arcs: NDArray[np.integer], nodes: NDArray[np.integer], owes: NDArray[np.bool_], more: int) -> NDArray[Any]:
        """The weight of each arc, `nodes` being where they lead to, and `owes` whether its walk still owes one."""
        free = self._free[more][nodes]
        if self._through is None:
            return free
        return np.where(owes & ~self._through[arcs], self._owing[more][nodes], free)


def _of_rows(chains: Chains, values: NDArray[Any]) -> NDArray[Any]:
    """(nodes,) the value of each node's row, 0 without one."""
    if not len(values):
        return np.zeros(len(chains.row), values.dtype)
    found = values[chains.row]
    found[chains.row < 0] = 0
    return found


def _opening(chains: Chains, first: NDArray[np.integer], weights: _Weights, owes: NDArray[np.bool_],
             length: int) -> NDArray[np.int64]:
    """(walks,) the arc from the start to each first tool, -1 where no walk goes on from it."""
    stop = int(chains.rows[1]) if len(chains.source) else 0
    if not stop:
        return np.full(len(first), -1, np.int64)
    tools = chains.tool[chains.arcs[:stop]]
    arcs = np.minimum(np.searchsorted(tools, first), stop - 1)
    lives = (tools[arcs] == first) & (weights.of(arcs, chains.arcs[arcs], owes, length - 1) > 0)
    return np.where(lives, arcs, -1)


class _Race:
    """Picks an arc for every walk, a block of arcs at a time. Its hashes have 32 bits, which processors mix eight at once."""

    def __init__(self, chains: Chains, keys: Words, even: bool):
        self._chains, self._keys, self._even = chains, keys, even
        names = np.array([_word(tool) for tool in chains.tools], np.uint64)
        self._names = (names >> np.uint64(32)).astype(np.uint32)[chains.tool]

    def run(self, rows: NDArray[np.int64], owes: NDArray[np.bool_], step: int, weights: _Weights,
            more: int) -> NDArray[np.int64]:
        """(walks,) the arc that each takes from its row, -1 without one."""
        chains = self._chains
        found = np.full(len(rows), -1, np.int64)
        going = np.flatnonzero(rows >= 0) if len(chains.source) else np.zeros(0, np.int64)
        salts = (_mixed(self._keys + np.uint64((step + 1) * _STEP % (1 << 64))) >> np.uint64(32)).astype(np.uint32)
        low, degree = chains.rows[rows[going]], np.diff(chains.rows)[rows[going]]
        for part in _blocks(degree):
            walks, size = going[part], degree[part]
            begin = np.cumsum(size) - size
            arcs = np.repeat(low[part] - begin, size) + np.arange(size.sum())
            nodes = chains.arcs[arcs]
            weight = weights.of(arcs, nodes, np.repeat(owes[walks], size), more)
            score = self._scores(np.repeat(salts[walks], size), nodes, weight)
            best = np.repeat(np.minimum.reduceat(score, begin), size)
            at = np.flatnonzero(score == best)
            winner = at[np.searchsorted(at, begin)]
            found[walks] = np.where(weight[winner] > 0, arcs[winner], -1)
        return found

    def _scores(self, salts: NDArray[np.uint32], nodes: NDArray[np.integer], weight: NDArray[Any]) -> NDArray[Any]:
        hashed = salts   # a fresh array
        hashed ^= self._names[nodes]
        _mix_short(hashed)
        if self._even:
            hashed[~weight] = _LAST
            return hashed
        with np.errstate(divide="ignore"):
            return -np.log((hashed + 0.5) * _UNIT) / weight


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
    words = words ^ (words >> np.uint64(30))   # a copy, changed in place from here on
    words *= _MIX[0]
    words ^= words >> np.uint64(27)
    words *= _MIX[1]
    words ^= words >> np.uint64(31)
    return words


def _mix_short(words: NDArray[np.uint32]) -> None:
    """The finaliser of MurmurHash3 for 32 bits (Appleby 2011), in place."""
    words ^= words >> np.uint32(16)
    words *= _MIX32[0]
    words ^= words >> np.uint32(13)
    words *= _MIX32[1]
    words ^= words >> np.uint32(16)
