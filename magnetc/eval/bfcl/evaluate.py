"""A model evaluated on BFCL: asked what it has not answered yet, all its answers scored, a report written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from magnetc.agent.watch import Watch
from magnetc.build.acting import Acting, ActingModel, acting
from magnetc.build.model_names import checkpoint_place
from magnetc.diagnostics import Sink
from magnetc.distill.contamination.bfcl import PACKAGES
from magnetc.eval.bfcl.answer import answer
from magnetc.eval.bfcl.dialogue import Dialogue
from magnetc.eval.bfcl.entries import Benchmark, read_benchmark
from magnetc.eval.bfcl.figures import examples, figures
from magnetc.eval.bfcl.folder import REPORT, ResultFolder
from magnetc.eval.bfcl.overlap import overlapping
from magnetc.eval.bfcl.verdicts import Verdict, judge
from magnetc.ir.checkpoint import Checkpoint
from magnetc.models.dialects import DIALECTS
from magnetc.source.write_whole import write_whole
from magnetc.tools.environments import ensure_environment

VERSION = "2026.3.23"
"""Of the package: its data, its executor and its checkers."""

HANDLERS = {"hermes": "QwenFCHandler", "mistral": "MistralFCHandler", "llama3_json": "LlamaHandler_3_1"}
"""The package's handler that reads texts of a dialect."""

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is evaluated: categories or collections of them, the first `most` entries of each (None: all), results under the name `name` in
    `folder`, begun anew with `fresh`; `data` is what the model was trained on, where that is known."""

    categories: tuple[str, ...]
    folder: Path
    name: str
    most: int | None = None
    data: Path | None = None
    fresh: bool = False


def evaluate(asked: Asked, chosen: ActingModel, announce: Announce, watch: Watch, sink: Sink) -> dict[str, Any]:
    """The report on a model, which `folder` has in `report.json` as well; incomplete where `sink` has errors.

    Raises:
        MagnetError: MG604 for the package's environment, MG702 for the package itself, MG703 for a category, MG704 for a folder of other results,
            what `acting` raises for the model, what `overlapping` raises for the data.
    """
    chosen = _absolute(chosen)
    run = {"model": chosen.name(asked.folder), "sampling": asdict(chosen.sampling), "most_tokens": chosen.most_tokens}
    return evaluate_with(asked, run, lambda: acting(chosen, asked.folder), announce, watch, sink)


def evaluate_with(asked: Asked, run: Mapping[str, Any], at_work: Callable[[], AbstractAsyncContextManager[Acting]], announce: Announce,
                  watch: Watch, sink: Sink) -> dict[str, Any]:
    """As `evaluate`, of anything that acts; `run` says what it is."""
    python = ensure_environment(PACKAGES[VERSION], announce)
    benchmark = read_benchmark(python, asked.categories, asked.most)
    overlaps, rows = overlapping(benchmark.entries, asked.data, sink) if asked.data else (None, 0)
    run = {"package": f"bfcl-eval=={benchmark.version}", **run}
    folder = ResultFolder(asked.folder, asked.name, benchmark.files, run, fresh=asked.fresh)
    dialect = asyncio.run(_answer(folder, benchmark, python, at_work, announce, watch))
    verdicts = [verdict for category in benchmark.files for verdict in _judged(folder, benchmark, python, category, dialect)]
    report = run | {"result": f"result/{asked.name}", "parser": parser_of(verdicts, dialect), **figures(verdicts, overlaps)}
    if asked.data:
        report["data"] = {"rows": rows, "overlapping": overlaps}
    report["failed"] = [{"id": each.id, "error": each.error, "message": each.message, "official": each.official} for each in verdicts if not each.strict]
    write_whole(asked.folder / REPORT, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return report


def parser_of(verdicts: Sequence[Verdict], dialect: str) -> dict[str, Any]:
    """Who read the calls, and who else was asked to read the same texts."""
    known = {each.name: each for each in DIALECTS}.get(dialect)
    if known is None:
        return {"read_by": "the server", "compared_with": None}
    return {"read_by": known.name, "vllm": known.vllm, "compared_with": HANDLERS[known.name], "texts": sum(each.read for each in verdicts),
            "examples": examples(verdicts)}


async def _answer(folder: ResultFolder, benchmark: Benchmark, python: Path, at_work: Callable[[], AbstractAsyncContextManager[Acting]],
                  announce: Announce, watch: Watch) -> str:
    """Have the entries answered that are not yet. Returns how a checkpoint writes calls."""
    for category in benchmark.files:
        folder.mend(category)
    answered = {id: line for category in benchmark.files for id, line in folder.lines(category).items()}
    waiting = [entry for entry in benchmark.entries if entry.id not in answered]
    if not waiting:
        return next((line["magnetc"]["dialect"] for line in answered.values()), "")
    if len(waiting) < len(benchmark.entries):
        announce(f"{len(benchmark.entries) - len(waiting)} of {len(benchmark.entries)} entries are answered already")
    async with at_work() as acted:
        dialect = acted.loaded[1].dialect.name if acted.loaded else ""
        watch.begin(sum(entry.messages for entry in waiting), len(waiting), min(len(waiting), acted.batch * acted.lanes))

        def finished(dialogue: Dialogue) -> None:
            line = dialogue.line
            line["magnetc"]["dialect"] = dialect
            folder.add(dialogue.entry.category, line)

        await answer(waiting, benchmark, acted.policy, python, batch=acted.batch, lanes=acted.lanes, finished=finished, acted=watch.said)
    for category in benchmark.files:
        folder.mend(category)
    return dialect


def _judged(folder: ResultFolder, benchmark: Benchmark, python: Path, category: str, dialect: str) -> list[Verdict]:
    wanted = {entry.id for entry in benchmark.entries if entry.category == category}
    return judge(python, category, [line for id, line in folder.lines(category).items() if id in wanted], dialect)


def _absolute(chosen: ActingModel) -> ActingModel:
    """With a checkpoint's folder seen from anywhere: the command names it from where it runs, the journal is with the results."""
    model = chosen.model
    place = checkpoint_place(model.model, Path()) if isinstance(model, Checkpoint) else None
    return replace(chosen, model=replace(model, model=str(place))) if place else chosen
