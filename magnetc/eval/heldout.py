"""`magnetc eval heldout`: a model plays conversations that nothing was trained on, free-running in their worlds, and is scored by execution."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from magnetc.agent.goal_user import goal_users
from magnetc.agent.play import play
from magnetc.agent.reference import drawn_rows, read_reference
from magnetc.agent.score import RATES, Score, Summary, Tally, score, summarize
from magnetc.agent.user import Users, recorded
from magnetc.agent.watch import Unwatched, Watch, expected_messages
from magnetc.build.acting import ActingModel, acting
from magnetc.build.interval import Interval, of_clusters
from magnetc.build.opened import Opened, open_output
from magnetc.build.output import MANIFEST, file_digest
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.diagnostics.suggest import closest
from magnetc.eval.trials import pass_hat

TRAINED = ("train", "validation")
"""Partitions that training reads: no held-out sets."""

Rows = list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutOptions:
    """`sets`: names of held-out sets; all that the dataset has, where there is none. `conversations`: at most so many of each.
    `user`: `recorded`, or `goal` (`magnetc.agent.goal_user`).

    `home`: where the journal is, and what a model's path is seen from.
    """

    out: Path
    agent: ActingModel
    sets: Sequence[str] = ()
    conversations: int | None = None
    trials: int = 1
    user: str = "recorded"
    most_actions: int = 8
    jobs: int | None = None
    trust: bool = False
    home: Path = Path()
    announce: Callable[[str], None] = print
    watch: Watch = field(default_factory=Unwatched)


@dataclass(frozen=True, kw_only=True)
class SetScore:
    """What a model did in a held-out set: of `rows` that the file has, `trials` with a score of each that was played, in one order."""

    name: str
    file: str
    sha256: str
    rows: int
    trials: Sequence[Sequence[Score]]

    @cached_property
    def summary(self) -> Summary:
        return summarize(one for trial in self.trials for one in trial)

    @cached_property
    def bases(self) -> dict[str, Tally]:
        """Sums over the conversations of each base path: these are not independent of each other."""
        found: dict[str, Tally] = {}
        for one in (one for trial in self.trials for one in trial if one.turns):
            found[one.base or one.row] = found.get(one.base or one.row, Tally()).plus(one)
        return found

    @cached_property
    def passes(self) -> dict[int, float | None]:
        """pass^k by k, up to the number of trials."""
        found = [(sum(one.success for one in each), len(each)) for each in zip(*self.trials, strict=True) if each[0].turns]
        return {k: pass_hat(found, k) for k in range(1, len(self.trials) + 1)}

    def interval(self, name: str) -> Interval:
        """The interval of one of RATES."""
        return of_clusters([tally.counts(name) for tally in self.bases.values()])

    def document(self) -> dict[str, Any]:
        return {"set": self.name, "file": self.file, "sha256": self.sha256, "rows": self.rows, "played": len(self.trials[0]),
                "score": self.summary.document(), "intervals": {name: self.interval(name) for name in RATES},
                "pass": {str(k): rate for k, rate in self.passes.items()} if len(self.trials) > 1 else {},
                "conversations": [_conversation(each) for each in zip(*self.trials, strict=True)]}


@dataclass(frozen=True, kw_only=True)
class HeldOutResult:
    """What a model did in held-out sets, and all that the figures hang on. `counts`: how an endpoint's answers fared."""

    dataset: str
    manifest: str
    model: str
    options: Mapping[str, Any]
    sets: Sequence[SetScore]
    counts: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """As JSON: no clock, no host, no path, so that two results compare."""
        return {"kind": "heldout", "dataset": self.dataset, "manifest": self.manifest, "model": self.model, "options": dict(self.options),
                "endpoint": dict(self.counts), "sets": [each.document() for each in self.sets]}


async def heldout(options: HeldOutOptions, sink: Sink) -> HeldOutResult | None:
    """Let the model play. None when the output's recipe does not load: see `sink`.

    Raises:
        MagnetError: MG620 for no output, MG606 for code that is not trusted, MG720 for a set that there is not, MG621 for a row that cannot be
            played, MG721 for frames without the words of a user with a goal; what `acting` raises.
    """
    opened = open_output(options.out, sink, trust=options.trust, announce=options.announce)
    if opened is None:
        return None
    chosen = {name: held_out_rows(opened, name) for name in held_out_sets(opened.manifest, options.sets, options.out)}
    played = {name: drawn_rows(rows, options.conversations) if options.conversations else rows for name, rows in chosen.items()}
    references = [read_reference(row, opened.states, opened.spec) for rows in played.values() for row in rows]
    users: Users = goal_users(opened.spec) if options.user == "goal" else recorded
    pool = opened.pool(options.jobs)
    try:
        async with acting(options.agent, options.home) as agent:
            at_once = min(agent.batch * agent.lanes, max(map(len, played.values())))
            options.watch.begin(options.trials * expected_messages(references), options.trials * len(references), at_once)
            trials: dict[str, list[list[Score]]] = {name: [] for name in played}
            for sample in range(options.trials):
                for name, rows in played.items():
                    found = await play(rows, agent.policy, pool, opened.spec, opened.states, most_actions=options.most_actions, batch=agent.batch,
                                       lanes=agent.lanes, sample=sample, users=users, acted=options.watch.said)
                    trials[name].append([score(each, opened.spec) for each in found])
            counts = dict(agent.counts)
    finally:
        await pool.close()
    sets = [SetScore(name=name, file=_file(name), sha256=opened.manifest["files"][_file(name)]["sha256"], rows=len(chosen[name]), trials=made)
            for name, made in trials.items()]
    return HeldOutResult(dataset=str(opened.manifest["name"]), manifest=file_digest(options.out / MANIFEST), model=options.agent.name(options.home),
                         options=_told(options), sets=sets, counts=counts)


def held_out_sets(manifest: Mapping[str, Any], asked: Sequence[str], out: Path) -> list[str]:
    """The names of held-out sets: those `asked` for, or all that there are.

    Raises:
        MagnetError: MG720 where there is none, or none of a name.
    """
    parts = [name.removeprefix("sft/").removesuffix(".jsonl") for name in manifest["files"] if name.startswith("sft/")]
    known = [name for name in parts if name not in TRAINED]
    for name in asked or ([] if known else [""]):
        if name not in known:
            raise MagnetError(_no_set(name, known, out))
    return list(dict.fromkeys(asked)) or known


def held_out_rows(opened: Opened, name: str) -> Rows:
    """The rows of a held-out set. Raises MagnetError (MG620) where they are not those that the manifest lists."""
    path = opened.folder / _file(name)
    if not path.is_file() or file_digest(path) != opened.manifest["files"][_file(name)]["sha256"]:
        raise MagnetError(Diagnostic(code="MG620", message=f"`{path}` is not the file that the manifest lists",
                                     help=f"see what is wrong with `magnetc verify {opened.folder}`, or build it again"))
    with path.open(encoding="utf-8") as file:   # not `splitlines`: words may hold breaks that only Unicode calls so
        return [json.loads(line) for line in file]


def _file(name: str) -> str:
    return f"sft/{name}.jsonl"


def _no_set(name: str, known: Sequence[str], out: Path) -> Diagnostic:
    if not name:
        return Diagnostic(code="MG720", message=f"`{out}` has no held-out set", help="give `test` a share in `partitions` of the recipe, and build again")
    there = ", ".join(f"`{each}`" for each in known) or "none"
    near = closest(name, known)
    why = f"`{name}` is a partition that training reads" if name in TRAINED else f"there is no `sft/{name}.jsonl`"
    return Diagnostic(code="MG720", message=f"`{out}` has no held-out set `{name}`", notes=(why,),
                      help=f"did you mean `{near}`?" if near else f"held-out sets here: {there}")


def _told(options: HeldOutOptions) -> dict[str, Any]:
    how = options.agent.sampling
    return {"user": options.user, "trials": options.trials, "conversations": options.conversations, "most_actions": options.most_actions,
            "temperature": how.temperature, "top_p": how.top_p, "max_tokens": options.agent.most_tokens}


def _conversation(trials: Sequence[Score]) -> dict[str, Any]:
    """What became of a conversation, trial by trial, so that two results can be compared pairwise."""
    first = trials[0]
    return {"id": first.row, "base": first.base, "successes": sum(one.success for one in trials),
            "trials": [{"success": one.success, "reference_calls": one.reference_calls, "recalled": one.recalled, "made": one.made,
                        "refused": one.refused, "malformed": one.malformed, "turns": [turn.document() for turn in one.verdicts]} for one in trials]}
