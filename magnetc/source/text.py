"""Source files and spans: code-point offsets into text, turned into lines and columns only when shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range `[start, end)` of code points in one file."""

    file: str
    start: int
    end: int


@dataclass(frozen=True)
class SourceFile:
    """One file of a recipe: its name relative to the recipe folder, and its decoded text."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first code point of each line."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both counted from 1."""
        line = bisect_right(self.line_starts, max(0, min(offset, len(self.text)))) - 1
        return line + 1, offset - self.line_starts[line] + 1

    def line(self, number: int) -> str:
        """Text of line `number` (from 1) without its newline."""
        return self.between(*self.bounds(number)).rstrip("\r")

    def bounds(self, number: int) -> tuple[int, int]:
        """Offsets at which line `number` (from 1) begins and at which its newline stands."""
        return self.line_starts[number - 1], self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.text)

    def between(self, start: int, end: int) -> str:
        """The text from offset `start` up to `end`."""
        return self.text[start:end]

    @property
    def size(self) -> int:
        """Code points of the whole text."""
        return len(self.text)
