"""Worlds of one live copy that goes from place to place: handles, programs and references on top of what a ground can do.

For worlds that are no objects in a worker: servers, services, tables. A ground knows points, which never change, how to go to
one, and how to make one call where it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json, digest, wire
from magnetc.ir.pointer import expand
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.protocol import Initial, Outcome, Reset, Run, Step
from magnetc.tools.worlds.worker import Unresolved, pick, put
from magnetc.tools.worlds.world import Levels

Point = TypeVar("Point")
TRIES = 4
"""How often a program is begun anew when what is behind the world dies under it."""


class Died(Exception):
    """What is behind the ground is gone, with words that say how. The program is begun again, on another."""


class Late(Exception):
    """A call did not return in time."""


class Ground(Protocol[Point]):
    """One live copy. `call` gives errors as values `{"error": …}`; `go` and `call` raise Died, `call` raises Late."""

    levels: Levels
    has: Sequence[str]

    def profile(self, point: Point) -> Json: ...

    def check(self, tools: Iterable[FunctionSignature]) -> None: ...

    async def initial(self, reset: Reset) -> Point: ...

    async def go(self, point: Point) -> None: ...

    async def mark(self) -> Point: ...

    async def call(self, name: str, arguments: dict[str, Any]) -> Json: ...

    def state(self, point: Point) -> Json: ...

    def observed(self, point: Point) -> Json: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Told:
    """What a program has done so far; `late` when it was stopped."""

    results: list[Json] = field(default_factory=list)
    args: list[dict[str, Json]] = field(default_factory=list)
    at: list[dict[str, str]] = field(default_factory=list)
    instead: dict[int, list[Json]] = field(default_factory=dict)
    error: int | None = None
    reason: str | None = None
    late: bool = False

    def fail(self, number: int, reason: str) -> None:
        """Note the first failure."""
        if self.error is None:
            self.error, self.reason = number, reason


class GroundWorld(Generic[Point]):
    """A world on a ground, as `world.py` describes it."""

    def __init__(self, spec: WorldSpec, ground: Ground[Point]):
        self.spec, self.ground = spec, ground
        self.levels, self.has = ground.levels, ground.has
        self._points: dict[int, Point] = {}
        self._next = 1

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MG603, MG609 for tools that the ground does not have, or not so."""
        self.ground.check(tools)

    async def reset(self, reset: Reset, *, full: bool = False) -> Initial:
        """An initial world under a new handle."""
        point = await self._initial(reset)
        state = self.ground.state(point)
        return Initial(handle=self._hold(point), state_digest=digest(state), profile=self.ground.profile(point),
                       state=state if full else None)

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """Each program from the run's start, one after the other."""
        start = await self._initial(run.start) if isinstance(run.start, Reset) else self._point(run.start)
        found: list[Outcome] = []
        for number, steps in enumerate(run.programs):
            told, point = await self._program(start, steps, run)
            last = told.error is None or told.late or number == len(run.programs) - 1
            found.append(self._outcome(told, point if last or run.mode == "all" else None, run))
            if run.mode == "first_success" and last:
                break
        return tuple(found)

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """One after the other: there is one live copy."""
        return [await self.run(run) for run in runs]

    async def state(self, handle: int) -> Json:
        """The full state behind `handle`."""
        return self.ground.state(self._point(handle))

    async def drop(self, handles: Iterable[int] | None = None) -> int:
        """Forget some handles, or all."""
        for handle in list(self._points) if handles is None else handles:
            self._points.pop(handle, None)
        return len(self._points)

    def drop_all(self) -> None:
        """Forget all handles."""
        self._points.clear()

    def hangs(self, text: str) -> MagnetError:
        """MG602 for a tool that does not return."""
        return self._dead(f"hangs: {text}", "look at what that tool waits for")

    async def close(self) -> None:
        """End what is behind the world."""
        await self.ground.close()

    async def _initial(self, reset: Reset) -> Point:
        how = ""
        for _ in range(TRIES):
            try:
                return await self.ground.initial(reset)
            except Died as died:
                how = str(died)
        raise self._dead(f"dies again and again while it is made: {how}")

    async def _program(self, start: Point, steps: Sequence[Step], run: Run) -> tuple[_Told, Point | None]:
        """Run a program, and where it ends if that is asked; begun anew when what is behind the world dies under it."""
        how = ""
        for _ in range(TRIES):
            told = _Told()
            try:
                await self.ground.go(start)
                await self._steps(steps, told, run.stop_on_error)
                asked = run.keep or run.observe or run.digest or run.query
                return told, await self.ground.mark() if asked and not told.late else None
            except Died as died:
                how = str(died)
        called = ", ".join(dict.fromkeys(f"`{step.call}`" for step in steps))
        raise self._dead(f"dies again and again during {called or 'its start'}: {how}")

    async def _steps(self, steps: Sequence[Step], told: _Told, stop_on_error: bool) -> None:
        for number, step in enumerate(steps):
            try:
                await self._step(number, step, told)
            except Unresolved as error:
                told.fail(number, f"`{step.call}`: {error}")
                return
            except Late as late:
                told.late = True
                told.fail(number, str(late))
                told.results.append({"error": str(late)})
                return
            if told.error is not None and stop_on_error:
                return

    async def _step(self, number: int, step: Step, told: _Told) -> None:
        arguments, places = deepcopy(dict(step.args)), {}
        for pointer, ref in step.refs.items():
            if not 0 <= ref.step < len(told.results):
                raise Unresolved(f"step {ref.step} has no result yet")
            places[pointer], value = pick(told.results[ref.step], {"at": ref.at, "pick": ref.pick, "by": ref.by})
            put(arguments, pointer, deepcopy(value))
        told.args.append(arguments)
        told.at.append(places)
        if step.instead:
            told.instead[number] = await self._instead(step, arguments)
        result = await self.ground.call(step.call, arguments)
        told.results.append(result)
        if isinstance(result, dict) and "error" in result:
            told.fail(number, result["error"] if isinstance(result["error"], str) else wire(result["error"]))

    async def _instead(self, step: Step, arguments: dict[str, Any]) -> list[Json]:
        """The results of the call with other leaves, each from where the program is."""
        here, found = await self.ground.mark(), []
        for leaves in step.instead:
            other = deepcopy(arguments)
            for pointer, value in leaves.items():
                put(other, pointer, value)
            found.append(await self.ground.call(step.call, other))
            await self.ground.go(here)
        return found

    def _outcome(self, told: _Told, point: Point | None, run: Run) -> Outcome:
        outcome: dict[str, Any] = {}
        if point is not None:
            state = self.ground.state(point) if run.digest or run.query else None
            observed = self.ground.observed(point) if run.observe else None
            outcome = {"handle": self._hold(point) if run.keep else None, "digest": digest(state) if run.digest else None,
                       "observed": digest(observed) if run.observe == "digest" else observed,
                       "found": {pattern: list(expand(state, pattern)) for pattern in run.query}}
        return Outcome(results=told.results, args=told.args, at=told.at, error=told.error, reason=told.reason,
                       instead=told.instead, late=told.late, **outcome)

    def _hold(self, point: Point) -> int:
        self._points[self._next] = point
        self._next += 1
        return self._next - 1

    def _point(self, handle: int) -> Point:
        if handle not in self._points:
            raise self._dead(f"lost its snapshots: there is no snapshot {handle}")
        return self._points[handle]

    def _dead(self, text: str, help: str | None = None) -> MagnetError:
        primary = Label(self.spec.origin.child(self.spec.kind)) if self.spec.origin.file else None
        return MagnetError(Diagnostic(code="MG602", message=f"the world `{self.spec.title}` {text}", primary=primary, help=help))


def told_as_json(text: str) -> Json:
    """A text result as JSON where it is an object or a list, else under `text`."""
    stripped = text.lstrip()
    if stripped[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return {"text": text}
