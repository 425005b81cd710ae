"""Scenarios: the initial states that units are spread over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from magnetc.ir import draw
from magnetc.ir.json import Json, digest
from magnetc.ir.pointer import expand
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.protocol import Outcome, Reset
from magnetc.tools.worlds.world import World

MINT_RANGE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One initial state. `state` is what the world's `state()` returned; `initial` its digest; `clutter` what it has more of."""

    variant: int
    state: Json
    initial: str
    profile: Json
    now: str
    clutter: tuple[str, ...] = ()

    def reset(self, seed: int) -> Reset:
        """The initial world, minting by `seed`."""
        return Reset(state=self.state, seed=seed, now=self.now, digest=self.initial)

    def values(self, patterns: Sequence[str]) -> dict[str, list[Json]]:
        """State values by pattern at the beginning."""
        return {pattern: [value for _, value in expand(self.state, pattern)] for pattern in patterns}


Place = int | Reset
"""Where programs may start: a snapshot's handle, or an initial world."""


async def make_scenario(world: World, spec: Spec, variant: int, clutter: tuple[str, ...] = ()) -> Scenario:
    """The initial state of one variant, as the world makes it from a seed of its own."""
    now = spec.recipe.world.now
    seed = draw.integer(0, MINT_RANGE, spec.recipe.seed, "variant", variant)
    made = await world.reset(Reset(seed=seed, now=now, clutter=clutter), full=True)
    await world.drop([made.handle])
    return Scenario(variant=variant, state=made.state, initial=digest(made.state), profile=made.profile, now=now,
                    clutter=clutter)


def mint_seed(spec: Spec, base: str) -> int:
    """The seed that decides what a unit's calls mint: ids differ between conversations, not between copies."""
    return draw.integer(0, MINT_RANGE, spec.recipe.seed, "mint", base)


def values_of(outcome: Outcome) -> dict[str, list[Json]]:
    """State values by pattern, without their pointers."""
    return {pattern: [value for _, value in found] for pattern, found in outcome.found.items()}
