"""Keyed random draws: every choice is a hash of what is chosen for what, never the next number of a stream.

`choose` gives each candidate an independent score from (key, candidate name) and takes the best. A candidate that is
added elsewhere, or loses here, changes nothing: units stay byte-identical when a recipe grows (design: one unit, one
lineage). Weighted choice uses the exponential race: argmin of -ln(u)/w picks candidate i with probability w_i/sum(w).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from math import log
from typing import TypeVar

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
    return min(candidates, key=lambda item: (_race(item, key, name, weight), str(name(item))))


def shuffle(candidates: Iterable[T], *key: object, name: Callable[[T], object] = str,
            weight: Callable[[T], float] | None = None) -> list[T]:
    """All candidates in a drawn order: the first is what `choose` would take, the next what it would take without it."""
    return sorted(candidates, key=lambda item: (_race(item, key, name, weight), str(name(item))))


def _race(item: T, key: Sequence[object], name: Callable[[T], object], weight: Callable[[T], float] | None) -> float:
    share = weight(item) if weight else 1.0
    return -log(fraction(*key, name(item))) / share if share > 0 else float("inf")
