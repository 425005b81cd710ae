"""The section of a dataset's card that says what an audit found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from magnetc.build.audit.report import AuditReport, audit_report
from magnetc.build.interval import LEVEL
from magnetc.build.output import AUDIT
from magnetc.diagnostics import MagnetError, Severity, Sink
from magnetc.emit.markdown import page
from magnetc.source.write_whole import write_whole

CARD = "README.md"

_BEGIN, _END, _BEFORE = "<!-- audit -->\n", "<!-- /audit -->\n", "## Limits\n"


def update_card(out: Path) -> None:
    """Say in the card of a dataset what its verdicts come to now. Without verdicts or a card, nothing is done.

    Raises:
        MagnetError: MG620 where `out` is no dataset, MG623 for verdicts that cannot be read.
    """
    path = out / CARD
    if (out / AUDIT).is_file() and path.is_file():
        write_whole(path, with_audit(path.read_text(encoding="utf-8"), audit_report(out)))


def refresh_card(out: Path, sink: Sink) -> None:
    """As `update_card`, for a dataset that was just written: verdicts that cannot be read are told, and take nothing from it."""
    try:
        update_card(out)
    except MagnetError as error:
        sink.extend(replace(each, severity=Severity.WARNING) for each in error.diagnostics)


def with_audit(card: str, report: AuditReport | None) -> str:
    """A card with the section of a report in the place of the one that it has, or without any."""
    before, begin, rest = card.partition(_BEGIN)
    if begin:
        _, _, after = rest.partition(_END)
        card = before + after.removeprefix("\n")
    if report is None or not report.judged:
        return card
    section = _BEGIN + page("audit", report=report, level=LEVEL) + _END
    before, limits, after = card.rpartition(_BEFORE)
    return f"{before}{section}\n{limits}{after}" if limits else f"{card}\n{section}"
