"""Candidates by MinHash and locality-sensitive hashing: texts that may be as alike as asked, with a recall that is computed.

Two sets of Jaccard similarity s share a band of r rows with the chance s^r, and one of b bands with 1 - (1 - s^r)^b: the more bands, the
fewer are missed, and the more candidates are looked at in vain. What is a candidate is compared exactly, so that misses are the only error.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.extras import required

PERMUTATIONS = 256
"""The most hash values of a sketch."""

LEAST_RECALL = 0.999
"""Of texts exactly as alike as asked, the share that is found at least; of those more alike, more."""

SEED = 42


@dataclass(frozen=True, slots=True)
class Bands:
    """How sketches are cut: `bands` of `rows` hash values each."""

    bands: int
    rows: int

    @property
    def permutations(self) -> int:
        return self.bands * self.rows

    def recall(self, similarity: float) -> float:
        """The chance that two sets of this Jaccard similarity are candidates."""
        return 1 - (1 - similarity ** self.rows) ** self.bands


def bands_for(near: float) -> Bands:
    """The most rows a band with which sets of similarity `near` are still found with `LEAST_RECALL`."""
    choices = [Bands(PERMUTATIONS // rows, rows) for rows in range(1, PERMUTATIONS + 1)]
    return next((each for each in reversed(choices) if each.recall(near) >= LEAST_RECALL), choices[0])


class Candidates:
    """Sets of shingles by number, and which of them others may resemble.

    Raises:
        MagnetError: MG710 where `rensa` is not installed.
    """

    def __init__(self, sets: Sequence[Collection[str]], near: float):
        (self._rensa,) = required("rensa", extra="decontaminate")
        self.bands = bands_for(near)
        self._index = self._rensa.RMinHashLSH(near, self.bands.permutations, self.bands.bands)
        self._index.insert_many(self._sketches(sets))

    @property
    def algorithm(self) -> int:
        """The version of the hash functions: with the same one, the same sets have the same sketches on any machine."""
        return int(self._rensa.RMinHash.ALGORITHM_VERSION)

    def of(self, sets: Sequence[Collection[str]]) -> list[list[int]]:
        """The numbers of the sets that each of these may resemble, in order."""
        return [sorted(set(found)) for found in self._index.query_all(self._sketches(sets))] if sets else []

    def _sketches(self, sets: Sequence[Collection[str]]) -> list[Any]:
        return self._rensa.RMinHash.from_token_sets([sorted(each) for each in sets], self.bands.permutations, SEED)


class GrowingIndex:
    """Sets of shingles that come one after the other, numbered from 0 as they are added, and which of those before resemble one.

    Raises:
        MagnetError: MG710 where `rensa` is not installed.
    """

    def __init__(self, near: float):
        (self._rensa,) = required("rensa", extra="decontaminate")
        self.bands = bands_for(near)
        self._index = self._rensa.RMinHashLSH(near, self.bands.permutations, self.bands.bands)
        self._size = 0

    def add(self, shingles: Collection[str]) -> None:
        """Number a set."""
        self._index.insert(self._size, self._sketch(shingles))
        self._size += 1

    def of(self, shingles: Collection[str]) -> list[int]:
        """The numbers of the sets that this one may resemble, in order."""
        return sorted(set(self._index.query(self._sketch(shingles))))

    def _sketch(self, shingles: Collection[str]) -> Any:
        return self._rensa.RMinHash.from_token_sets([sorted(shingles)], self.bands.permutations, SEED)[0]
