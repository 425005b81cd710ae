"""Where a block does not parse: the lexeme found, the one before it, and what the grammar would accept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.frontend.dsl.mistakes import token_of
from magnetc.frontend.dsl.parser import dsl_parser
from magnetc.source import SourceFile, Span

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_ENDS = {"_NL": "the end of the line", "$END": "the end of the statement"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is: the lexeme found (empty at the end of a line or statement), and the one before it."""

    file: SourceFile
    span: Span
    found: str
    before: str
    end: str
    after: int
    """Offset in the file of the end of the lexeme before."""
    accepts: frozenset[str]
    """The terminals of the grammar that could stand here."""

    @property
    def shown(self) -> str:
        return self.end or f"`{self.found}`"

    @property
    def before_at(self) -> int:
        """Offset in the file of the lexeme before."""
        return self.after - len(self.before)

    @property
    def line_end(self) -> int:
        end = self.file.text.find("\n", self.span.start)
        return len(self.file.text) if end < 0 else end

    @property
    def rest(self) -> str:
        """What stands on the line behind the lexeme found."""
        return self.file.text[self.span.end : max(self.line_end, self.span.end)]

    def literals(self) -> set[str]:
        """The words and marks that could stand here."""
        return {term.pattern.value for term in dsl_parser().terminals if term.name in self.accepts}

    def words(self) -> list[str]:
        """The keywords that could stand here."""
        texts = [term.pattern.value for term in dsl_parser().terminals if term.name in self.accepts]
        return [text for text in texts if re.fullmatch(r"[a-z]+", text)]


def place_of(error: UnexpectedInput, text: str, base: int, file: SourceFile) -> Place:
    """The place of `error` in the block `text`, which begins at `base` in `file`."""
    sort = token_of(error)
    at = len(text) if sort == "$END" else error.pos_in_stream or 0
    before = None
    here = None
    for match in LEXEME.finditer(text):
        if match.lastgroup in ("newline", "blank", "comment"):
            continue
        if match.end() <= at:
            before = match
        else:
            here = match
            break
    shown = before[0] if before else ""
    behind = before.end() if before else 0
    accepts = _accepts(error)
    end = _ENDS.get(sort, "") if here is None or sort in _ENDS else ""
    if end or here is None:
        return Place(file, Span(file.name, base + behind, min(base + behind + 1, len(file.text))), "", shown, end or _ENDS["$END"], base + behind, accepts)
    start = max(at, here.start())
    return Place(file, Span(file.name, base + start, base + here.end()), text[start : here.end()], shown, "", base + behind, accepts)


def _accepts(error: UnexpectedInput) -> frozenset[str]:
    interactive = getattr(error, "interactive_parser", None)
    return frozenset(interactive.accepts()) if interactive else frozenset()
