"""An output read, its words said otherwise base path by base path, and written to a folder of its own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.build.audit.card import refresh_card
from magnetc.build.clean import read_index
from magnetc.build.derived import Derived
from magnetc.build.opened import Opened, open_output
from magnetc.build.output import Output
from magnetc.build.restyle.group import GroupRestyler, Restyled
from magnetc.build.restyle.spoken import Row
from magnetc.build.teacher import Asked, answering
from magnetc.build.verify import file_failures
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.distill.proofs.prover import Prover
from magnetc.emit.exports.write import require_extras
from magnetc.emit.transcript import transcript
from magnetc.engine.local import in_order
from magnetc.frontend import load
from magnetc.ir.spec import Recipe
from magnetc.teachers.prompted.programs import RESTYLING
from magnetc.tools.importers import IMPORTERS

MESSAGES = 16
"""Of a base path, about: what is asked at once of one, and so how many base paths keep a model busy."""

BESIDE = 4
"""Base paths that are under way beside those: some are being proven, or wait for their last answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestyleOptions:
    """What the command line says. `teacher` is the folder of the recipe whose teacher, prompts and journal are used."""

    out: Path
    to: Path
    teacher: Path
    trust: bool = False
    replay: bool = False
    jobs: int | None = None
    announce: Callable[[str], None] = print
    progress: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Summary:
    """Messages by base path that are said otherwise, and those that are kept, with why."""

    rows: int = 0
    changed: int = 0
    said: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    asked: Asked = field(default_factory=Asked)

    def document(self) -> dict[str, Any]:
        return {"rows": self.rows, "changed": self.changed, "restyled": self.said, "kept": dict(sorted(self.kept.items())), "teacher": self.asked.document()}


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a row stands: the data file, its number there, and the byte at which it begins."""

    file: str
    number: int
    offset: int


async def restyle(options: RestyleOptions, sink: Sink) -> Summary | None:
    """Say the words of an output otherwise. None when a recipe does not load: see `sink`.

    Raises:
        MagnetError: MG620 for what is no output, MG606 when its code is not trusted, MG519 when it is not as it was built or nobody can
            be asked; what the model raises.
    """
    recipe = _teacher(options, sink)
    opened = open_output(options.out, sink, trust=options.trust, announce=options.announce) if recipe else None
    if opened is None or recipe is None or recipe.model is None:
        return None
    index, not_compared = read_index(opened.folder, opened.spec)
    if failures := [*file_failures(opened), *opened.failures, *not_compared]:
        raise MagnetError(Diagnostic(code="MG519", message=f"`{options.out}` is not as it was built", notes=(str(failures[0]),),
                                     help="`magnetc verify` says all that is wrong; build it again"))
    require_extras(opened.spec.recipe.emit)
    summary, output, pool = Summary(), Output(options.to), opened.pool(options.jobs)
    writer = _Writer(opened, output, summary)
    try:
        async with answering(recipe, options.teacher, RESTYLING, replay=options.replay) as (asker, programs, summary.asked):
            restyler = GroupRestyler(asker, programs, Prover(opened.spec, opened.states, index), pool.world)
            groups = _groups(opened)

            async def work(lines: Sequence[_Line]) -> tuple[Sequence[_Line], Sequence[Row], Restyled]:
                rows = await asyncio.to_thread(_read, opened.folder, lines)
                return lines, rows, await restyler.restyle(rows)

            async for lines, before, result in in_order(groups, work, recipe.model.concurrency // MESSAGES + BESIDE):
                writer.take(lines, before, result)
                options.progress()
        writer.derived.finish(writer.card, {"restyled": {"messages": summary.said, "kept": sum(summary.kept.values())}})
        output.commit()
        refresh_card(options.to, sink)
        return summary
    finally:
        writer.derived.close()
        output.discard()
        await pool.close()


def _teacher(options: RestyleOptions, sink: Sink) -> Recipe | None:
    if options.out.resolve() == options.to.resolve():
        raise MagnetError(Diagnostic(code="MG010", message=f"`{options.to}` is the output that is read", help="name another folder with `-o`"))
    spec = load(options.teacher, sink, IMPORTERS)
    if spec is None or sink.has_errors:
        return None
    if spec.recipe.model is None:
        raise MagnetError(Diagnostic(code="MG519", message="the recipe names no teacher that could say anything otherwise", notes=(str(options.teacher),),
                                     help="name the folder of one that does with `--teacher`: `teacher: {openai: …}` or `{transformers: …}`"))
    return spec.recipe


def _groups(opened: Opened) -> list[list[_Line]]:
    """The rows of each base path, conversations before pairs, in the order in which the base paths begin."""
    found: dict[str, list[_Line]] = {}
    for name in sorted(opened.manifest["files"], key=lambda name: (not name.startswith("sft/"), name)):
        offset = 0
        with (opened.folder / name).open("rb") as file:
            for number, content in enumerate(file):
                base = str(json.loads(content)["tags"]["base"])
                found.setdefault(base, []).append(_Line(name, number, offset))
                offset += len(content)
    return list(found.values())


def _read(folder: Path, lines: Sequence[_Line]) -> list[Row]:
    rows = []
    for line in lines:
        with (folder / line.file).open("rb") as file:
            file.seek(line.offset)
            rows.append(json.loads(file.readline()))
    return rows


class _Writer:
    """Puts rows where they stood: those that come early wait for those before them."""

    def __init__(self, opened: Opened, output: Output, summary: Summary):
        self._output, self._summary = output, summary
        self._waiting: dict[str, dict[int, Row]] = {}
        self._next: Counter[str] = Counter()
        self.derived = Derived(opened, output)
        self.card = self.derived.card

    def take(self, lines: Sequence[_Line], before: Sequence[Row], result: Restyled) -> None:
        self._summary.said += result.said
        self._summary.kept.update(result.kept)
        self._summary.rows += len(lines)
        for line, old, row in zip(lines, before, result.rows):
            self._summary.changed += row is not old
            self._waiting.setdefault(line.file, {})[line.number] = row
            if "messages" in row and row is not old:
                self.card = self.card.replace(transcript(old["messages"], markdown=True), transcript(row["messages"], markdown=True))
        for name, rows in self._waiting.items():
            while self._next[name] in rows:
                self._output.row(name, rows.pop(self._next[name]))
                self._next[name] += 1
        self.derived.export([row for row in result.rows if "messages" in row])
