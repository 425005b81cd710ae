"""An excerpt: of a file that may be larger than memory, the lines that diagnostics point into."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from magnetc.source.text import SourceFile


class Excerpt(SourceFile):
    """Answers as the whole file would, for places in the lines that it was given."""

    def __init__(self, name: str):
        super().__init__(name, "")

    @cached_property
    def _kept(self) -> dict[int, tuple[int, str]]:
        """By number of the line: where it begins, and its text without the newline."""
        return {}

    def keep(self, number: int, start: int, text: str) -> None:
        """Line `number` (from 1) begins at code point `start` of the file. Lines are given in their order, some twice."""
        self._kept[number] = (start, text)

    @property
    def size(self) -> int:
        return max((start + len(text) for start, text in self._kept.values()), default=0)

    def position(self, offset: int) -> tuple[int, int]:
        numbers = list(self._kept)
        at = max(bisect_right(numbers, offset, key=lambda number: self._kept[number][0]) - 1, 0)
        return (numbers[at], offset - self._kept[numbers[at]][0] + 1) if numbers else (1, 1)

    def bounds(self, number: int) -> tuple[int, int]:
        start, text = self._kept[number]
        return start, start + len(text)

    def between(self, start: int, end: int) -> str:
        number, column = self.position(start)
        return self._kept[number][1][column - 1 : column - 1 + end - start]
