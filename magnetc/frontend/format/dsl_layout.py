"""The DSL's lexemes as lines: which stand close, how deep a line is, where one may be broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from magnetc.frontend.dsl.blocks import KEYWORDS, LEXEME
from magnetc.frontend.format.layout import Line, Piece, place

_OPEN, _CLOSE = "([{", ")]}"
_CLOSE_BEFORE = frozenset({")", "]", ",", ":", "..", "."})
_CLOSE_AFTER = frozenset({"(", "[", "..", "."})
_PHRASED = ("said", "turn", "refer", "reply", "ask", "capability")
_STEP = 2
_CONTINUED = 4


def dsl_lines(text: str) -> list[Line]:
    """The lines of a DSL file that parses. Comments keep their lines; of empty lines in a row one is left."""
    lines: list[Line] = []
    scanner = _Scanner()
    blank = False
    for number, pieces in enumerate(_source_lines(text)):
        if not pieces:
            blank = number > 0
            continue
        lines.append(Line([scanner.take(piece, first) for piece, first in pieces], blank))
        blank = False
    return lines


def _source_lines(text: str) -> Iterator[list[tuple[Piece, bool]]]:
    """The lexemes of each line, with the blanks before them, and whether one begins its line."""
    pieces: list[tuple[Piece, bool]] = []
    gap = 0
    for match in LEXEME.finditer(text):
        sort = match.lastgroup or ""
        if sort == "newline":
            yield pieces
            pieces, gap = [], 0
        elif sort == "blank":
            gap += len(match[0].expandtabs())
        else:
            pieces.append((Piece(match[0].rstrip(), sort, gap), not pieces))
            gap = 0
    yield pieces


@dataclass(slots=True)
class _Scanner:
    """Follows brackets and statements to say what stands between two lexemes."""

    statement: str = ""
    opened: list[str] = field(default_factory=list)
    last: Piece | None = None
    pattern: bool = False

    def take(self, piece: Piece, first: bool) -> Piece:
        if piece.is_comment:
            piece.gap, piece.usual = 0 if first else max(piece.gap, 2), (2, 3)
            return piece
        before = self.last.text if self.last else ""
        if first and not self.opened and piece.text in KEYWORDS and before not in (",", "=", "|", "->"):
            self.statement = piece.text
        if first and self.pattern and len(self.opened) == 1 and before != "|" and piece.text != "|":
            self.pattern = False
        if not first:
            self._space(piece, before)
        self._follow(piece, before)
        if first and self.statement == "path" and piece.text == "pattern" and len(self.opened) == 1:
            self.pattern = True
        self.last = piece
        return piece

    def _space(self, piece: Piece, before: str) -> None:
        wide = piece.gap
        piece.breaks = before == "," or (piece.text == "|" and self.statement != "path")
        if self.pattern:
            piece.gap = 1 if piece.gap or before == "pattern" else 0
            return
        piece.gap = self._usual(piece.text, before)
        if piece.gap:
            piece.usual = (piece.gap,)
            piece.gap = max(piece.gap, wide)

    def _usual(self, text: str, before: str) -> int:
        if text in _CLOSE_BEFORE or before in _CLOSE_AFTER or text == "(":
            return 0
        if (text == "?" or text == "*") and self.statement in ("tool", "refine"):
            return 0
        if text == "}":
            return 0 if before == "{" or self.opened[-1:] == ["{"] else 1
        if before == "{":
            return 0 if self.opened[-1:] == ["{"] else 1
        if self.opened == ["body"] and self._ends_item() and text not in ("|", "answer", "weight", "form"):
            return 2
        return 0 if "=" in (text, before) and self.statement == "operations" else 1

    def _ends_item(self) -> bool:
        """Whether the last lexeme ends an item of a body that may have several in a line."""
        assert self.last
        if self.statement == "operations":
            return self.last.text == ")"
        return self.last.sort == "string" and self.statement in _PHRASED

    def _follow(self, piece: Piece, before: str) -> None:
        """Keep track of brackets; `body` is the brace of a statement, inside which there are blanks."""
        if piece.text in tuple(_OPEN):
            is_body = piece.text == "{" and not self.opened and before != "->"
            self.opened.append("body" if is_body else piece.text)
        elif piece.text in tuple(_CLOSE) and self.opened:
            self.opened.pop()
            self.pattern = self.pattern and bool(self.opened)


@dataclass(slots=True)
class _Bracket:
    """An open bracket: the column of what is in it, and of what closes it on a line of its own."""

    inner: int
    outer: int


def indent_dsl(lines: Sequence[Line]) -> None:
    """Indent each line by what is open above it."""
    opened: list[_Bracket] = []
    above: list[Piece] = []
    waiting: list[Line] = []
    for line in lines:
        if all(piece.is_comment for piece in line.pieces):
            waiting.append(line)
            continue
        first = line.pieces[0]
        line.indent = _indent(first, above, opened)
        closes = first.text in tuple(_CLOSE)
        for comment in waiting:
            comment.indent = opened[-1].inner if closes and opened else line.indent
            place(comment)
        waiting = []
        if not opened and line.indent == 0:
            above = []
        place(line)
        _follow(line, opened)
        above += [piece for piece in line.pieces if not piece.is_comment]
        if opened == [] and above[-1].text == "}":
            above = []
    for comment in waiting:
        comment.indent = opened[-1].inner if opened else 0
        place(comment)


def _indent(first: Piece, above: list[Piece], opened: list[_Bracket]) -> int:
    if first.text in tuple(_CLOSE) and opened:
        return opened[-1].outer
    if first.text == "|" and (text := _phrase_start(above)) is not None:
        return max(text - _STEP, 0)
    if not opened:
        return _outside(first, above)
    if above and above[-1].text == "," and (start := _list_start(above, len(opened))) is not None:
        return start
    return opened[-1].inner


def _outside(first: Piece, above: list[Piece]) -> int:
    """The indentation where no bracket is open: of a statement, or of what continues one."""
    if not above:
        return 0
    if first.text == "->" or above[-1].text in ("=", "->", "~>"):
        return _CONTINUED
    if above[-1].text == ",":
        start = _list_start(above, 0)
        return _CONTINUED if start is None else start
    return 0 if first.text in KEYWORDS else _CONTINUED


def _phrase_start(above: list[Piece]) -> int | None:
    """The column of the first of the texts that the `|` of a line goes on with."""
    at = _text(above, len(above) - 1)
    while at >= 2 and above[at].sort == "string" and above[at - 1].text == "|" and above[_text(above, at - 2)].sort == "string":
        at = _text(above, at - 2)
    return above[at].column if at >= 0 and above[at].sort == "string" else None


def _text(above: list[Piece], at: int) -> int:
    """Where the text stands whose last lexeme, its weight and its forms included, is at `at`."""
    while at >= 2 and (above[at - 1].text == "weight" or above[at - 2].text == "form"):
        at -= 2 if above[at - 1].text == "weight" else 3
    return at


def _list_start(above: list[Piece], depth: int) -> int | None:
    """The column of the first item of a list of single lexemes without brackets, which the last lexeme is a comma of."""
    if above[0].text == "type" and len(above) > 3:
        return above[3].column + _STEP
    at = len(above) - 2
    while at >= 2 and above[at - 1].text == "," and above[at].text not in tuple(_CLOSE):
        at -= 2
    is_bare = at >= 1 and above[at].text not in tuple(_CLOSE) and above[at - 1].text not in (*_OPEN, ",", ":", "=", ".", "..", "top", "by")
    return above[at].column if is_bare and depth == 0 else None


def _follow(line: Line, opened: list[_Bracket]) -> None:
    """Open and close the brackets of a line."""
    pieces = [piece for piece in line.pieces if not piece.is_comment]
    base = opened[-1].inner if opened and pieces[0].text not in tuple(_CLOSE) else line.indent
    if pieces[0].text not in tuple(_CLOSE) and not opened:
        base = line.indent
    for number, piece in enumerate(pieces):
        if piece.text in tuple(_OPEN):
            rest = pieces[number + 1 :]
            if all(each.text in tuple(_OPEN) for each in rest):
                outer = _hanging(pieces, number, base, opened)
                opened.append(_Bracket(outer + _STEP, outer))
            else:
                is_body = not opened and (number == 0 or pieces[number - 1].text != "->")
                opened.append(_Bracket(rest[0].column, 0 if is_body and piece.text == "{" else piece.column))
        elif piece.text in tuple(_CLOSE) and opened:
            opened.pop()


def _hanging(pieces: list[Piece], number: int, base: int, opened: list[_Bracket]) -> int:
    """The column that closes a bracket with nothing after it in its line: of a statement's body the first."""
    if opened and opened[-1].inner == base + _STEP and number and pieces[number - 1].text in tuple(_OPEN):
        return base
    if not opened and (number == 0 or pieces[number - 1].text != "->"):
        return 0
    return base
