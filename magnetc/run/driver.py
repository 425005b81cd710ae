"""A run in order: build the recipe's dataset, fine-tune, mine what the model does wrong, prefer against that, and let each model play what is held out.

Everything is in the run's folder. A step that was done from the same is not done again; one that was cut off goes on where it can.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.agent.model_policy import Sampling
from magnetc.agent.watch import Unwatched, Watch
from magnetc.build.acting import ActingModel
from magnetc.build.driver import build
from magnetc.build.mine.driver import MineOptions, mine
from magnetc.build.options import BuildOptions
from magnetc.build.output import MANIFEST, file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.eval.heldout import TRAINED, HeldOutOptions, heldout
from magnetc.frontend import load
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.json import Json
from magnetc.run.page import run_page
from magnetc.run.record import Record
from magnetc.run.size import Size
from magnetc.source.write_whole import write_whole
from magnetc.tools.importers import IMPORTERS
from magnetc.train.run.driver import RunOptions, train
from magnetc.train.run.folder import RunFolder
from magnetc.train.run.settings import TrainSettings, read_settings

PAGE = "report.html"
STEPS = ("build", "sft", "mine", "mdpo", "eval")
DONE = "done before"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRunOptions:
    """What the command line says. `changes` of the training settings come after those of the size. `fresh`: what is
    there is forgotten, once nothing is wrong with the settings. `watched` gives a play its watch, by
    what is done; `step` is told which step begins, of how many, and why nothing is to be done in it, if so."""

    recipe: Path
    folder: Path
    size: Size
    changes: tuple[str, ...] = ()
    trust: bool = False
    jobs: int | None = None
    batch: int = 32
    device: str = "auto"
    fresh: bool = False
    bar: bool = False
    announce: Callable[[str], None] = print
    built: Callable[[], None] = lambda: None
    watched: Callable[[str], Watch] = lambda what: Unwatched()
    step: Callable[[str, int, int, str], None] = lambda name, number, of, why: None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun:
    """What each step told, and whether the dataset misses a gate."""

    folder: Path
    told: Mapping[str, Any] = field(default_factory=dict)
    missed_gate: bool = False

    @property
    def models(self) -> dict[str, Any]:
        """By model, what `magnetc eval heldout` found."""
        return dict(self.told["eval"]["models"])


def run(options: WholeRunOptions, sink: Sink) -> WholeRun | None:
    """Run all steps. None when the recipe or its training settings have errors: they are in `sink`.

    Raises:
        MagnetError: MG010 for a folder that is no run; what the steps raise.
    """
    record = Record.of(options.folder)
    settings = _settings(options, sink)
    if settings is None:
        return None
    if options.fresh:
        shutil.rmtree(options.folder, ignore_errors=True)
        record = Record(options.folder)
    return _Runner(options, sink, record, settings).run()


def _settings(options: WholeRunOptions, sink: Sink) -> TrainSettings | None:
    """The training settings, read before anything is made: a mistake in them is to cost nothing."""
    spec = load(options.recipe, sink, IMPORTERS)
    if spec is None or sink.has_errors:
        return None
    if not {name for name, share in spec.recipe.partitions if share} - set(TRAINED):
        raise MagnetError(Diagnostic(code="MG720", message="the recipe holds nothing out that a model could be judged by",
                                     help="give `test` a share in its `partitions`"))
    given = {"train": json.loads(spec.recipe.train), "seed": spec.recipe.seed}
    return read_settings(given, [*options.size.changes, *options.changes], sink)


class _Runner:
    def __init__(self, options: WholeRunOptions, sink: Sink, record: Record, settings: TrainSettings):
        self.options, self.sink, self.record, self.settings = options, sink, record, settings
        self.told: dict[str, Any] = {}
        self.changes = (*options.size.changes, *options.changes)
        self.data, self.mined = options.folder / "data", options.folder / "mined"

    def run(self) -> WholeRun | None:
        for name in STEPS:
            if (told := getattr(self, f"_{name}")()) is None:
                return None
            self.told[name] = told
        found = WholeRun(folder=self.options.folder, told=self.told, missed_gate=self.told["build"]["failed"])
        write_whole(self.options.folder / PAGE, run_page(found, self.options.recipe.resolve().name, self.settings))
        return found

    def _build(self) -> dict[str, Any] | None:
        """The build knows by itself what is up to date."""
        options = self.options
        self._says("build")
        options.folder.mkdir(parents=True, exist_ok=True)
        self.record.begin("build", None)
        wanted = BuildOptions(folder=options.recipe, out=self.data, paths=options.size.paths, trust=options.trust, cached=True, announce=options.announce,
                              jobs=options.jobs or os.cpu_count() or 1, progress=lambda _: options.built())
        summary = asyncio.run(build(wanted, self.sink))
        if summary is None:
            return None
        told = {"figures": summary.figures(), "failed": summary.failed, "manifest": file_digest(self.data / MANIFEST)}
        self.record.done("build", None, told)
        return told

    def _sft(self) -> dict[str, Any] | None:
        return self._trained("sft", self.data, self._changes("mdpo"))

    def _mine(self) -> dict[str, Any] | None:
        size, options = self.options.size, self.options
        settings: Json = [size.samples, size.mined, size.most_tokens]
        made_of: Json = [self.told["build"]["manifest"], self._weights("sft"), settings]
        if (known := self.record.told("mine", made_of)) is not None and (self.mined / MANIFEST).is_file():
            return self._says("mine", DONE) or known
        self._says("mine")
        self.record.begin("mine", made_of)
        wanted = MineOptions(out=self.data, to=self.mined, agent=self._agent("sft", Sampling(temperature=1.0)), place=options.folder, samples=size.samples,
                             conversations=size.mined or 0, trust=True, jobs=options.jobs, announce=options.announce, watch=options.watched("mining"))
        summary = asyncio.run(mine(wanted, self.sink))
        if summary is None:
            return None
        told = {**summary.document(), "manifest": file_digest(self.mined / MANIFEST)}
        self.record.done("mine", made_of, told)
        return told

    def _mdpo(self) -> dict[str, Any] | None:
        """Preference, where there are pairs: those of the dataset, and those that were mined."""
        if "mdpo" not in {each["stage"] for each in read_manifest(self.mined)["train"]["stages"]}:
            self._says("mdpo", "left out: there are no preference pairs")
            return {"left_out": "there are no preference pairs: give the recipe `negatives`"}
        base = json.dumps(str(self._final("sft")))
        return self._trained("mdpo", self.mined, (*self._changes("sft"), f"base={base}"))

    def _changes(self, other: str) -> tuple[str, ...]:
        """The changes of the training settings but for those of the `other` stage alone, which are to cost this one nothing."""
        return tuple(each for each in self.changes if not each.strip().startswith(f"{other}."))

    def _trained(self, stage: str, data: Path, changes: tuple[str, ...]) -> dict[str, Any] | None:
        """A stage of training. What was begun from the same goes on; what was begun from something else is forgotten."""
        options = self.options
        before = self._weights("sft") if stage == "mdpo" else ""
        made_of: Json = [self.told["build" if stage == "sft" else "mine"]["manifest"], list(changes), before]
        if (known := self.record.told(stage, made_of)) is not None and self._final(stage).is_dir():
            return self._says(stage, DONE) or known
        self._says(stage)
        if self.record.is_other(stage, made_of):   # first: a kill in between leaves nothing that another run would trip over
            RunFolder(options.folder / stage).forget()
        self.record.begin(stage, made_of)
        wanted = RunOptions(out=data, folder=options.folder / stage, changes=changes, stages=(stage,), trust=True, bar=options.bar,
                            announce=options.announce)
        summary = train(wanted, self.sink)
        if summary is None:
            return None
        self.record.done(stage, made_of, summary.document())
        return summary.document()

    def _eval(self) -> dict[str, Any] | None:
        """Each model plays the same held-out conversations: the base too, where it is one that knows something. A model that has played them does not again."""
        stages = [name for name in ("sft", "mdpo") if name in self.told and "left_out" not in self.told[name]]
        base = self.settings.base
        places = {**({"base": _place(base)} if isinstance(base, str) else {}), **{name: str(self._final(name)) for name in stages}}
        made_of = {name: [self.told["build"]["manifest"], base if name == "base" else self._weights(name), self.options.size.played, self.options.size.most_tokens]
                   for name in places}
        known = {name: self.record.told(f"eval {name}", made_of[name]) for name in places}
        self._says("eval", DONE if all(known.values()) else "")
        for name, place in places.items():
            if known[name] is None:
                self.record.begin(f"eval {name}", made_of[name])
                if (found := self._played(name, place)) is None:
                    return None
                self.record.done(f"eval {name}", made_of[name], found)
                known[name] = found
        return {"models": known}

    def _played(self, name: str, place: str) -> dict[str, Any] | None:
        options = self.options
        agent = self._agent(name, Sampling(), place)
        wanted = HeldOutOptions(out=self.data, agent=agent, conversations=options.size.played, trust=True, jobs=options.jobs, home=options.folder,
                                announce=options.announce, watch=options.watched(f"playing {name}"))
        result = asyncio.run(heldout(wanted, self.sink))
        if result is None:
            return None
        document = result.document()
        results = options.folder / "eval"
        results.mkdir(exist_ok=True)
        write_whole(results / f"{name}.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        return document

    def _agent(self, name: str, sampling: Sampling, place: str | None = None) -> ActingModel:
        options = self.options
        checkpoint = Checkpoint(model=place or str(self._final(name).resolve()), device=options.device, batch=options.batch,
                                template=json.dumps(self.settings.template, sort_keys=True))
        return ActingModel(model=checkpoint, sampling=sampling, most_tokens=options.size.most_tokens)

    def _final(self, stage: str) -> Path:
        return (self.options.folder / stage / "final").resolve()

    def _weights(self, stage: str) -> Json:
        """What tells a trained model from another: digests of its files."""
        return {file.name: file_digest(file) for file in sorted(self._final(stage).iterdir()) if file.suffix in (".safetensors", ".json", ".jinja")}

    def _says(self, name: str, why: str = "") -> None:
        self.options.step(name, STEPS.index(name) + 1, len(STEPS), why)


def _place(base: str) -> str:
    """A base as the training has it, seen from the folder that the command runs in: absolute where it is a folder there."""
    folder = Path(base).expanduser()
    return str(folder.resolve()) if folder.is_dir() else base
