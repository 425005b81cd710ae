"""The place where libyaml gave up, and what stands around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from magnetc.diagnostics import Fix
from magnetc.diagnostics.edits import inserted, quoted
from magnetc.source import SourceFile, Span

_ITEM = re.compile(r"[^,\]}]*")
_CLOSERS = re.compile(r"[\]}\s]*\Z")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where libyaml gave up: offset of the problem, of the construct it was in, and of the innermost open bracket."""

    file: SourceFile
    at: int
    context: int
    bracket: int | None

    def char(self) -> str:
        return self.file.text[self.at : self.at + 1]

    def span(self, start: int, length: int = 1) -> Span:
        return Span(self.file.name, start, min(start + length, len(self.file.text)))

    def word(self, start: int) -> Span:
        """The run of characters up to the next blank; inside brackets, up to what ends an item."""
        text, end = self.file.text, start
        stops = "" if self.bracket is None else ",]}"
        while end < len(text) and not text[end].isspace() and (end == start or text[end] not in stops):
            end += 1
        return Span(self.file.name, start, end)

    def line_end(self, at: int) -> int:
        end = self.file.text.find("\n", at)
        return len(self.file.text) if end < 0 else end

    def quoted(self, start: int, *, safe: bool = True) -> Fix | None:
        """The value from `start` on in double quotes: to the end of its line, or of its item inside brackets."""
        text = self.file.text[start : self.line_end(start)]
        if self.bracket is not None and (item := _ITEM.match(text)):
            text = item[0]
        text = text.partition(" #")[0].rstrip()
        return quoted(Span(self.file.name, start, start + len(text)), text, safe=safe) if text and '"' not in text else None

    def closed(self, opened: int, closer: str) -> Fix | None:
        """What was opened closed at the end of its line: a guess. A quote ends before the brackets around it do."""
        end = self.line_end(opened)
        line = self.file.text[opened:end]
        kept = len(line.partition(" #")[0].rstrip().rstrip(","))
        in_brackets = set("[{") & set(self.file.text[self.file.text.rfind("\n", 0, opened) + 1 : opened])
        if in_brackets and closer in "\"'" and (found := _CLOSERS.search(line[:kept])):
            kept = found.start()
        return inserted(self.file.name, opened + kept, closer, safe=False)

    def before(self) -> str:
        """What stands on the problem's line in front of it."""
        start = self.file.text.rfind("\n", 0, self.at) + 1
        return self.file.text[start : self.at]

    def line_above(self) -> Span | None:
        """The nearest line above the problem that is not blank, without its indentation."""
        end = self.file.text.rfind("\n", 0, self.at)
        while end >= 0:
            start = self.file.text.rfind("\n", 0, end) + 1
            line = self.file.text[start:end]
            if line.strip():
                return Span(
                    self.file.name, start + len(line) - len(line.lstrip()), start + len(line.rstrip())
                )
            end = start - 1
        return None

    def line(self, at: int) -> Span:
        """The line around an offset, without its indentation and its end."""
        start = self.file.text.rfind("\n", 0, at) + 1
        text = self.file.text[start : self.line_end(at)]
        return Span(self.file.name, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))

    def column(self, at: int) -> int:
        """How many characters stand in front of an offset on its line."""
        return at - self.file.text.rfind("\n", 0, at) - 1

    def text(self, span: Span) -> str:
        return self.file.text[span.start : span.end]

    def last(self) -> int:
        """The offset behind the last character in front of the problem that is neither blank nor of a comment."""
        at = len(self.file.text[: self.at].rstrip())
        line = self.line(at)
        comment = re.search(r"(?:^|\s)#", self.file.text[line.start : at]) if line.end <= at else None
        return len(self.file.text[: line.start + comment.start()].rstrip()) if comment else at
