"""A world as proofs see it: what is volatile in results is left out, so that it tells no two executions apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from magnetc.ir.spec import Spec
from magnetc.tools.worlds.protocol import Outcome, Run
from magnetc.tools.worlds.world import World


class SteadyWorld:
    """`world`, its results without what the types of `spec` call volatile. References are resolved before."""

    def __init__(self, world: World, spec: Spec):
        self._world, self._spec = world, spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """As the world's, the results steady."""
        return self._steady(run, await self._world.run(run))

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """As the world's, the results steady."""
        return [self._steady(run, outcomes) for run, outcomes in zip(runs, await self._world.run_all(runs))]

    def _steady(self, run: Run, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        steady = self._spec.steady
        return tuple(
            replace(outcome, results=[steady(step.call, result) for step, result in zip(steps, outcome.results)],
                    instead={number: [steady(steps[number].call, each) for each in tried] for number, tried in outcome.instead.items()})
            for steps, outcome in zip(run.programs, outcomes))


def steady_world(world: World, spec: Spec) -> World:
    """`world` without what is volatile in it; itself where nothing is."""
    return cast("World", SteadyWorld(world, spec)) if spec.volatile else world
