"""GitHub workflow commands: each diagnostic becomes an annotation on the changed file."""

from __future__ import annotations

from magnetc.diagnostics.render.place import place
from magnetc.diagnostics.sink import Sink


def render(sink: Sink, *, prefix: str = "") -> str:
    """All diagnostics, a command each. `prefix` has to lead from the repository's root to the recipe."""
    lines = []
    for diagnostic in sink.diagnostics:
        at = place(diagnostic.primary, sink, prefix)
        properties = {"title": diagnostic.code}
        if at:
            properties |= {"file": at.path, "line": str(at.line), "endLine": str(at.end_line)}
            # GitHub ignores columns of annotations over several lines.
            if at.line == at.end_line:
                properties |= {"col": str(at.column), "endColumn": str(at.end_column)}
        message = "\n".join(
            (
                diagnostic.message,
                *diagnostic.notes,
                *((f"help: {diagnostic.help}",) if diagnostic.help else ()),
            )
        )
        fields = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines.append(f"::{diagnostic.severity} {fields}::{_data(message)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
