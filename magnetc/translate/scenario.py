"""Scenarios: the initial states that units are spread over, and one trajectory's session with a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from magnetc.ir import draw
from magnetc.ir.json import Json, digest
from magnetc.ir.pointer import expand
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.protocol import Outcome, Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld

MINT_RANGE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One initial state. `state` is what the world's `state()` returned; `initial` its digest."""

    variant: int
    state: Json
    initial: str
    profile: Json
    now: str

    def reset(self, seed: int) -> Reset:
        """The initial world, minting by `seed`."""
        return Reset(state=self.state, seed=seed, now=self.now, digest=self.initial)

    def values(self, patterns: Sequence[str]) -> dict[str, list[Json]]:
        """State values by pattern at the beginning."""
        return {pattern: [value for _, value in expand(self.state, pattern)] for pattern in patterns}


Place = int | Reset
"""Where programs may start: a snapshot's handle, or an initial world."""


async def make_scenario(world: PythonWorld, spec: Spec, variant: int) -> Scenario:
    """The initial state of one variant, as the world makes it from a seed of its own."""
    now = spec.recipe.world.now
    seed = draw.integer(0, MINT_RANGE, spec.recipe.seed, "variant", variant)
    made = await world.reset(Reset(seed=seed, now=now), full=True)
    await world.drop([made.handle])
    return Scenario(variant=variant, state=made.state, initial=digest(made.state), profile=made.profile, now=now)


def mint_seed(spec: Spec, base: str) -> int:
    """The seed that decides what a unit's calls mint: ids differ between conversations, not between copies."""
    return draw.integer(0, MINT_RANGE, spec.recipe.seed, "mint", base)


class WorldSession:
    """One unit's use of a world: snapshots are handles, dropped together at the end."""

    def __init__(self, world: PythonWorld, spec: Spec):
        self.world, self.spec = world, spec
        self.last_reason = ""
        self._handles: list[int] = []

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """Run programs, and remember the snapshots they kept."""
        outcomes = await self.world.run(run)
        self._handles += [outcome.handle for outcome in outcomes if outcome.handle is not None]
        return outcomes

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """Several runs in one round trip."""
        found = await self.world.run_all(runs)
        self._handles += [outcome.handle for outcomes in found for outcome in outcomes if outcome.handle is not None]
        return found

    async def first_success(self, start: Place, programs: Sequence[Sequence[Step]], patterns: Sequence[str], *,
                            keep: bool) -> tuple[Outcome | None, int]:
        """Run programs from `start` until one makes no error; its outcome and index, or (None, -1).

        Raises:
            MagnetError: MG602 when a tool hangs: what is dropped for lack of time would differ between machines.
        """
        run = Run(start=start, programs=programs, mode="first_success", keep=keep, query=tuple(patterns))
        outcomes = await self.run(run)
        best = outcomes[-1]
        if best.late:
            raise self.world.hangs(best.reason or "a tool did not return")
        if not best.ok:
            self.last_reason = best.reason or "error"
            return None, -1
        return best, len(outcomes) - 1

    async def close(self) -> None:
        """Forget this unit's snapshots."""
        await self.world.drop(self._handles)
        self._handles.clear()


def values_of(outcome: Outcome) -> dict[str, list[Json]]:
    """State values by pattern, without their pointers."""
    return {pattern: [value for _, value in found] for pattern, found in outcome.found.items()}
