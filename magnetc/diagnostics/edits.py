"""Fixes that several phases make: another name, a quoted text, an entry or item taken out, as the file's syntax writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from magnetc.diagnostics.model import Edit, Fix, Label
from magnetc.diagnostics.sink import Sink
from magnetc.source import Origin, SourceFile, Span

_PLAIN = re.compile(r"[A-Za-z_](?:[\w /.-]*[\w/.-])?", re.ASCII)
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_AFTER_ENTRY = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_COMMA = re.compile(r"\s*,[ \t]*")


def located(sink: Sink, at: Origin | Span, text: str, *, at_key: bool = False) -> Span | None:
    """Where `text` stands, word for word, as a part of the source at `at`; None when it is not there once, or all of it."""
    span = at if isinstance(at, Span) else sink.span(Label(at, "", at_key))
    if span is None or not text or sink.source(span).strip("\"'`") == text:
        return None
    found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", sink.source(span))]
    return Span(span.file, span.start + found[0][0], span.start + found[0][1]) if len(found) == 1 else None


def renamed(sink: Sink, at: Origin | Span, old: str, new: str, *, at_key: bool = False, safe: bool = True) -> Fix | None:
    """Write `new` for the one `old` in the source at `at`; None when it does not stand there once, word for word."""
    span = at if isinstance(at, Span) else sink.span(Label(at, "", at_key))
    if span is None or span.file not in sink.files or not old:
        return None
    text = sink.source(span)
    found = [match.start() for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?!\w)", text)]
    if text.strip("\"'`") == old:
        found = [text.index(old)]
    if len(found) != 1:
        return None
    start, end = span.start + found[0], span.start + found[0] + len(old)
    written = _written(sink.files[span.file].text, span.file, start, end, new, is_whole=text == old)
    return None if written is None else Fix.of(Span(span.file, start, end), written, safe=safe)


def _written(text: str, file: str, start: int, end: int, new: str, *, is_whole: bool) -> str | None:
    """`new` as it has to be written in place of `text[start:end]`: quoted when it stands alone and needs it."""
    around = text[start - 1 : start] + text[end : end + 1]
    if around in ('""', "''", "``"):
        return None if around[0] in new or "\\" in new or "\n" in new else new
    if file.endswith(".magnet"):
        return new if _IDENTIFIER.fullmatch(new) or not is_whole else f"`{new}`"
    return new if is_plain(new) or not is_whole else json.dumps(new, ensure_ascii=False)


def is_plain(text: str) -> bool:
    """Whether YAML reads `text` without quotes as itself, in brackets too."""
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS


def quoted(span: Span, text: str, *, safe: bool = True) -> Fix:
    """Put the text at `span` in double quotes."""
    return Fix.of(span, json.dumps(text, ensure_ascii=False), safe=safe)


def swapped(sink: Sink, at: Origin) -> Fix | None:
    """Two bounds the other way round."""
    first, second = sink.span(Label(at.child(0))), sink.span(Label(at.child(1)))
    if first is None or second is None or first.end > second.start:
        return None
    return Fix(edits=(Edit(first, sink.source(second)), Edit(second, sink.source(first))))


def inserted(file: str, at: int, text: str, *, safe: bool = True) -> Fix:
    """Insert `text` at an offset."""
    return Fix.of(Span(file, at, at), text, safe=safe)


def removed(file: SourceFile, start: int, end: int, *, safe: bool = True) -> Fix | None:
    """Take out an entry or item: its lines where it has them alone, else it and one comma beside it; None where neither is so."""
    text = file.text
    line = text.rfind("\n", 0, start) + 1
    after = _AFTER_ENTRY.match(text, end)
    if not text[line:start].strip() and after:
        return Fix.of(Span(file.name, line, after.end()), "", safe=safe)
    if comma := _COMMA.match(text, end):
        return Fix.of(Span(file.name, start, comma.end()), "", safe=safe)
    before = text[:start].rstrip()
    if before.endswith(","):
        return Fix.of(Span(file.name, len(before) - 1, end), "", safe=safe)
    return Fix.of(Span(file.name, start, end), "", safe=safe) if before.endswith(("{", "[")) else None


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with edits made that do not overlap."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        pieces += [text[at : edit.span.start], edit.replacement]
        at = edit.span.end
    return "".join((*pieces, text[at:]))
