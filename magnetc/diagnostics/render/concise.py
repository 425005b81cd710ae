"""One line a diagnostic: `file:line:column: error[CODE]: message`."""

from __future__ import annotations

from magnetc.diagnostics.render.place import place
from magnetc.diagnostics.sink import Sink


def render(sink: Sink, *, prefix: str = "") -> str:
    """All diagnostics, a line each, newline at the end; empty when there is none."""
    lines = []
    for diagnostic in sink.diagnostics:
        at = place(diagnostic.primary, sink, prefix)
        where = f"{at.path}:{at.line}:{at.column}: " if at else ""
        lines.append(f"{where}{diagnostic.severity}[{diagnostic.code}]: {' '.join(diagnostic.message.split())}\n")
    return "".join(lines)
