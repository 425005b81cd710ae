"""Keyed random draws: every choice is a hash of what is chosen for what, never the next number of a stream.

`choose` gives each candidate an independent score from (key, candidate name) and takes the best. A candidate that is
added elsewhere, or loses here, changes nothing: units stay byte-identical when a recipe grows (design: one unit, one
lineage). Weighted choice uses the exponential race: argmin of -ln(u)/w picks candidate i with probability w_i/sum(w).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from math import log
from typing import Any, TypeVar

T = TypeVar("T")

_SCALE = 1.0 / (1 << 64)


def fraction(*key: object) -> float:
    """A number in (0, 1), fixed by `key`."""
    text = "\x1f".join(map(str, key))
    value = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return (value + 0.5) * _SCALE


def integer(low: int, high: int, *key: object) -> int:
    """A whole number in [low, high]."""
    return low + int(fraction(*key) * (high - low + 1))


def choose(candidates: Iterable[T], *key: object, name: Callable[[T], object] = str,
           weight: Callable[[T], float] | None = None) -> T:
    """One of `candidates`, by name. Raises ValueError when there is none."""
    race = _Race(key, name, weight)
    return min(candidates, key=lambda item: (race(item), str(name(item))))


def shuffle(candidates: Iterable[T], *key: object, name: Callable[[T], object] = str,
            weight: Callable[[T], float] | None = None) -> list[T]:
    """All candidates in a drawn order: the first is what `choose` would take, the next what it would take without it."""
    race = _Race(key, name, weight)
    return sorted(candidates, key=lambda item: (race(item), str(name(item))))


class _Race:
    """The score of a candidate: its `fraction` under the key, the hash of which is begun once for all."""

    def __init__(self, key: Sequence[object], name: Callable[[Any], object], weight: Callable[[Any], float] | None):
        self._begun = blake2b(("\x1f".join(map(str, key)) + "\x1f").encode(), digest_size=8)
        self._name, self._weight = name, weight

    def __call__(self, item: object) -> float:
        own = self._begun.copy()
        own.update(str(self._name(item)).encode())
        value = (int.from_bytes(own.digest(), "big") + 0.5) * _SCALE
        if self._weight is None:
            return -value
        share = self._weight(item)
        return -log(value) / share if share > 0 else float("inf")
