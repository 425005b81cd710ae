"""Behaviour: what tools do when they are called in the recipe's world, with arguments that are likely to suit them, and with others.

Every tool is called in several initial worlds, what it needs first. All these calls are made once more by other workers: what then
differs is not decided by the seed. The state is compared before and after, since a tool that reads leaves it as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from magnetc.engine.local import in_order
from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.neighbour import neighbour
from magnetc.ir.observed import observed_schema
from magnetc.passes.context import CompileContext
from magnetc.probe.rehearsal import Rehearsal, Stuck
from magnetc.teachers.conversation import entity_of
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.protocol import Run, Step
from magnetc.tools.worlds.world import World
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import MINT_RANGE, Place, Scenario

TRIES = 6
"""Worlds in which a tool is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call that succeeded: the steps that led to it, itself last, from `start`, and its result."""

    start: Place
    steps: tuple[Step, ...]
    result: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What was seen of one tool.

    `refused` are error results, of arguments that were meant to suit it and of some that were not. `unsteady` are the places of its result that
    differ between two runs of the same calls; `writes`: the observable state was another after a call. `stuck` says why it was never called.
    """

    tool: str
    called: tuple[Called, ...] = ()
    refused: tuple[Json, ...] = ()
    unsteady: tuple[str, ...] = ()
    writes: bool = False
    stuck: str = ""

    @property
    def results(self) -> list[Json]:
        return [each.result for each in self.called]

    def entry(self) -> dict[str, Json]:
        """The entry of the tool in `magnetc.lock`, under `behaviour`."""
        return {
            "calls": len(self.called),
            "returns": observed_schema(self.results) if self.called else {},
            "errors": observed_schema(self.refused) if self.refused else {},
            "writes": self.writes,
            **({"unsteady": list(self.unsteady)} if self.unsteady else {}),
            **({"stuck": self.stuck} if self.stuck else {}),
        }


async def observe_tools(
    context: CompileContext, scenarios: Sequence[Scenario], pool: WorldPool, again: WorldPool, jobs: int
) -> AsyncIterator[Behaviour]:
    """The behaviour of each tool of the recipe, in its order; `again` has other workers than `pool`."""
    observer = _Observer(context, tuple(scenarios))

    async def work(tool: str) -> Behaviour:
        async with pool.world() as world:
            first = await observer.observe(tool, world)
        async with again.world() as world:
            return await observer.repeat(first, world)

    async for found in in_order(context.spec.tool, work, jobs * 2):
        yield found


@dataclass(frozen=True, slots=True)
class _Observer:
    context: CompileContext
    scenarios: tuple[Scenario, ...]

    async def observe(self, tool: str, world: World) -> Behaviour:
        """Call the tool in several worlds."""
        called: list[Called] = []
        refused: list[Json] = []
        reasons: Counter[str] = Counter()
        for number in range(TRIES):
            key = (self.context.spec.recipe.seed, "behaviour", tool, number)
            scenario = self.scenarios[number % len(self.scenarios)]
            rehearsal = Rehearsal(
                self.context,
                world,
                scenario,
                draw.integer(0, MINT_RANGE, *key, "mint"),
                key,
                adventurous=number > 0,
                inventive=number >= TRIES // 2,
            )
            start = rehearsal.place
            try:
                result = await rehearsal.call(tool)
            except Stuck as stuck:
                reasons[str(stuck)] += 1
                continue
            called.append(Called(start=start, steps=tuple(rehearsal.steps), result=result))
            refused += await self._refused(called[-1], world)
        stuck = reasons.most_common(1)[0][0] if reasons and not called else ""
        return Behaviour(tool=tool, called=tuple(called), refused=tuple(refused), stuck=stuck)

    async def _refused(self, call: Called, world: World) -> list[Json]:
        """Error results of the same call with one argument that is near the one that suits it."""
        last = call.steps[-1]
        signature = self.context.spec.tool[last.call]
        programs: list[list[Step]] = []
        for parameter in signature.parameters:
            if parameter.name in last.args:
                other = neighbour(last.args[parameter.name], entity_of(parameter.type, self.context.spec))
                if other is not None:
                    programs.append([*call.steps[:-1], Step(call=last.call, args={**last.args, parameter.name: other})])
        if not programs:
            return []
        outcomes = await world.run(Run(start=call.start, programs=programs, mode="all"))
        return [
            outcome.results[-1]
            for outcome, steps in zip(outcomes, programs)
            if not outcome.ok and outcome.error == len(steps) - 1 and len(outcome.results) == len(steps)
        ]

    async def repeat(self, first: Behaviour, world: World) -> Behaviour:
        """Make the calls once more, and look at the state around each."""
        unsteady: dict[str, None] = {}
        writes = False
        for call in first.called:
            programs = [list(call.steps[:-1]), list(call.steps)] if len(call.steps) > 1 else [list(call.steps)]
            outcomes = await run_in_time(world, Run(start=call.start, programs=programs, mode="all", observe="digest"))
            last = outcomes[-1]
            one, other = (self.context.spec.steady(first.tool, each) for each in (call.result, last.results[-1]))
            unsteady |= dict.fromkeys(differing(one, other) if last.ok else [""])
            if len(outcomes) == 2 and outcomes[0].ok and last.ok:
                writes |= outcomes[0].observed != last.observed
            elif last.ok:
                writes |= await self._began_as(call.start, world) != last.observed
        return Behaviour(
            tool=first.tool, called=first.called, refused=first.refused, unsteady=tuple(unsteady), writes=writes, stuck=first.stuck
        )

    async def _began_as(self, start: Place, world: World) -> Json:
        """The digest of what is observed before any call."""
        (outcome,) = await world.run(Run(start=start, programs=[[]], mode="all", observe="digest"))
        return outcome.observed


def differing(one: Json, other: Json, at: str = "") -> Iterator[str]:
    """Pointer patterns of where two results differ; the items of lists are `*`."""
    match one, other:
        case dict(), dict() if one.keys() == other.keys():
            for name in one:
                yield from differing(one[name], other[name], f"{at}/{name}")
        case list(), list() if len(one) == len(other):
            yield from dict.fromkeys(found for mine, theirs in zip(one, other) for found in differing(mine, theirs, f"{at}/*"))
        case _:
            if one != other or type(one) is not type(other):
                yield at


def behaviour_section(world: str, found: Iterable[Behaviour]) -> dict[str, Json]:
    """The part `behaviour` of `magnetc.lock`; `world` is the digest of the code that ran."""
    return {"world": world, "tools": {each.tool: each.entry() for each in found}}
