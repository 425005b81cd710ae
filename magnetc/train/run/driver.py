"""`magnetc train` in order: read the output, make the base, encode, train each stage, leave curves, report and model.

Everything is in the run's folder, so the same command goes on where a run was killed: a stage that is done is not done
again, one that is not goes on from its last whole checkpoint with the same order of data.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from magnetc.agent.reference import drawn_rows
from magnetc.build.gates import warn_of_gates
from magnetc.build.opened import Opened, open_output
from magnetc.build.output import file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, MagnetError, Severity, Sink
from magnetc.models.chat import Chat
from magnetc.train.encode.limit import histogram, histogram_text, limited
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.rows import encode_row
from magnetc.train.encode.tokenized import TokenizedPair, TokenizedRow
from magnetc.train.run import stages
from magnetc.train.run.base import base_model, chat_of
from magnetc.train.run.curves import draw
from magnetc.train.run.final import write_final
from magnetc.train.run.folder import RunFolder, write_json
from magnetc.train.run.selection import Arena, choose, least_recall, looks_in
from magnetc.train.run.settings import TrainSettings, read_settings
from magnetc.train.run.stages import Stage

Rows = list[dict[str, Any]]
Encoded = list[TokenizedRow] | list[TokenizedPair]
PARTS = ("train", "validation")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line says. `changes` are `KEY=VALUE`; `stages` names those to run, None all."""

    out: Path
    folder: Path
    changes: Sequence[str] = ()
    stages: Sequence[str] | None = None
    trust: bool = False
    fresh: bool = False
    bar: bool = False
    announce: Callable[[str], None] = print


@dataclass(slots=True)
class RunSummary:
    """`lengths`, `over`: by stage and partition, how long its sequences are and what was cut or dropped for its length."""

    lengths: dict[str, dict[str, list[tuple[int, int, int]]]] = field(default_factory=dict)
    over: dict[str, dict[str, dict[str, dict[str, int]]]] = field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return asdict(self)


def train(options: RunOptions, sink: Sink) -> RunSummary | None:
    """Run the stages of an output's manifest. None when the settings or the recipe have errors: they are in `sink`.

    Raises:
        MagnetError: MG620 when `out` is no output, MG606 when its code is not trusted, MG712 to MG718 of training.
    """
    with warnings.catch_warnings(), _quiet():
        PartialState(cpu=not torch.accelerator.is_available())  # without an accelerator it knows of no other process else
        return _train(options, sink)


def _train(options: RunOptions, sink: Sink) -> RunSummary | None:
    manifest = read_manifest(options.out)
    warn_of_gates(options.out, manifest, sink)
    settings = read_settings(manifest, options.changes, sink)
    if settings is None:
        return None
    opened = open_output(options.out, sink, trust=options.trust, announce=options.announce) if settings.select else None
    if sink.has_errors:
        return None
    asked = _stages(manifest, options.stages)
    run = RunFolder(options.folder)
    with PartialState().main_process_first():
        if options.fresh and PartialState().is_main_process:
            run.forget()
        run.claim(_identity(settings, manifest, asked))
        rows = {stage: {part: _rows(options.out, manifest, files[part]) for part in PARTS if part in files}
                for stage, files in asked.items()}
        start = base_model(settings, run, [row for parts in rows.values() for row in parts["train"]])
    chat = chat_of(start, settings)
    summary = RunSummary()
    for name, parts in rows.items():
        data = {part: _encoded(name, part, own, chat, settings, summary, sink) for part, own in parts.items()}
        if PartialState().is_main_process:
            options.announce(_described(name, len(parts["train"]), data["train"]))
        arena = _arena(opened, manifest, options.out, chat, settings)
        stage = Stage(name=name, start=start, folder=run.stage(name), settings=settings, chat=chat, arena=arena,
                      announce=options.announce, bar=options.bar)
        if not stage.folder.is_done():
            _run(stage, data)
        start = str(stage.folder.model)
        summary.stages[name] = _figures(stage)
    if PartialState().is_main_process:
        _finish(run, chat, settings, manifest, summary, start)
    PartialState().wait_for_everyone()
    return summary


def _run(stage: Stage, data: Mapping[str, Any]) -> None:
    runs = {"sft": stages.sft, "mdpo": stages.mdpo}
    runs[stage.name](stage, data["train"], data.get("validation", []))


def _stages(manifest: Mapping[str, Any], asked: Sequence[str] | None) -> dict[str, dict[str, str]]:
    """Files by partition of each stage to run, in the manifest's order."""
    listed = {each["stage"]: {part: each[part] for part in PARTS if part in each}
              for each in (manifest.get("train") or {}).get("stages", ())}
    if asked is not None:
        listed = {name: files for name, files in listed.items() if name in asked}
    if not listed:
        raise MagnetError(Diagnostic(code="MG718", message="the output has nothing to train on",
                                     notes=(f"asked for: {', '.join(asked)}",) if asked else (),
                                     help="build it with a training partition, and with `negatives` for preference pairs"))
    return listed


def _rows(out: Path, manifest: Mapping[str, Any], name: str) -> Rows:
    """The rows of a data file, once it is sure that they are those that were built."""
    path = out / name
    if not path.is_file() or file_digest(path) != manifest["files"][name]["sha256"]:
        raise MagnetError(Diagnostic(code="MG718", message=f"`{path}` is not the file that the manifest lists",
                                     help=f"see what is wrong with `magnetc verify {out}`, or build it again"))
    with path.open(encoding="utf-8") as file:   # not `splitlines`: words may hold breaks that only Unicode calls so
        return [json.loads(line) for line in file]


def _identity(settings: TrainSettings, manifest: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """All that a run's result depends on."""
    files = {name: manifest["files"][name]["sha256"] for parts in asked.values() for name in parts.values()}
    settings = replace(settings, report_to="none")
    versions = {name: version(name) for name in ("torch", "transformers", "trl")}
    return {"dataset": manifest["name"], "stages": list(asked), "files": files, "settings": settings.document(),
            "versions": versions}


def _encoded(stage: str, part: str, rows: Rows, chat: Chat, settings: TrainSettings, summary: RunSummary,
             sink: Sink) -> Any:
    """Token sequences of at most the settings' length; what was left out is counted and told."""
    encoded: Any
    if stage == "sft":
        encoded = [sequence for row in rows for sequence in encode_row(row, chat)]
    else:
        encoded = [encode_pair(row, chat) for row in rows]
    found = limited(encoded, settings.length, "cut" if settings.over == "cut" else "drop")
    summary.lengths.setdefault(stage, {})[part] = histogram([len(each) for each in encoded])
    if found.tally:
        summary.over.setdefault(stage, {})[part] = found.tally
        sink.emit(_too_long(stage, part, len(encoded) - len(found.kept), settings, found.tally))
    if part == "train" and not found.kept:
        raise MagnetError(Diagnostic(code="MG715", message=f"nothing is left to train `{stage}` on",
                                     notes=(f"every sequence has more than {settings.length} tokens",),
                                     help="raise `length`" + ("" if settings.over == "cut" else ", or set `over: cut`")))
    return found.kept


def _too_long(stage: str, part: str, dropped: int, settings: TrainSettings, tally: Mapping[str, Mapping[str, int]]) -> Diagnostic:
    notes = tuple(f"{operation}: {', '.join(f'{counts[what]} {what}' for what in sorted(counts))}"
                  for operation, counts in tally.items())
    return Diagnostic(code="MG719", severity=Severity.WARNING,
                      message=f"{stage}/{part}: sequences of more than {settings.length} tokens, {dropped} of them dropped",
                      notes=notes, help="raise `length`, or offer fewer tools (`distract`)")


def _described(stage: str, rows: int, encoded: Encoded) -> str:
    """How many sequences a stage trains on, how long they are, and what the chat template took from them."""
    left_out = sum(sum(pair.left_out) for pair in encoded if isinstance(pair, TokenizedPair))
    notes = [f"{stage}: {len(encoded)} sequences of {rows} rows, by tokens:", histogram_text([len(each) for each in encoded])]
    if left_out:
        notes.append(f"{left_out} messages after a fault are left out: the chat template shows what stands before them otherwise")
    return "\n".join(notes)


def _arena(opened: Opened | None, manifest: Mapping[str, Any], out: Path, chat: Chat, settings: TrainSettings) -> Arena | None:
    """Where checkpoints play: None when they are not to, or there is no validation partition."""
    name = "sft/validation.jsonl"
    if opened is None or settings.select is None or name not in manifest["files"]:
        return None
    rows = [row for row in _rows(out, manifest, name)
            if len(chat.encode(chat.render(row["messages"], row["tools"]))) <= settings.length]
    if not rows:
        return None
    return Arena(opened=opened, rows=drawn_rows(rows, settings.select.conversations), chat=chat,
                 most_tokens=settings.select.most_tokens)


def _figures(stage: Stage) -> dict[str, Any]:
    """What a stage came to: the kept look, and the held-out figures of its start and of what was kept."""
    history = stage.folder.read_history()
    looks = looks_in(history)
    found: dict[str, Any] = {}
    if looks:
        found["kept"] = asdict(choose(looks, least_recall(looks, stage.recall_margin)))
        found["looks"] = [asdict(look) for look in looks]
    held_out = [entry for entry in history if "eval_loss" in entry]
    if held_out:
        kept = found["kept"]["step"] if looks else held_out[-1]["step"]
        end = next((entry for entry in held_out if entry["step"] == kept), held_out[-1])
        for name, entry in (("start", held_out[0]), ("end", end)):
            found[name] = {key[5:]: value for key, value in entry.items() if key.startswith("eval_")}
    return found


def _finish(run: RunFolder, chat: Chat, settings: TrainSettings, manifest: Mapping[str, Any], summary: RunSummary,
            last: str) -> None:
    histories = {name: run.stage(name).read_history() for name in summary.stages}
    play = {name: figures["kept"] for name, figures in summary.stages.items() if "kept" in figures}
    kept = {name: look["step"] for name, look in play.items()}
    draw(run.folder, histories, kept, f"{manifest['name']} {manifest['recipe_version']}")
    write_json(run.folder / "report.json", summary.document())
    write_final(run.final, Path(last), chat, settings, manifest, list(summary.stages), play)


@contextmanager
def _quiet() -> Iterator[None]:
    """Libraries tell of their own doings in bars and warnings; ours are the run's."""
    import datasets
    import transformers

    warnings.filterwarnings("ignore", category=FutureWarning)  # of one library about another's defaults
    verbosity, trl = transformers.logging.get_verbosity(), logging.getLogger("trl")
    level = trl.level
    trl.setLevel(logging.ERROR)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        trl.setLevel(level)
        transformers.logging.set_verbosity(verbosity)
        transformers.logging.enable_progress_bar()
        datasets.enable_progress_bars()
