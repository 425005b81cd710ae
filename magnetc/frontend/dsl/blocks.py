"""Cut a DSL file into blocks, one statement each, so that a syntax error costs its block and no other.

A keyword in the first column always starts a block, whatever bracket is still open. Where no bracket is open, a block
also starts at an indented keyword and at any other word in the first column, which is then an unknown statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import inserted
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.source import SourceFile, Span

KEYWORDS = ("recipe", "domain", "type", "said", "set", "tools", "tool", "refine", "graph", "path", "operations", "turn", "refer",
            "reply", "ask", "capability", "frames")

BODIED = ("recipe", "said", "tool", "graph", "path", "operations", "turn", "refer", "reply", "ask", "capability", "frames")
"""Statements whose body stands in `{ }`."""

MAX_DEPTH = 64
"""Brackets inside brackets: far more than any type or pattern needs, far less than the lowering could not recurse into."""

LEXEME = re.compile(r"""
    (?P<newline>\n) | (?P<blank>[^\S\n]+) | (?P<comment>\#[^\n]*)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*") | (?P<quoted>`[^`\n]+`)
  | (?P<open_text>["`][^\n]*)
  | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)) | (?P<word>\w+)
  | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<other>->|~>|\.\.|[=!<>]=|.)
""", re.VERBOSE)

_CLOSES = {")": "(", "]": "[", "}": "{"}
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_CONTINUES = (",", "|", "=", "->", "~>")
_YAML = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(kind[ \t]*:)[ \t]*\w")
_HEADED = re.compile(r"[ \t]+[\w`{]|\{")


@dataclass(slots=True)
class Block:
    """One statement's text, from offset `start` of its file. A broken one has had its diagnostic and is not parsed."""

    start: int
    end: int = 0
    broken: bool = False
    open: list[tuple[str, int]] = field(default_factory=list)


def split_blocks(file: SourceFile, sink: Sink) -> list[Block]:
    """The blocks of `file` that can be parsed. Unclosed texts, unpaired brackets and unknown statements are errors."""
    if found := _YAML.match(file.text):
        sink.error("MG140", f"`{file.name}` holds YAML", Span(file.name, *found.span(1)),
                   help="YAML stands in files that end in `.yaml`; `magnetc fmt --to dsl` writes such a file in the DSL")
        return []
    splitter = _Splitter(file, sink)
    for match in LEXEME.finditer(file.text):
        if sink.is_full:
            return []
        splitter.feed(match)
    splitter.finish(len(file.text))
    return [block for block in splitter.blocks if not block.broken]


class _Splitter:
    """Follows lines, brackets and the last lexeme through a file."""

    def __init__(self, file: SourceFile, sink: Sink) -> None:
        self.file = file
        self.sink = sink
        self.blocks: list[Block] = []
        self.block: Block | None = None
        self.line = 0
        self.fresh = True
        self.last = ""

    def feed(self, match: re.Match[str]) -> None:
        kind, text, at = match.lastgroup, match[0], match.start()
        if kind == "newline":
            self.line, self.fresh = match.end(), True
            return
        if kind in ("blank", "comment"):
            return
        if self.fresh and self._starts_block(kind == "word", text, at):
            self.finish(at)
            self._start(text, at)
        elif self.fresh and kind == "close" and at == self.line and self.block and not self.block.open:
            self._stray(at)
        self.fresh = False
        if self.block is None:
            self._start(text, at)
        if kind == "open_text":
            self._unclosed_text(text, at)
        elif kind == "open":
            self._open(text, at)
        elif kind == "close":
            self._close(text, at)
        self.last = text

    def _starts_block(self, word: bool, text: str, at: int) -> bool:
        if not word:
            return False
        first_column = at == self.line
        if not (self.block and self.block.open) and self.last not in _CONTINUES:
            return text in KEYWORDS or first_column
        return first_column and text in KEYWORDS and bool(_HEADED.match(self.file.text, at + len(text)))

    def _stray(self, at: int) -> None:
        """Keep a bracket that closes nothing, on a line of its own, from breaking the statement before it."""
        if self.block and not self.block.broken:
            if self._headless(at):
                return
            self.finish(at)
            self.block = Block(at)
            self.blocks.append(self.block)

    def _headless(self, at: int) -> bool:
        """Report the `{` that the statement before a `}` lacks, if it is one that has a body and no bracket at all."""
        assert self.block
        text = self.file.text[self.block.start : at]
        line, newline, _ = text.partition("\n")
        if self.file.text[at] != "}" or not newline or "{" in line or line.split(maxsplit=1)[0] not in BODIED:
            return False
        end = self.block.start + len(line.partition("#")[0].rstrip())
        self._error("MG143", f"`{{` is missing after `{line.split()[-1]}`", end, 1, help="write the statement's body in `{ }`",
                    fix=inserted(self.file.name, end, " {"))
        self.block.broken = True
        return True

    def _start(self, text: str, at: int) -> None:
        self.block = Block(at, broken=text not in KEYWORDS)
        self.blocks.append(self.block)
        if self.block.broken:
            near = closest(text, KEYWORDS)
            message = f"unknown statement `{text}`" if text.isidentifier() else f"`{text[:20]}` begins no statement"
            known = "statements: " + ", ".join(f"`{keyword}`" for keyword in KEYWORDS)
            self._error("MG140", message, at, len(text), help=f"did you mean `{near}`?" if near else known,
                        fix=Fix.of(Span(self.file.name, at, at + len(text)), near, safe=is_sure(text, near, KEYWORDS)) if near else None)

    def finish(self, end: int) -> None:
        """End the current block at `end`; a bracket still open is an error of this block."""
        block, self.block, self.last = self.block, None, ""
        if block is None:
            return
        block.end = end
        if block.open and not block.broken:
            bracket, at = block.open[-1]
            block.broken = True
            last = block.start + len(self.file.text[block.start : end].rstrip())
            closer = "\n}" if bracket == "{" and "\n" in self.file.text[at:last] else _CLOSER[bracket]
            self._error("MG143", f"`{bracket}` is not closed", at, 1,
                        help=f"write `{_CLOSER[bracket]}` before the next statement begins",
                        fix=inserted(self.file.name, last, closer, safe=False))

    def _unclosed_text(self, text: str, at: int) -> None:
        what = "text" if text[0] == '"' else "name"
        mark = '`"`' if what == "text" else "a backquote"
        closers = re.search(r"\s*[\]})]*\s*\Z", text) if self.block and self.block.open else None
        end = at + (closers.start() if closers else len(text.rstrip()))
        self._error("MG142", f"this {what} is not closed", at, len(text.rstrip()),
                    help=f"end it with {mark} on the same line",
                    fix=inserted(self.file.name, end, text[0], safe=False))
        self._break()

    def _open(self, bracket: str, at: int) -> None:
        assert self.block
        self.block.open.append((bracket, at))
        if len(self.block.open) > MAX_DEPTH and not self.block.broken:
            self._error("MG143", f"more than {MAX_DEPTH} brackets are open", at, 1, help="write it with fewer levels")
            self._break()

    def _close(self, bracket: str, at: int) -> None:
        assert self.block
        opened = self.block.open
        if opened and opened[-1][0] == _CLOSES[bracket]:
            opened.pop()
            return
        if not self.block.broken:
            if opened and "\n" in self.file.text[opened[-1][1] : at]:
                self._unclosed(*opened[-1], at)
                self._break()
                return self._unwind(bracket)
            secondary = (Label(Span(self.file.name, opened[-1][1], opened[-1][1] + 1), "opened here"),) if opened else ()
            message = f"`{bracket}` does not close `{opened[-1][0]}`" if opened else f"`{bracket}` closes nothing"
            advice = f"write `{_CLOSER[opened[-1][0]]}` first" if opened else "remove it, or add the opening bracket"
            here = Span(self.file.name, at, at + 1)
            fix = self._paired(bracket, at)
            self.sink.error("MG143", message, here, help=advice, secondary=secondary, fix=fix)
            self._break()
        self._unwind(bracket)

    def _paired(self, bracket: str, at: int) -> Fix:
        """Mend a bracket that does not pair: taken out where nothing is open, else closed before it, or in its place."""
        assert self.block
        here, opened = Span(self.file.name, at, at + 1), self.block.open
        if not opened:
            return Fix.of(here, "", safe=False)
        closer = _CLOSER[opened[-1][0]]
        is_expected = any(each == _CLOSES[bracket] for each, _ in opened)
        return inserted(self.file.name, at, closer, safe=False) if is_expected else Fix.of(here, closer, safe=False)

    def _unclosed(self, bracket: str, opened_at: int, at: int) -> None:
        """A bracket that a later line closes another one over."""
        last = len(self.file.text[:at].rstrip())
        self._error("MG143", f"`{bracket}` is not closed", opened_at, 1, help=f"write `{_CLOSER[bracket]}` where it ends",
                    fix=inserted(self.file.name, last, _CLOSER[bracket], safe=False))

    def _unwind(self, bracket: str) -> None:
        """Forget what is open inside the one that `bracket` closes, if any."""
        assert self.block
        opened = self.block.open
        while opened and any(each == _CLOSES[bracket] for each, _ in opened) and opened.pop()[0] != _CLOSES[bracket]:
            pass

    def _break(self) -> None:
        assert self.block
        self.block.broken = True

    def _error(self, code: str, message: str, at: int, length: int, help: str, fix: Fix | None = None) -> None:
        self.sink.error(code, message, Span(self.file.name, at, at + length), help=help, fix=fix)
