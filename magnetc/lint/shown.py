"""Findings as diagnostics: each points into its line, of which no more of the file is kept."""

from __future__ import annotations

from magnetc.diagnostics import Diagnostic, Severity, Sink
from magnetc.diagnostics.model import Label
from magnetc.emit.foreign.lines import place
from magnetc.lint.kinds import KINDS
from magnetc.lint.linter import Finding, Linter
from magnetc.source import Excerpt, Span


def fill(sink: Sink, linter: Linter) -> None:
    """Give the sink the linter's findings, in the order of the lines, those of the whole data last; and how many are not shown."""
    files: dict[str, Excerpt] = {}
    for finding in sorted(linter.findings, key=lambda finding: finding.line.number if finding.line else 0):
        if finding.line is not None:
            if finding.file not in files:
                sink.add_file(files.setdefault(finding.file, Excerpt(finding.file)))
            files[finding.file].keep(finding.line.number, finding.line.start, finding.line.text)
    kept: dict[str, int] = {}
    order = {name: number for number, name in enumerate(dict.fromkeys(finding.file for finding in linter.findings if finding.file))}
    for finding in sorted(linter.findings, key=lambda each: (each.line is None, order.get(each.file, 0), each.line.number if each.line else 0)):
        kept[finding.code] = kept.get(finding.code, 0) + 1
        sink.keep([_diagnostic(finding, kept[finding.code] == 1)])


def _diagnostic(finding: Finding, first: bool) -> Diagnostic:
    """What to do about a kind is said once."""
    kind, label = KINDS[finding.code], None
    if finding.line is not None:
        start, end = place(finding.line.text, finding.at)
        label = Label(Span(finding.file, finding.line.start + start, finding.line.start + end))
    return Diagnostic(code=finding.code, message=finding.message, severity=Severity(kind.severity), primary=label, help=kind.help if first else None)
