"""Runs whose time is part of what is asked."""

from __future__ import annotations

from magnetc.tools.worlds.protocol import Outcome, Run
from magnetc.tools.worlds.world import World


async def run_in_time(world: World, run: Run) -> tuple[Outcome, ...]:
    """The outcomes of a run.

    Raises:
        MagnetError: MG602 when a tool hangs: what is dropped for lack of time would differ between machines.
    """
    outcomes = await world.run(run)
    if outcomes[-1].late:
        raise world.hangs(outcomes[-1].reason or "a tool did not return")
    return outcomes
