"""Diagnostics for programs: a JSON array, an object each."""

from __future__ import annotations

import json
from typing import Any

from magnetc.diagnostics.model import Diagnostic, Fix, Label
from magnetc.diagnostics.render.place import Place, place
from magnetc.diagnostics.sink import Sink


def render(sink: Sink, *, prefix: str = "") -> str:
    """All diagnostics as an array, indented, newline at the end. Lines and columns count from 1, offsets from 0."""
    items = [_diagnostic(diagnostic, sink, prefix) for diagnostic in sink.diagnostics]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _diagnostic(diagnostic: Diagnostic, sink: Sink, prefix: str) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "primary": _label(diagnostic.primary, sink, prefix),
        "secondary": [_label(label, sink, prefix) for label in diagnostic.secondary],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fix": _fix(diagnostic.fix, sink, prefix) if diagnostic.fix else None,
    }


def _fix(fix: Fix, sink: Sink, prefix: str) -> dict[str, Any]:
    return {"applicability": str(fix.applicability),
            "edits": [{"at": _label(Label(edit.span), sink, prefix), "replacement": edit.replacement} for edit in fix.edits]}


def _label(label: Label | None, sink: Sink, prefix: str) -> dict[str, Any] | None:
    at = place(label, sink, prefix)
    return at and {"file": at.path, "start": _position(at, at.start, at.line, at.column),
                   "end": _position(at, at.end, at.end_line, at.end_column), "text": at.text}


def _position(at: Place, offset: int, line: int, column: int) -> dict[str, int]:
    return {"offset": offset, "line": line, "column": column}
