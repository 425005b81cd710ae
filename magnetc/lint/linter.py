"""The linter: takes lines of any number of files, a line at a time, and keeps findings, counts and figures, never rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from magnetc.distill.contamination.index import Index, Overlap
from magnetc.emit.foreign.forms import read_row
from magnetc.emit.foreign.lines import Line
from magnetc.emit.foreign.row import Offered, Problem, Row
from magnetc.emit.report.embed import Embedded
from magnetc.emit.report.entry import entry
from magnetc.emit.report.figures import Figures, Found
from magnetc.emit.report.measure import Measure
from magnetc.emit.report.spread import spread
from magnetc.emit.report.verdict import Holds, verdict
from magnetc.emit.shortcut import Shortcut
from magnetc.lint.calls import calls, schemas
from magnetc.lint.kinds import KINDS
from magnetc.lint.masks import Masks
from magnetc.lint.order import ending, order
from magnetc.lint.pairs import pair
from magnetc.lint.repeats import Repeats
from magnetc.lint.sources import sources

UNREAD = 0.7
"""From this area under the curve on, sides of pairs are told apart unread."""

FEW = 50
"""Conversations below which nothing is said of their variety."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a row: a code of `KINDS`, the file as it was named, the line, and the JSON pointer within it. A finding of the
    whole data has no file."""

    code: str
    message: str
    file: str = ""
    line: Line | None = None
    at: str = ""


class Linter:
    """`shown`: findings kept of each kind. `ignored`: codes that are not looked for. `embedding`: rows are kept for a report's page. `against`: the
    benchmarks that rows are compared with.

    Attributes:
        findings: those that are kept, in the order in which they were found.
    """

    def __init__(self, shown: int, *, ignored: Iterable[str] = (), masks: Masks | None = None, embedding: bool = False,
                 against: Index | None = None):
        self._shown, self._ignored, self._masks, self._against = shown, frozenset(ignored), masks, against
        self.findings: list[Finding] = []
        self._count: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._lines = 0
        self._measure, self._repeats, self._shortcut = Measure(), Repeats(), Shortcut()
        self._lengths: Counter[int] = Counter()
        self._tools: set[tuple[Offered, ...]] = set()
        self._schemas: set[str] = set()
        self.embedded = Embedded() if embedding else None

    def add(self, file: str, name: str, line: Line) -> None:
        """Look at a line of `file`, which the report calls `name`."""
        self._lines += 1
        try:
            found = list(self._line(file, name, line))
        except RecursionError:
            found = [Problem("MG802", "it is nested too deeply to be a conversation")]
        found = [problem for problem in found if problem.code not in self._ignored]
        id = line.row.get("id") if isinstance(line.row, dict) else None
        row = f"row `{id}`: " if isinstance(id, (str, int)) and not isinstance(id, bool) and id != "" else ""
        for problem in found:
            self._keep(Finding(code=problem.code, message=f"{row}{problem.message}", file=file, line=line, at=problem.at))
        self._rows.update({problem.code for problem in found})

    def _keep(self, finding: Finding) -> None:
        self._count[finding.code] += 1
        if self._count[finding.code] <= self._shown:
            self.findings.append(replace(finding, line=finding.line and replace(finding.line, row=None)))

    def _line(self, file: str, name: str, line: Line) -> Iterator[Problem]:
        if line.problem:
            yield Problem("MG801", f"the line is no row: {line.problem}")
            if line.row is None:
                return
        row, problems = read_row(line.row)
        yield from problems
        if row is None:
            return
        yield from self._unknown_tools(row)
        yield from self._conversation(row)
        document = row.document()
        yield from self._repeats.add(row, document, (file, line.number))
        if self._against is not None:
            yield from _overlaps(self._against, document)
        if row.rejected is not None:
            self._shortcut.add(document)
        self._count_row(name, row, document, line.number)
        if self._masks and not any(problem.code == "MG802" for problem in problems) and _is_whole(row):
            length, problem = self._masks.encoded(row, document, line.number)
            self._lengths[length] += 1
            if problem:
                yield problem
        elif not self._masks:
            self._lengths[sum(len(said.content) + sum(len(call.name) + len(call.text) for call in said.calls) for said in row.messages)] += 1

    def _unknown_tools(self, row: Row) -> Iterator[Problem]:
        """Tools whose parameters are written badly, each once, however many rows offer it."""
        for tool, problem in schemas(row.tools or ()):
            if tool.text not in self._schemas:
                self._schemas.add(tool.text)
                yield Problem("MG804", f"the tool `{tool.name}`: {problem}", next((f"/{key}" for key in ("tools", "functions", "input") if key in row.original), ""))

    @staticmethod
    def _conversation(row: Row) -> Iterator[Problem]:
        yield from order(row.messages)
        yield from ending(row.chosen if row.rejected is not None and row.chosen else row.messages, "")
        yield from calls(row)
        yield from sources(row)
        if row.rejected is not None:
            yield from (problem for problem in order((*row.prompt, *row.rejected)) if any(problem.at.startswith(said.at) for said in row.rejected))
            if row.rejected:
                yield from ending(row.rejected, row.rejected[0].at)
            yield from pair(row)

    def _count_row(self, name: str, row: Row, document: dict[str, Any], number: int) -> None:
        counted = _countable(name, row, document)
        self._measure.add(name, counted)
        if self.embedded is not None:
            self.embedded.add(name, counted, row.id or str(number))

    def finish(self) -> None:
        """What only the whole data tells."""
        auc = self.shortcut
        if auc is not None and auc >= UNREAD:
            telling = ", ".join(f"{name} {area}" for name, area in self._shortcut.telling().items())
            self._whole("MG852", f"the sides of {len(self._shortcut.sides):,} pairs are told apart unread: AUC {auc} (alone: {telling})")
        figures = self._measure.figures("")
        varied = verdict(figures)[1]
        if varied.holds is Holds.NO and figures.diversity is not None and figures.diversity.of >= FEW:
            self._whole("MG853", f"the data repeats itself. {' '.join(varied.sentences)}")

    def _whole(self, code: str, message: str) -> None:
        if code not in self._ignored:
            self._rows[code] += 0
            self._keep(Finding(code=code, message=message))

    @property
    def shortcut(self) -> float | None:
        """How well the sides of pairs are told apart unread; None for few pairs."""
        return self._shortcut.auc()

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return self._lines

    @property
    def found(self) -> tuple[Found, ...]:
        """What was found, by kind: how often, and in how many of the lines."""
        return tuple(Found(code=code, title=kind.title, severity=str(kind.severity), times=self._count[code], rows=(self._rows[code], self._lines))
                     for code, kind in KINDS.items() if self._count[code])

    def figures(self, name: str) -> Figures:
        """What the rows come to, with what was found and how long they are."""
        figures = self._measure.figures(name)
        long = spread("tokens in a row" if self._masks else "characters in a row", self._lengths)
        return replace(figures, lengths=(*figures.lengths, *([long] if long else [])), found=self.found)


def _overlaps(against: Index, document: dict[str, Any]) -> Iterator[Problem]:
    """What a row has in common with benchmarks, of each the first."""
    found: dict[str, list[Overlap]] = {}
    for overlap in against.overlaps(document):
        found.setdefault(overlap.source, []).append(overlap)
    for first, *others in found.values():
        yield Problem("MG860", f"{first}{f', and {len(others)} more of it' if others else ''}")


def _countable(name: str, row: Row, document: dict[str, Any]) -> dict[str, Any]:
    """The row as it is counted. One of ours is taken as it stands, since its certificate is for it alone; `tags`, `fault` and `certificate` of another
    may have any shape, and are left out where they do not have that of ours."""
    if not row.original.keys() & {"tags", "fault", "certificate"}:
        return document
    stands = all(row.original.get(key) == document[key] for key in ("messages", "prompt", "chosen", "rejected") if key in document)
    for each in [row.original, document] if stands else [document]:
        try:
            Measure().add(name, each)
            entry(name, each)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            continue
        return each
    return {key: value for key, value in document.items() if key not in ("tags", "fault")}


def _is_whole(row: Row) -> bool:
    """Whether a trainer could take it: an agent speaks, and every call has a name and arguments."""
    sides = [row.messages] if row.rejected is None else [row.chosen, row.rejected]
    return all(any(said.role == "assistant" for said in side) for side in sides) and all(
        call.name and call.arguments is not None for said in (*row.messages, *(row.rejected or ())) for call in said.calls)
