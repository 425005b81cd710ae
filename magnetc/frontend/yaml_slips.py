"""Slips of people who write YAML, told from the text around the place where libyaml gave up: their cause, not what it led to."""

from __future__ import annotations

import re
from collections.abc import Callable

from magnetc.diagnostics import Diagnostic, Fix, Label
from magnetc.diagnostics.edits import inserted, quoted
from magnetc.frontend.yaml_spot import Spot
from magnetc.source import Span

_SLASHES = re.compile(r"//+")
_EQUALS = re.compile(r"[\w.-]+(\s*=\s*)[^\s=:][^:]*")
_PLAIN = re.compile(r"[^,\]}\n]*")
_OPENER = {"]": "[", "}": "{"}
_CLOSER = {"[": "]", "{": "}"}
_ENDS = "\"']}"
_BEGINS = "\"'[{"


def find_slip(spot: Spot) -> Diagnostic | None:
    """The diagnostic of the first slip that the text shows; None where libyaml's own problem says more."""
    return next((found for slip in _SLIPS if (found := slip(spot))), None)


def misplaced_line(spot: Spot) -> Diagnostic | None:
    """A line of a block that starts in a column where nothing above it does."""
    line, above = spot.line(spot.at), spot.line_above()
    if spot.bracket is not None or spot.at != line.start or above is None or not re.match(r"(- )?[\w.-]+:(\s|$)", spot.text(line)):
        return None
    column, other = spot.column(line.start), spot.column(above.start)
    key = re.match(r"(?:- )*[^\s:]+", spot.text(above))
    if not key or not 0 < abs(column - other) <= 4:
        return None
    return Diagnostic(code="MG101", message="this line belongs to no list or mapping above it", primary=Label(spot.word(spot.at), f"in column {column + 1}"),
                      secondary=(Label(Span(spot.file.name, above.start, above.start + key.end()), f"in column {other + 1}"),),
                      help="indent it like its neighbours: keys of one mapping, or items of one list, start in one column",
                      fix=Fix.of(Span(spot.file.name, line.start - column, line.start), " " * other, safe=False))


def _slashes(spot: Spot) -> Diagnostic | None:
    """`// a comment` of another language."""
    lines = [spot.line(spot.at), spot.line(spot.context), spot.line_above()]
    for line in lines:
        found = line and _SLASHES.match(spot.file.text, line.start, line.end)
        if found:
            here = Span(spot.file.name, *found.span())
            return Diagnostic(code="MG101", message=f"`{found[0]}` begins no comment in YAML", primary=Label(here),
                              help="begin the comment with `#`", fix=Fix.of(here, "#"))
    return None


def _equals(spot: Spot) -> Diagnostic | None:
    """`key = value` where it should be `key: value`."""
    if spot.bracket is not None:
        return None
    for line in (spot.line_above(), spot.line(spot.context)):
        found = line and _EQUALS.fullmatch(spot.file.text, line.start, line.end)
        if found:
            at = found.start(1) + found[1].index("=")
            return Diagnostic(code="MG102", message="`=` stands where YAML has `:`", primary=Label(spot.span(at)),
                              help="write `key: value`", fix=Fix.of(Span(spot.file.name, *found.span(1)), ": "))
    return None


def _item_mark(spot: Spot) -> Diagnostic | None:
    """An item of a block list whose `- ` is missing, or lacks its blank."""
    line = spot.line(spot.context if spot.file.text[spot.context : spot.context + 1] in _BEGINS else spot.at)
    above = _line_above(spot, line.start)
    if (spot.bracket is not None and spot.bracket < line.start) or above is None:
        return None
    text, column = spot.text(line), spot.column(line.start)
    if not spot.text(above).startswith("- ") or spot.column(above.start) != column:
        return None
    if re.match(r"-[^\s-]", text):
        return Diagnostic(code="MG101", message="a blank is missing after `-`", primary=Label(spot.span(line.start)),
                          secondary=(Label(spot.span(above.start), "the item before it"),), help="write `- ` before each item",
                          fix=inserted(spot.file.name, line.start + 1, " "))
    if text.startswith("- "):
        return None
    return Diagnostic(code="MG101", message="an item of this list does not begin with `- `", primary=Label(spot.word(line.start)),
                      secondary=(Label(spot.span(above.start), "the item before it"),), help="write `- ` before each item",
                      fix=inserted(spot.file.name, line.start, "- ", safe=False))


def _line_above(spot: Spot, start: int) -> Span | None:
    """The nearest line above that is not blank and no deeper than the one that begins at `start`."""
    column = spot.column(start)
    while (above := Spot(spot.file, start, start, None).line_above()) is not None:
        if spot.column(above.start) <= column:
            return above
        start = above.start
    return None


def _missing_comma(spot: Spot) -> Diagnostic | None:
    """Two items in brackets without a `,` between them."""
    end = spot.last()
    if spot.bracket is None or end - 1 <= spot.bracket:
        return None
    before, after = spot.file.text[end - 1], spot.char()
    on_another_line = "\n" in spot.file.text[end : spot.at]
    if before in ",:[{" or after in ",:]}" or not ((before in _ENDS and after in _BEGINS) or on_another_line):
        return None
    opener = spot.file.text[spot.bracket]
    if spot.column(spot.line(spot.at).start) <= spot.column(spot.line(spot.bracket).start) and on_another_line:
        return None
    return Diagnostic(code="MG105", message=f"`,` is missing between two items of this `{opener}`", primary=Label(spot.span(end - 1), "after this"),
                      secondary=(Label(spot.span(spot.bracket), "opened here"),), help="put `,` between items",
                      fix=inserted(spot.file.name, end, ",", safe=before in _ENDS and after in _BEGINS))


def _wrong_closer(spot: Spot) -> Diagnostic | None:
    """A bracket that closes another one, or none."""
    closer = spot.char()
    if closer not in _OPENER or spot.before().rstrip()[-1:] == ",":
        return None
    here = spot.span(spot.at)
    if spot.bracket is None:
        return Diagnostic(code="MG105", message=f"`{closer}` closes no bracket", primary=Label(here),
                          help="remove it, or quote the text that holds it", fix=Fix.of(here, "", safe=False))
    opener = spot.file.text[spot.bracket]
    if opener == _OPENER[closer]:
        return None
    line = spot.line(spot.at)
    if _is_balanced(spot.file.text[line.start : spot.at] + spot.file.text[spot.at + 1 : line.end]):
        return Diagnostic(code="MG105", message=f"`{closer}` does not close `{opener}`", primary=Label(here),
                          secondary=(Label(spot.span(spot.bracket), "opened here"),), help="remove it", fix=Fix.of(here, "", safe=False))
    return Diagnostic(code="MG105", message=f"`{closer}` does not close `{opener}`", primary=Label(here),
                      secondary=(Label(spot.span(spot.bracket), "opened here"),), help=f"write `{_CLOSER[opener]}` first",
                      fix=inserted(spot.file.name, spot.last(), _CLOSER[opener], safe=False))


def _is_balanced(text: str) -> bool:
    """Whether the brackets of a line pair, whatever quotes hold."""
    opened: list[str] = []
    for char in text:
        if char in _CLOSER:
            opened.append(char)
        elif char in _OPENER and (not opened or opened.pop() != _OPENER[char]):
            return False
    return not opened


def _two_commas(spot: Spot) -> Diagnostic | None:
    end = spot.last()
    if spot.bracket is None or spot.char() != "," or spot.file.text[end - 1 : end] not in (",", "[", "{"):
        return None
    return Diagnostic(code="MG105", message="nothing stands before this `,`", primary=Label(spot.span(spot.at)), help="remove it, or write the item",
                      fix=Fix.of(spot.span(spot.at), "", safe=False))


def _text_after_bracket(spot: Spot) -> Diagnostic | None:
    """Text that begins with a bracket and is not quoted: `{goods} please`."""
    end = spot.last()
    if spot.file.text[end - 1 : end] not in _OPENER or "\n" in spot.file.text[end : spot.at] or spot.char() in "'\"#,:[{]}":
        return None
    start = _opening(spot.file.text, end)
    if start is None:
        return None
    rest = _PLAIN.match(spot.file.text, spot.at) if spot.bracket is not None else None
    stop = len(spot.file.text[: rest.end() if rest else spot.line_end(spot.at)].rstrip())
    text = spot.file.text[start:stop]
    return Diagnostic(code="MG105", message=f"text goes on after `{spot.file.text[start:end][:40]}`", primary=Label(spot.word(spot.at)),
                      secondary=(Label(spot.span(start), "this bracket begins a value of its own"),),
                      help="quote text that begins with a bracket",
                      fix=quoted(Span(spot.file.name, start, stop), text) if not set('"#\n') & set(text) else None)


def _opening(text: str, end: int) -> int | None:
    """Where the bracket that is closed before `end` was opened, on its line; None where that cannot be told."""
    open_brackets: list[str] = []
    for at in range(end - 1, text.rfind("\n", 0, end), -1):
        if text[at] in _OPENER:
            open_brackets.append(_OPENER[text[at]])
        elif text[at] in _CLOSER:
            if open_brackets.pop() != text[at]:
                return None
            if not open_brackets:
                return at
    return None


def _commented_out(spot: Spot) -> Diagnostic | None:
    """A bracket whose end stands behind a ` #`, which was meant as text."""
    if spot.bracket is None:
        return None
    line = spot.line(spot.bracket)
    comment = re.search(r"\s#", spot.file.text[spot.bracket : line.end])
    closer = _CLOSER[spot.file.text[spot.bracket]]
    if comment is None or line.end >= spot.at or closer not in spot.file.text[spot.bracket + comment.end() : line.end]:
        return None
    at = spot.bracket + comment.end() - 1
    value = re.search(r"[^:,\[{]*\Z", spot.file.text[spot.bracket + 1 : at])
    start = at - len(value[0].lstrip()) if value else at
    stop = len(spot.file.text[: line.end].rstrip("]} "))
    text = spot.file.text[start:stop]
    return Diagnostic(code="MG105", message=f"this `{spot.file.text[spot.bracket]}` is closed in a comment only",
                      primary=Label(Span(spot.file.name, at, line.end), "a comment, from `#` on"),
                      secondary=(Label(spot.span(spot.bracket), "opened here"),), help="quote text that holds a blank and `#`",
                      fix=quoted(Span(spot.file.name, start, stop), text, safe=False) if not set("\"'") & set(text) else None)


_SLIPS: tuple[Callable[[Spot], Diagnostic | None], ...] = (
    _slashes, _commented_out, _item_mark, _two_commas, _wrong_closer, _text_after_bracket, _missing_comma, _equals)
