"""The command lines of the comparison in their order: what makes each arm's data, trains it with each seed, and judges what came of it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from magnetc.build.output import file_digest
from magnetc.ir.json import Json, digest
from magnetc.source.write_whole import write_whole

ARMS = ("offline", "restyled", "teacher", "own")
WITH_PAIRS = ("offline", "restyled", "teacher")
OFFLINE = "offline"
BASE = "base"
EQUAL = "benchmarks.pretrained.equal"

LORA = ("lora={}", "select=false", "length=4096", "gradient_checkpointing=true", "sft.lr=1e-4", "sft.batch=16", "mdpo.lr=5e-6", "mdpo.batch=16")
"""Settings of every arm alike, before what the command line changes. No checkpoint is chosen by playing: the user's own rows have no world to play in."""


COUNTED = ("length", "over", "template", "mdpo.credit", "mdpo.discount")
"""Settings that decide how many tokens of a row are trained."""

ALIKE = ("length", "over", "template", "lora", "select", "gradient_checkpointing", "dtype", "report_to")
"""Settings that both stages have."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared. `restyler` and `teacher` are folders of recipes whose teacher is asked; `own` a file of conversations.

    `preference`: whether the recipe makes pairs, so that there is a second stage. `tokens`, `pair_tokens`: trained tokens of each stage; as one pass over
    the offline data has, where they are not said. `aside`: options of evaluation that change how fast it is, and no result.
    """

    base: str
    recipe: Path
    folder: Path
    seeds: int = 3
    restyler: Path | None = None
    teacher: Path | None = None
    own: Path | None = None
    preference: bool = True
    paths: int | None = None
    tokens: int | None = None
    pair_tokens: int | None = None
    changes: tuple[str, ...] = ()
    template: Mapping[str, Json] = field(default_factory=dict)
    trust: bool = False
    played: int | None = None
    max_tokens: int = 512
    bfcl: tuple[str, ...] = ()
    toolquery: bool = False
    keep: bool = False
    aside: tuple[str, ...] = ()

    @property
    def left_out(self) -> dict[str, str]:
        """Arms that are not run, and why."""
        reasons = {"teacher": (self.teacher, "no `--teacher` is named: a recipe like this one whose `teacher` is a model"),
                   "own": (self.own, "no `--own` is named: a file of conversations")}
        return {arm: reason for arm, (given, reason) in reasons.items() if given is None}

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(arm for arm in ARMS if arm not in self.left_out)

    def stages(self, arm: str) -> tuple[str, ...]:
        return ("sft", "mdpo") if self.preference and arm in WITH_PAIRS else ("sft",)

    def data(self, arm: str) -> Path:
        return self.own if arm == "own" and self.own else self.folder / "data" / arm

    def equal(self, arm: str, stage: str) -> Path:
        return self.folder / "equal" / f"{arm}-{stage}"

    def model(self, arm: str, stage: str, seed: int) -> str:
        """What a model is called: its folder, and the names of its results."""
        return f"{arm}-{stage}-{seed}"

    @property
    def models(self) -> dict[tuple[str, str], list[str]]:
        """By arm and stage, the names of its models, a seed each; the base has one, and no stage."""
        made = {(arm, stage): [self.model(arm, stage, seed) for seed in range(self.seeds)] for arm in self.arms for stage in self.stages(arm)}
        return {(BASE, ""): [BASE], **made}

    def results(self, kind: str, model: str) -> Path:
        return self.folder / "eval" / kind / (model if kind == "bfcl" else f"{model}.json")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command. `of`: the steps that it needs, and whose change is its own. `files`: what else it reads. `makes`: what it leaves.
    `aside`: options that change no result. `clears`: it removes what the steps of `of` left.

    `fine`: exit codes of commands that did what they should; a build that misses a gate of its recipe has written it all the same.
    """

    name: str
    words: tuple[str, ...]
    of: tuple[Step, ...] = ()
    files: tuple[Path, ...] = ()
    makes: tuple[Path, ...] = ()
    aside: tuple[str, ...] = ()
    clears: bool = False
    fine: tuple[int, ...] = (0,)

    @property
    def shown(self) -> str:
        """As it is typed."""
        return shlex.join((*self.words, *self.aside))

    @property
    def argv(self) -> list[str]:
        """As it is run: by this interpreter."""
        first = {"magnetc": [sys.executable, "-m", "magnetc"], "python": [sys.executable]}.get(self.words[0], [self.words[0]])
        return [*first, *self.words[1:], *self.aside]

    def made_of(self, folder: Path) -> Json:
        """All that the result hangs on, the place of the run's folder aside."""
        return [[word.replace(str(folder), "FOLDER") for word in self.words], [digest(each.made_of(folder)) for each in self.of], list(self._digests)]

    @cached_property
    def _digests(self) -> tuple[str, ...]:
        return tuple(file_digest(file) for place in self.files for file in _files(place))


def _files(place: Path) -> list[Path]:
    """A file, or those of a recipe's folder: without outputs of builds, and what begins with a dot, as journals do."""
    if place.is_file():
        return [place]
    found = (path for path in sorted(place.rglob("*")) if path.is_file())
    return [path for path in found if not any(part[0] == "." or part.startswith("out") or part == "__pycache__" for part in path.relative_to(place).parts)]


def steps(plan: Plan) -> Iterator[Step]:
    """All steps, each behind those that it needs."""
    data = _data(plan)
    yield from data.values()
    yield from _judged(plan, BASE, plan.base, data[OFFLINE])
    for arm in plan.arms:
        equal = {stage: _equal(plan, arm, stage, data) for stage in plan.stages(arm)}
        yield from equal.values()
        for seed in range(plan.seeds):
            made: list[Step] = []
            for stage, rows in equal.items():
                made.append(_trained(plan, arm, stage, seed, rows, made[-1] if made else None))
                yield made[-1]
                yield from _judged(plan, plan.model(arm, stage, seed), str(_model(plan, arm, stage, seed) / "final"), data[OFFLINE], made[-1])
            if not plan.keep:
                gone = tuple(str(_model(plan, arm, stage, seed)) for stage in equal)
                yield Step(name=f"{arm}-{seed} room", words=("rm", "-rf", *gone), of=tuple(made), clears=True)


def _data(plan: Plan) -> dict[str, Step]:
    """What makes the data of each arm that has to be made."""
    trust, paths = (["--trust"] if plan.trust else []), (["--paths", str(plan.paths)] if plan.paths else [])
    made = {OFFLINE: _built(OFFLINE, plan.recipe, plan.data(OFFLINE), *paths, *trust)}
    asked = plan.restyler or plan.folder / "restyler"
    words = ("magnetc", "restyle", str(plan.data(OFFLINE)), "-o", str(plan.data("restyled")), "--teacher", str(asked), *trust)
    made["restyled"] = Step(name="restyled data", words=words, of=(made[OFFLINE],), files=(asked,), makes=(plan.data("restyled"),))
    if plan.teacher is not None:
        made["teacher"] = _built("teacher", plan.teacher, plan.data("teacher"), *paths, *trust)
    return made


def _built(arm: str, recipe: Path, out: Path, *more: str) -> Step:
    return Step(name=f"{arm} data", words=("magnetc", "build", str(recipe), "-o", str(out), *more), files=(recipe,), makes=(out,), fine=(0, 3))


def _equal(plan: Plan, arm: str, stage: str, data: Mapping[str, Step]) -> Step:
    tokens = plan.tokens if stage == "sft" else plan.pair_tokens
    amount = ("--tokens", str(tokens)) if tokens else ("--like", str(plan.data(OFFLINE)))
    words = ("python", "-m", EQUAL, str(plan.data(arm)), "-o", str(plan.equal(arm, stage)), "--stage", stage, *amount, "--held-out", str(plan.data(OFFLINE)),
             *_set(plan, plan.base, COUNTED))
    return Step(name=f"{arm} tokens of {stage}", words=words, of=tuple(data[each] for each in dict.fromkeys((OFFLINE, arm)) if each in data),
                files=(plan.data(arm),) if arm == "own" else (), makes=tuple(plan.equal(arm, stage) / str(seed) for seed in range(plan.seeds)),
                aside=("--seeds", str(plan.seeds)))


def _trained(plan: Plan, arm: str, stage: str, seed: int, rows: Step, before: Step | None) -> Step:
    base = plan.base if before is None else str(_model(plan, arm, "sft", seed) / "final")
    words = ("magnetc", "train", str(plan.equal(arm, stage) / str(seed)), "-o", str(_model(plan, arm, stage, seed)), "--stage", stage, *_set(plan, base, (*ALIKE, stage)),
             "--set", f"seed={seed}")
    return Step(name=f"{plan.model(arm, stage, seed)} train", words=words, of=(rows,) if before is None else (rows, before),
                makes=(_model(plan, arm, stage, seed),))


def _set(plan: Plan, base: str, keys: Sequence[str]) -> list[str]:
    """The settings below `keys`, as options: what another step asks for is to cost this one nothing. A base that is no plain word is quoted as YAML has it."""
    named = base if base.replace("/", "").replace("-", "").replace(".", "").replace("_", "").isalnum() else json.dumps(base)
    changes = [change for change in (*LORA, *plan.changes) if any(f"{change.partition('=')[0].strip()}.".startswith(f"{key}.") for key in keys)]
    return [word for change in (f"base={named}", *changes) for word in ("--set", change)]


def _judged(plan: Plan, name: str, model: str, data: Step, made: Step | None = None) -> Iterator[Step]:
    """The model in what is held out, and in the benchmarks that are asked for, each by the same options."""
    of = (data,) if made is None else (data, made)
    places = {kind: plan.results(kind, name) for kind in ("heldout", "toolquery", "bfcl")}
    how = ["--model", model, "--max-tokens", str(plan.max_tokens), *(["--template", json.dumps(plan.template)] if plan.template else [])]
    played = ["--conversations", str(plan.played)] if plan.played else []
    words = ("magnetc", "eval", "heldout", str(plan.data(OFFLINE)), *how, *played, *(["--trust"] if plan.trust else []), "-o", str(places["heldout"]))
    yield Step(name=f"{name} heldout", words=words, of=of, makes=(places["heldout"],), aside=plan.aside)
    if plan.toolquery:
        words = ("magnetc", "eval", "toolquery", *how, "-o", str(places["toolquery"]))
        yield Step(name=f"{name} toolquery", words=words, of=of[1:], makes=(places["toolquery"],), aside=plan.aside)
    if plan.bfcl:
        chosen = [word for category in plan.bfcl for word in ("-c", category)]
        words = ("magnetc", "eval", "bfcl", *how, *chosen, "-o", str(places["bfcl"]))
        yield Step(name=f"{name} bfcl", words=words, of=of[1:], makes=(places["bfcl"],), aside=plan.aside)


def _model(plan: Plan, arm: str, stage: str, seed: int) -> Path:
    return plan.folder / "models" / plan.model(arm, stage, seed)


def write_restyler(plan: Plan) -> None:
    """The recipe whose teacher is the base itself, where no other restyler is named. Restyling asks its teacher by its prompts, which are the recipe's; nothing
    else of it plays a part."""
    folder = plan.folder / "restyler"
    folder.mkdir(parents=True, exist_ok=True)
    model = os.path.relpath(plan.base, folder) if Path(plan.base).is_dir() else plan.base
    teacher = {"transformers": {"model": model, "max_tokens": plan.max_tokens, **({"template": dict(plan.template)} if plan.template else {})}}
    write_whole(folder / "recipe.yaml", f"kind: recipe\nname: restyler\nextend: std/begin\nteacher: {json.dumps(teacher)}\n")
    shutil.rmtree(folder / "prompts", ignore_errors=True)
    if (plan.recipe / "prompts").is_dir():
        shutil.copytree(plan.recipe / "prompts", folder / "prompts")
