"""Drawn: at most so many of the things that come by, by keyed draw, in the order in which they came."""

from __future__ import annotations

from heapq import heappush, heappushpop
from typing import Generic, TypeVar

from magnetc.ir import draw

T = TypeVar("T")


class Drawn(Generic[T]):
    """Which things are kept depends on their keys alone, not on their order or on how many others there are of another key.

    Attributes:
        seen: how many came by.
    """

    def __init__(self, most: int, name: str):
        self._most, self._name = most, name
        self._heap: list[tuple[float, int, T]] = []
        self.seen = 0

    def wants(self, key: object) -> float | None:
        """Counts a thing; its place in the draw where it is to be kept as things stand."""
        self.seen += 1
        rank = -draw.fraction("report", self._name, key)
        return rank if len(self._heap) < self._most or rank > self._heap[0][0] else None

    def keep(self, rank: float, thing: T) -> None:
        """Keep the thing that `wants` gave a place."""
        entry = (rank, self.seen, thing)
        if len(self._heap) < self._most:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def things(self) -> list[T]:
        return [thing for _, _, thing in sorted(self._heap, key=lambda entry: entry[1])]
