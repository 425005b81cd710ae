"""Diagnostics as JSON and back, so that a sink that is kept shows in every format what the first one showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.diagnostics.model import Applicability, Diagnostic, Edit, Fix, Label, Severity
from magnetc.diagnostics.sink import Sink
from magnetc.source import Origin, SourceFile, Span


def store(sink: Sink) -> list[Any]:
    """The diagnostics of a sink in their order, each place as offsets."""
    return [[each.code, each.message, str(each.severity), _stored_label(each.primary, sink), [_stored_label(label, sink) for label in each.secondary],
             list(each.notes), each.help, _stored_fix(each.fix)] for each in sink.diagnostics]


def restore(stored: Iterable[Any], files: Mapping[str, SourceFile]) -> Sink:
    """The sink that `store` was given, with those of its files that its diagnostics speak of. Raises what malformed data makes."""
    sink = Sink()
    for file in files.values():
        sink.add_file(file)
    sink.keep(_diagnostic(*each) for each in stored)
    return sink


def files_of(sink: Sink) -> list[str]:
    """The files that are known and that a diagnostic points into or changes."""
    labels = [label for each in sink.diagnostics for label in (each.primary, *each.secondary) if label]
    spans = [span for label in labels if (span := sink.span(label))]
    spans += [edit.span for each in sink.diagnostics if each.fix for edit in each.fix.edits]
    return sorted({span.file for span in spans} & sink.files.keys())


def _stored_label(label: Label | None, sink: Sink) -> Any:
    if label is None:
        return None
    span = sink.span(label)
    place = [span.file, span.start, span.end] if span else [label.at.file, label.at.pointer] if isinstance(label.at, Origin) else []
    return [place, label.text, label.at_key]


def _stored_fix(fix: Fix | None) -> Any:
    return fix and [str(fix.applicability), [[edit.span.file, edit.span.start, edit.span.end, edit.replacement] for edit in fix.edits]]


def _diagnostic(code: str, message: str, severity: str, primary: Any, secondary: list[Any], notes: list[str], help: str | None,
                fix: Any) -> Diagnostic:
    labels = [label for each in secondary if (label := _label(each))]
    return Diagnostic(code=code, message=message, severity=Severity(severity), primary=_label(primary), secondary=tuple(labels),
                      notes=tuple(notes), help=help, fix=_fix(fix))


def _label(stored: Any) -> Label | None:
    if stored is None:
        return None
    place, text, at_key = stored
    return Label(Span(*place) if len(place) == 3 else Origin(*place), text, at_key)


def _fix(stored: Any) -> Fix | None:
    if stored is None:
        return None
    applicability, edits = stored
    return Fix(edits=tuple(Edit(Span(file, start, end), text) for file, start, end, text in edits), applicability=Applicability(applicability))
