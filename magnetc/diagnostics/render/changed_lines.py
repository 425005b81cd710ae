"""The lines that a fix changes, as they are and as they would be: what people are shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from magnetc.diagnostics.edits import apply_edits
from magnetc.diagnostics.model import Edit, Fix
from magnetc.diagnostics.sink import Sink
from magnetc.source import Span

LONG = 1_000
"""Characters beyond which only what stands around a change is shown."""

AROUND = 60
"""Characters that are shown of a long line before a change, and after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLines:
    """Lines of one file from line `number` on, and what takes their place: none where lines are removed."""

    file: str
    number: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def changed_lines(fix: Fix, sink: Sink) -> list[ChangedLines]:
    """The lines that the edits of `fix` touch, in order; edits of one line, or of lines in a row, are shown together."""
    edits = sorted((edit for edit in fix.edits if edit.span.file in sink.files), key=lambda edit: (edit.span.file, edit.span.start))
    found = []
    for name, group in groupby(edits, key=lambda edit: edit.span.file):
        for run in _runs(list(group), sink):
            found.append(_changed(name, run, sink))
    return found


def _runs(edits: list[Edit], sink: Sink) -> list[list[Edit]]:
    runs: list[list[Edit]] = []
    for edit in edits:
        file = sink.files[edit.span.file]
        if runs and file.position(runs[-1][-1].span.end)[0] + 1 >= file.position(edit.span.start)[0]:
            runs[-1].append(edit)
        else:
            runs.append([edit])
    return runs


def _changed(name: str, edits: list[Edit], sink: Sink) -> ChangedLines:
    file = sink.files[name]
    number, _ = file.position(edits[0].span.start)
    start, end = file.line_starts[number - 1], edits[-1].span.end
    # Whole lines that go end at the start of the next one, which stays as it is.
    removes_lines = end > start and file.text[end - 1 : end] == "\n" and edits[-1].replacement[-1:] in ("", "\n")
    if not removes_lines:
        stop = file.text.find("\n", end)
        end = len(file.text) if stop < 0 else stop
    head, tail = "", ""
    if end - start > LONG and edits[0].span.start - start > AROUND:
        start, head = edits[0].span.start - AROUND, "…"
    if end - edits[-1].span.end > LONG:
        end, tail = edits[-1].span.end + AROUND, "…"
    old = head + file.text[start:end] + tail
    start -= len(head)
    new = apply_edits(old, [Edit(Span(name, edit.span.start - start, edit.span.end - start), edit.replacement) for edit in edits])
    return ChangedLines(file=name, number=number, old=_lines(old), new=_lines(new))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r") for line in text.removesuffix("\n").split("\n")) if text else ()
