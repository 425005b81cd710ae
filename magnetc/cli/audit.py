"""`magnetc audit OUT`: read a sample of a dataset's rows and say of each, with one key, what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from rich.console import Console

    from magnetc.build.audit.report import AuditReport
    from magnetc.build.audit.rows import AuditRow
    from magnetc.build.audit.session import Said
    from magnetc.build.audit.verdicts import Verdict

_KEYS = "g good · c call · w wording · r reply{direction} · n note · b back · q quit · ? help"


@click.command("audit")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("-n", "count", type=click.IntRange(min=1), default=100, show_default=True, help="How many rows and pairs.")
@click.option("--report", "only_report", is_flag=True, help="Say what the verdicts come to, and ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="What the verdicts come to as JSON; rows are shown on stderr.")
def command(out: Path, count: int, only_report: bool, as_json: bool) -> None:
    """Go through a sample of the rows in OUT. Verdicts are kept in OUT/audit.jsonl; the same command goes on.

    Where no terminal is at the other end, a verdict is read from each line: `g`, `cw the date is wrong`.
    """
    from magnetc.build.audit.card import update_card
    from magnetc.build.audit.report import report_on
    from magnetc.build.audit.rows import audit_rows, draw_sample
    from magnetc.build.audit.verdicts import read_verdicts

    sink = Sink()
    with diagnosed(sink, folder=out):
        rows, verdicts = audit_rows(out), read_verdicts(out)
        sample = draw_sample(rows, count)
        if not only_report:
            try:
                _session(out, sample, verdicts, as_json)
            finally:
                update_card(out)
        report = report_on(rows, verdicts)
    left = sum(row.digest not in verdicts for row in sample)
    if as_json:
        click.echo(json.dumps({"sample": len(sample), "left": left, **report.document()}, indent=2, ensure_ascii=False))
    else:
        _table(report)
    if only_report:
        return
    told = f"{counted(left, 'row')} of the sample {'is' if left == 1 else 'are'} left: the same command goes on" if left else "the sample is read"
    click.echo(told, err=True)


def _session(out: Path, sample: list[AuditRow], verdicts: dict[str, Verdict], as_json: bool) -> None:
    from rich.console import Console

    from magnetc.build.audit.session import Session

    console = Console(stderr=as_json, highlight=False, soft_wrap=False)
    person = _Keys(console) if sys.stdin.isatty() else _Lines()

    def show(row: AuditRow, at: int, before: Verdict | None) -> None:
        _show(console, out, row, f"{at + 1} of {len(sample)}", before)

    Session(out=out, sample=sample, verdicts=verdicts, show=show, hear=person.hear, tell=announce).run()


def _show(console: Console, out: Path, row: AuditRow, place: str, before: Verdict | None) -> None:
    from rich.rule import Rule
    from rich.text import Text

    from magnetc.emit.reading import printable, reading

    if console.is_terminal:
        console.clear()
    console.print(Rule(Text(f"{place} · {row.id} · {row.path} · {row.operations} · {row.locale}"), align="left"))
    for part in reading(row.read(out)):
        console.print(part, soft_wrap=not console.is_terminal)
    if before is not None:
        said = ", ".join(before.defects) or "good"
        console.print(Text("said before: " + said + (f" ({printable(before.note)})" if before.note else ""), style="bold"))


class _Keys:
    """A person at a terminal: one key a verdict."""

    def __init__(self, console: Console):
        self._console = console

    def hear(self, row: AuditRow) -> Said | None:
        from magnetc.build.audit.session import NOTE, Said, of_key

        self._console.print(_KEYS.format(direction=" · d direction" if row.is_pair else ""), style="dim")
        while True:
            try:
                key = click.getchar()
            except EOFError:
                return None
            said = of_key(key)
            if said is not None and said.go == NOTE:
                note = click.prompt("note", default="", show_default=False, err=True)
                return Said(note=note, more=True)
            if said is not None:
                return said
            announce(f"{key!r} says nothing; ? lists the keys")


class _Lines:
    """Verdicts out of a file or another program: a line a row."""

    def __init__(self) -> None:
        self._lines: Iterator[tuple[int, str]] = iter(enumerate(sys.stdin, 1))

    def hear(self, row: AuditRow) -> Said | None:
        from magnetc.build.audit.session import of_line

        found = next(((number, line) for number, line in self._lines if line.strip()), None)
        return None if found is None else of_line(found[1], found[0], row)


def _table(report: AuditReport) -> None:
    from rich.console import Console
    from rich.table import Table

    from magnetc.build.interval import LEVEL

    console = Console(highlight=False)
    if not report.judged:
        console.print("nobody has read a row yet")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("question", "read", "defects", "rate", f"{LEVEL:.0%} interval"):
        table.add_column(name, justify="left" if name == "question" else "right")
    for name, rate in report.rates.items():
        table.add_row(name, f"{rate.judged:,}", f"{rate.defects:,}", f"{rate.rate:.1%}", f"{rate.low:.1%} to {rate.high:.1%}")
    console.print(table)
    console.print(f"{report.judged:,} of {report.rows:,} rows and pairs read, {report.good:,} without a defect; weighted to strata that hold "
                  f"{report.covered:.1%} of all", soft_wrap=True)
    if report.stale:
        console.print(f"{counted(report.stale, 'verdict')} of rows that have changed since, not counted", soft_wrap=True)
