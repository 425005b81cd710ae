"""Where a label stands, as files, lines and columns: what every format needs."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.diagnostics.model import Label
from magnetc.diagnostics.sink import Sink
from magnetc.source import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A resolved label. Lines and columns count from 1, in code points; the end is exclusive."""

    path: str
    file: SourceFile
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def place(label: Label | None, sink: Sink, prefix: str = "") -> Place | None:
    """Resolve a label; None when it has no span or its file is not known. `prefix` is put before the file's name."""
    span = sink.span(label) if label else None
    if label is None or span is None or span.file not in sink.files:
        return None
    file = sink.files[span.file]
    start = max(0, min(span.start, file.size))
    end = max(start, min(span.end, file.size))
    line, column = file.position(start)
    end_line, end_column = file.position(end)
    path = f"{prefix.rstrip('/')}/{span.file}" if prefix.strip("/") else span.file
    return Place(path=path, file=file, start=start, end=end, line=line, column=column, end_line=end_line,
                 end_column=end_column, text=label.text)
