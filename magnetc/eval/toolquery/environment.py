"""Where the tasks are done: in the world of `specs/toolquery`, or in the nets of papers and authors that AgentBoard has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from magnetc.build.worlds import recipe_pool
from magnetc.diagnostics import MagnetError, Sink
from magnetc.eval.toolquery.agentboard import AcademiaNets, read_nets
from magnetc.eval.toolquery.episode import ENDING, PLACES, REMINDER, SYSTEM, Attempt, Episode
from magnetc.eval.toolquery.tasks import FAMILIES, RECIPE, Task
from magnetc.frontend.load import load
from magnetc.ir.json import Json, digest, wire
from magnetc.ir.schema import tool_schema
from magnetc.ir.spec import Spec
from magnetc.source.resources import resource
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.protocol import Reset, Run, Step
from magnetc.tools.worlds.world import World

COMMON = "answer"
"""The category of the tools that every family has."""


class Environment(Protocol):
    """Executes what agents call."""

    async def execute(self, calls: Sequence[tuple[Episode, Sequence[Attempt]]]) -> None:
        """Execute the attempts of each task in order, after what was made in it before, and fill in results."""
        ...


class Tools:
    """What agents are offered: the tools of the recipe, by family."""

    def __init__(self, spec: Spec):
        self._spec = spec

    def of(self, family: str) -> tuple[dict[str, frozenset[str]], str]:
        """Names with required parameters, and the JSON that is shown."""
        tools = [tool for tool in self._spec.tools if tool.category in (family, COMMON)]
        required = {tool.name: frozenset(parameter.name for parameter in tool.parameters if parameter.required) for tool in tools}
        return required, wire([tool_schema(tool, self._spec.type_table) for tool in tools])

    def digest(self) -> str:
        """Of all that agents are shown beside goals and results: names and descriptions of tools, and what the system message says."""
        return digest([SYSTEM, PLACES, ENDING, REMINDER, *(self.of(family)[1] for family in FAMILIES)])[:12]


def own_spec() -> Spec:
    """The recipe `specs/toolquery`. Raises MagnetError with what is wrong with it."""
    sink = Sink()
    spec = load(resource("specs", RECIPE), sink, IMPORTERS)
    if spec is None:
        raise MagnetError(*sink.diagnostics)
    return spec


class OwnWorld:
    """The world of the recipe. Nothing of a task is held in it: its calls are replayed."""

    def __init__(self, pool: WorldPool, now: str):
        self._pool, self._now = pool, now
        self._state: dict[str, Json] = {}

    async def execute(self, calls: Sequence[tuple[Episode, Sequence[Attempt]]]) -> None:
        async with self._pool.world() as world:
            runs = [Run(start=await self._start(world, episode.task), stop_on_error=False,
                        programs=[[Step(call=each.name, args=each.arguments) for each in (*episode.made, *attempts)]]) for episode, attempts in calls]
            outcomes = await world.run_all(runs)
        for (episode, attempts), (outcome,) in zip(calls, outcomes):
            if outcome.late:
                raise world.hangs(str(outcome.reason))
            for attempt, result in zip(attempts, outcome.results[len(episode.made) :], strict=True):
                attempt.result, attempt.failed = result, isinstance(result, dict) and "error" in result

    async def _start(self, world: World, task: Task) -> Reset:
        if not self._state:
            made = (await world.reset(Reset(now=self._now), full=True)).state
            assert isinstance(made, dict)
            self._state = made
        state = {**self._state, **task.init, "family": task.family}
        return Reset(now=self._now, state=state, digest=digest(state))


class AgentBoardWorld:
    """AgentBoard's nets, each task with what it has loaded of them."""

    def __init__(self, nets: AcademiaNets):
        self._nets = nets

    async def execute(self, calls: Sequence[tuple[Episode, Sequence[Attempt]]]) -> None:
        for episode, attempts in calls:
            made = list(episode.made)
            for attempt in attempts:
                loaded = {each.name for each in made if not each.failed}
                attempt.result, attempt.failed = self._nets.call(attempt.name, attempt.arguments, loaded)
                made.append(attempt)


@asynccontextmanager
async def environment(data: Path | None, spec: Spec, announce: Callable[[str], None]) -> AsyncIterator[Environment]:
    """The world of the recipe, or what is in `data` of AgentBoard. Raises MagnetError: MG707 for data that is not there or not as it should be."""
    if data is not None:
        yield AgentBoardWorld(read_nets(data))
        return
    pool = recipe_pool(spec.recipe, resource("specs", RECIPE), announce, 1)
    try:
        yield OwnWorld(pool, spec.recipe.world.now)
    finally:
        await pool.close()
