"""Diagnostics for people: the source line with a caret under the exact place, labels, notes and help."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from unicodedata import category, east_asian_width

from magnetc.diagnostics.model import Applicability, Diagnostic, Fix, Severity
from magnetc.diagnostics.render.changed_lines import changed_lines
from magnetc.diagnostics.render.place import Place, place
from magnetc.diagnostics.sink import Sink
from magnetc.source import SourceFile

TAB = "    "
"""What a tab is shown as: consoles disagree on tab stops, and carets must not."""

LONG = 1_000
"""Characters of a line beyond which only what stands around a place is looked at."""

MAX_WIDTH = 140
"""Longer source lines are cut to a window around the first label."""

_HIDDEN = frozenset("\u2028\u2029\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Line separators and direction marks: they would show a line other than it is read."""

MAX_FIX_LINES = 6
"""Of a fix over more lines, the first are shown; `check --fix --diff` shows all."""

_BOLD, _RED, _GREEN, _YELLOW, _BLUE, _CYAN = "1", "1;31", "32", "1;33", "1;34", "36"


def render(sink: Sink, *, prefix: str = "", color: bool = False) -> str:
    """All diagnostics, an empty line after each. `color` adds ANSI escapes; nothing is said by colour alone."""
    painter = _Painter(color)
    return "".join(_block(diagnostic, sink, prefix, painter) + "\n" for diagnostic in sink.diagnostics)


class _Painter:
    def __init__(self, color: bool):
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color and text else text


def _block(diagnostic: Diagnostic, sink: Sink, prefix: str, paint: _Painter) -> str:
    style = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    primary = place(diagnostic.primary, sink, prefix)
    secondary = [at for label in diagnostic.secondary if (at := place(label, sink, prefix))]
    marks = [(primary, True)] if primary else []
    marks += [(at, False) for at in secondary]
    gutter = len(str(max((at.line for at, _ in marks), default=0)))
    lines = [
        f"{paint(style, f'{diagnostic.severity}[{diagnostic.code}]')}: {paint(_BOLD, diagnostic.message)}"
    ]
    paths = list(dict.fromkeys(at.path for at, _ in marks))
    for index, path in enumerate(paths):
        here = [(at, is_primary) for at, is_primary in marks if at.path == path]
        arrow = "-->" if index == 0 else ":::"
        lines.append(f"{' ' * gutter}{paint(_BLUE, arrow)} {path}:{here[0][0].line}:{here[0][0].column}")
        lines += _excerpt(here, gutter, style, paint)
    tail = [("note", note) for note in diagnostic.notes] + (
        [("help", diagnostic.help)] if diagnostic.help else []
    )
    if (tail or diagnostic.fix) and marks:
        lines.append(f"{' ' * gutter} {paint(_BLUE, '|')}")
    for word, text in tail:
        lead = f"{' ' * gutter} {paint(_BLUE, '=')} " if marks else "  = "
        indent = "\n" + " " * (gutter + 3 if marks else 4) + " " * (len(word) + 2)
        lines.append(f"{lead}{paint(_CYAN, word)}: {indent.join(text.splitlines())}")
    if diagnostic.fix and marks:
        lines += _fix(diagnostic.fix, sink, prefix, gutter, paint, primary.file.name if primary else "")
    return "".join(line.rstrip() + "\n" for line in lines)


def _fix(fix: Fix, sink: Sink, prefix: str, gutter: int, paint: _Painter, here: str) -> list[str]:
    """The lines that the fix changes, and the option that makes it."""
    option = "--fix" if fix.applicability is Applicability.SAFE else "--fix --unsafe-fixes"
    lines = [f"{' ' * gutter} {paint(_BLUE, '=')} {paint(_CYAN, 'fix')} ({option}):"]
    for change in changed_lines(fix, sink):
        if change.file != here:
            path = "/".join(filter(None, (prefix.rstrip("/"), change.file)))
            lines.append(f"{' ' * gutter} {paint(_BLUE, ':::')} {path}:{change.number}")
        for style, mark, texts, others in ((_RED, "-", change.old, change.new), (_GREEN, "+", change.new, change.old)):
            for index, text in enumerate(texts[:MAX_FIX_LINES]):
                shown = _cut(text, others[index] if index < len(others) else "")
                lines.append(f"{paint(_BLUE, str(change.number + index).rjust(gutter))} {paint(style, mark)} {shown}")
            if len(texts) > MAX_FIX_LINES:
                lines.append(f"{' ' * gutter} {paint(style, mark)} … {len(texts) - MAX_FIX_LINES} more lines")
    return lines


def _cut(text: str, other: str) -> str:
    """A line of a fix, where it is long a window around the place at which it begins to differ from `other`."""
    shown, beside = ("".join(map(_display, each)) for each in (text, other))
    if max(_width(shown), _width(beside)) <= MAX_WIDTH:
        return shown
    same = next((at for at, (one, two) in enumerate(zip(shown, beside)) if one != two), min(len(shown), len(beside)))
    low = same - MAX_WIDTH // 3 if same > MAX_WIDTH * 2 // 3 else 0
    end = low + MAX_WIDTH - 1
    return f"{'…' if low > 0 else ''}{shown[max(0, low) : end]}{'…' if end < len(shown) else ''}"


def _excerpt(marks: list[tuple[Place, bool]], gutter: int, style: str, paint: _Painter) -> list[str]:
    """The labelled lines of one file, each followed by its marks."""
    bar = paint(_BLUE, "|")
    lines = [f"{' ' * gutter} {bar}"]
    previous = None
    for (number, _), group in groupby(
        sorted(marks, key=lambda mark: (mark[0].line, mark[0].column)), key=_line_order
    ):
        here = [(_near(at), is_primary) for at, is_primary in group]
        if previous is not None and number > previous + 1:
            lines.append(paint(_BLUE, "..."))
        previous = number
        shown, offset = _window(here[0][0])
        lines.append(f"{paint(_BLUE, str(number).rjust(gutter))} {bar} {shown}")
        for at, is_primary in here:
            before, width = _caret(at, offset)
            mark = paint(style, "^" * width) if is_primary else paint(_BLUE, "-" * width)
            lines.append(
                f"{' ' * gutter} {bar} {' ' * before}{mark} {paint(style if is_primary else _BLUE, at.text)}"
            )
    return lines


def _line_order(mark: tuple[Place, bool]) -> tuple[int, int]:
    """Marks of one line are shown under one copy of it, unless the line is cut to a window around each."""
    at = mark[0]
    return at.line, at.column if _columns(_near(at).file.line(at.line)) > MAX_WIDTH else 0


class _Part(SourceFile):
    """A part of one line, whatever number is asked for."""

    def line(self, number: int) -> str:
        return self.text


def _near(at: Place) -> Place:
    """The place in what stands around it, where its line is a long one: a file may be a single line of megabytes."""
    start, end = at.file.bounds(at.line)
    if end - start <= LONG:
        return at
    low = max(start, start + at.column - 1 - LONG // 2)
    part = at.file.between(low, min(end, low + LONG)).rstrip("\r")
    cut = low - start
    return replace(at, file=_Part(at.file.name, part), column=at.column - cut, end_column=max(1, at.end_column - cut))


def _window(at: Place) -> tuple[str, int]:
    """The line of `at` as it is shown, and how many columns its text is shifted to the left."""
    line = at.file.line(at.line)
    if _columns(line) <= MAX_WIDTH:
        return "".join(map(_display, line)), 0
    low = max(0, _columns(line[: at.column - 1]) - MAX_WIDTH // 3)
    kept, column, first = [], 0, None
    for char in line:
        if low <= column < low + MAX_WIDTH:
            first = column if first is None else first
            kept.append(_display(char))
        column += _columns(char)
    text = "".join(kept)
    cut = first or 0
    return ("…" if cut else "") + text + ("…" if cut + _width(text) < column else ""), max(0, cut - 1)


def _caret(at: Place, offset: int) -> tuple[int, int]:
    """Columns before the mark, and its width: at least 1, to the end of the first line when the span goes on."""
    line = at.file.line(at.line)
    start = min(at.column - 1, len(line))
    end = min(at.end_column - 1, len(line)) if at.end_line == at.line else len(line.rstrip())
    before = _columns(line[:start]) - offset
    width = _columns(line[start : max(start, end)])
    return before, max(1, min(width, MAX_WIDTH - before))


def _columns(text: str) -> int:
    if text.isascii() and text.isprintable():
        return len(text)
    return _width("".join(map(_display, text)))


def _display(char: str) -> str:
    """`char` as it is printed: tabs widened, characters that move or hide the cursor replaced."""
    if char == "\t":
        return TAB
    return "\ufffd" if category(char) in ("Cc", "Cs") or char in _HIDDEN else char


def _width(text: str) -> int:
    """Console columns: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1
        for char in text
    )
