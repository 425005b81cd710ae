"""What is asked of a world and what it answers, typed. `worker.py` speaks the same shapes as JSON, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from magnetc.ir.json import Json

Pick = Literal["", "only", "least", "most"]
"""Which match of a pattern: `""` and `only` the single one, `least` and `most` by a sibling field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A value in the result of an earlier step of the same program.

    `at` is a pointer or a pattern. `by` names the field beside the value that `least` and `most` compare (numbers or
    text; empty: the value itself). No match, or a tie, fails the program with a reason.
    """

    step: int
    at: str
    pick: Pick = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call. `refs` fill leaves of `args`, by pointer.

    `instead` holds other values for some leaves of the arguments, by pointer: each set is tried on a copy of the world
    just before the call, and leaves no trace but its result.
    """

    call: str
    args: Mapping[str, Json] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    instead: Sequence[Mapping[str, Json]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """An initial world: from `state`, or when that is None made from `seed`. The same reset is made once.

    `digest` is that of `state`, if it is known: a worker is then sent the same state only once. `clutter` asks the new world to
    have more in its `state`, or in its `results`, or in both.
    """

    now: str
    seed: int = 0
    state: Json = None
    digest: str = ""
    clutter: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Programs, each on its own copy of the world behind `start` (a handle, or an initial world).

    `first_success` stops after the first program without an error; then only the last outcome tells of the world after
    it. `all` runs every program and every outcome tells. `observe` (in full, or its digest), `digest` and `query`
    (patterns into `state()`) ask about that world, `keep` holds it under a new handle.
    """

    start: int | Reset
    programs: Sequence[Sequence[Step]]
    mode: Literal["first_success", "all"] = "first_success"
    keep: bool = False
    observe: bool | Literal["digest"] = False
    digest: bool = False
    query: Sequence[str] = ()
    stop_on_error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """An initial world: its handle, the digest of its state and what `profile()` shows of the user.

    `state` is there when it was asked for.
    """

    handle: int
    state_digest: str
    profile: Json = None
    state: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one program did.

    `results` and `args` (resolved) have one entry for each call made; `at` says by pointer of the argument where in
    the earlier result its value was found. `error` is the index of the first step with an error result, or of the step
    whose call could not be made (then there is no result for it); `reason` says why in words. `instead` has the results
    of what was tried instead of a step, by its index. `late`: the program was stopped at the limit of time.
    """

    results: Sequence[Json]
    args: Sequence[Mapping[str, Json]]
    at: Sequence[Mapping[str, str]]
    error: int | None = None
    reason: str | None = None
    handle: int | None = None
    observed: Json = None
    digest: str | None = None
    found: Mapping[str, Sequence[tuple[str, Json]]] = field(default_factory=dict)
    instead: Mapping[int, Sequence[Json]] = field(default_factory=dict)
    late: bool = False

    @property
    def ok(self) -> bool:
        return self.error is None


_NOWHERE: Mapping[str, str] = {}


def reset_message(reset: Reset, known: set[str] | None = None) -> dict[str, Json]:
    """A reset on the wire. A state whose digest is in `known` is named by it; one sent for the first time is added."""
    message: dict[str, Json] = {"op": "reset", "seed": reset.seed, "now": reset.now}
    if reset.clutter:
        message["clutter"] = list(reset.clutter)
    if reset.digest and known is not None and reset.digest in known:
        return message | {"known": reset.digest}
    if reset.digest and known is not None:
        known.add(reset.digest)
    return message | {"state": reset.state}


def step_message(step: Step) -> dict[str, Json]:
    """One step on the wire; members at their default are left out."""
    message: dict[str, Json] = {"call": step.call, "args": step.args}
    if step.refs:
        message["refs"] = {pointer: {"step": ref.step, "at": ref.at, "pick": ref.pick, "by": ref.by}
                           for pointer, ref in step.refs.items()}
    if step.instead:
        message["instead"] = list(step.instead)
    return message


def run_message(run: Run, known: set[str] | None = None) -> dict[str, Json]:
    """A run on the wire, members at their default left out; `known` as in `reset_message`."""
    message: dict[str, Json] = {"op": "run", "programs": [[step_message(step) for step in steps] for steps in run.programs]}
    if run.mode != "first_success":
        message["mode"] = run.mode
    for name, asked in (("keep", run.keep), ("observe", run.observe), ("digest", run.digest), ("query", list(run.query))):
        if asked:
            message[name] = asked
    if not run.stop_on_error:
        message["stop_on_error"] = False
    if isinstance(run.start, Reset):
        message["reset"] = reset_message(run.start, known)
    else:
        message["handle"] = run.start
    return message


def outcomes(run: Run, reply: Sequence[dict[str, Json]]) -> tuple[Outcome, ...]:
    """The outcomes in a reply to `run`: one for each program tried, in order."""
    return tuple(_outcome(steps, answer) for steps, answer in zip(run.programs, reply))


def _outcome(steps: Sequence[Step], answer: dict[str, Json]) -> Outcome:
    results, get = answer["results"], answer.get
    if "args" in answer:
        args = [own if own is not None else step.args for step, own in zip(steps, answer["args"])]
        at = [each or _NOWHERE for each in answer["at"]]
    else:  # no step had a reference
        args = [step.args for step in steps[: get("made", len(results))]]
        at = [_NOWHERE] * len(args)
    return Outcome(
        results=results, args=args, at=at, error=get("error"), reason=get("reason"), handle=get("handle"), observed=get("observe"),
        digest=get("digest"), found=get("query", {}), late=get("late", False),
        instead={int(step): tried for step, tried in get("instead", {}).items()})
