"""Lines of lexemes, and how a layout settles: indented, aligned where the author aligned, no line too long.

Settling only ever takes blanks away and adds line breaks, and what it arrives at it leaves as it is: formatting twice is
formatting once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WIDTH = 140
"""Columns of a line; a longer one is broken where the syntax lets it."""

@dataclass(slots=True)
class Piece:
    """A lexeme. `gap` is the blanks before it; `sort` what its syntax calls it; text over several lines is shown as it is."""

    text: str
    sort: str
    gap: int = 0
    usual: tuple[int, ...] = ()
    """The gaps that need no reason; empty where no other gap than the one given can be."""
    breaks: bool = False
    """Whether a line may end before it."""
    column: int = 0
    written: int = 0
    """Its column in the source."""
    raw: str = ""
    """Its text in the source, where `text` moves lines of it."""

    @property
    def is_comment(self) -> bool:
        return self.sort == "comment"


@dataclass(slots=True)
class Line:
    pieces: list[Piece]
    blank: bool = False
    """Whether an empty line stands before it."""
    indent: int = 0


class Indenter(Protocol):
    """Gives a syntax's lines their indentation, top down; it may look at the columns of pieces above."""

    def __call__(self, lines: Sequence[Line], /) -> None: ...


def settle(lines: list[Line], indent: Indenter) -> str:
    """The text of `lines`, once no gap is left that aligns nothing and no line that could be broken is too long."""
    while True:
        indent(lines)
        if not (_collapse(lines) or _break(lines)):
            return "".join(_show(lines))


def place(line: Line) -> None:
    """Set the columns of a line's pieces from its indentation and gaps."""
    at = line.indent
    for number, piece in enumerate(line.pieces):
        at += piece.gap if number else 0
        piece.column = at
        last = piece.text.rpartition("\n")[2]
        at = len(last) if "\n" in piece.text else at + len(last)

def _show(lines: list[Line]) -> list[str]:
    out = []
    for number, line in enumerate(lines):
        text = " " * line.indent + "".join(" " * piece.gap * bool(at) + piece.text for at, piece in enumerate(line.pieces))
        out.append("\n" * (line.blank and number > 0) + text + "\n")
    return out


def _collapse(lines: list[Line]) -> bool:
    """Take away gaps wider than usual that align their piece with nothing: the first of each line that has one."""
    changed = False
    comments = Counter(line.pieces[-1].column for line in lines if line.pieces[-1].is_comment and len(line.pieces) > 1)
    for number, line in enumerate(lines):
        wide = [piece for piece in line.pieces[1:] if piece.usual and piece.gap not in piece.usual]
        beside = _beside(lines, number) if wide else []
        for piece in wide:
            aligned = comments[piece.column] > 1 if piece.is_comment else any(_has(other, piece) for other in beside)
            if not aligned:
                piece.gap, changed = piece.usual[0], True
                break
    return changed


def _beside(lines: Sequence[Line], number: int) -> list[Line]:
    """The lines above and below, and the nearest as deep as this one where only deeper ones stand between."""
    found = []
    for step in (-1, 1):
        at = number + step
        if 0 <= at < len(lines):
            found.append(lines[at])
        while 0 <= at < len(lines) and (lines[at].indent > lines[number].indent or lines[at].pieces[0].is_comment):
            at += step
        if 0 <= at < len(lines) and lines[at].indent == lines[number].indent:
            found.append(lines[at])
    return found


def _has(line: Line, piece: Piece) -> bool:
    """Whether a line has a piece after a gap in the same column."""
    return any(other.column == piece.column and other.gap and not other.is_comment for other in line.pieces[1:])


def _break(lines: list[Line]) -> bool:
    """Break each line that is too long, once: at its last place that fits, or else at its first."""
    broken: list[Line] = []
    for line in lines:
        at = _place_to_break(line)
        if not at:
            broken.append(line)
            continue
        broken += [Line(line.pieces[:at], line.blank), Line(line.pieces[at:])]
        line.pieces[at].gap = 0
    changed = len(broken) > len(lines)
    lines[:] = broken
    return changed


def _place_to_break(line: Line) -> int:
    """The number of the piece that has to begin a line of its own; 0 when the line is short enough, or one cannot."""
    if max((_end(piece) for piece in line.pieces if not piece.is_comment), default=0) <= WIDTH:
        return 0
    places = [at for at in range(1, len(line.pieces)) if line.pieces[at].breaks]
    fitting = [at for at in places if _end(line.pieces[at - 1]) <= WIDTH]
    return fitting[-1] if fitting else places[0] if places else 0


def _end(piece: Piece) -> int:
    """The column where a piece ends, as far as its first line."""
    return piece.column + len(piece.text.partition("\n")[0])
