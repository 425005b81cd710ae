"""The prober: a value flow is proven when perturbing the value changes or breaks its consumer (after Magnet §3.1).

For each flow, in several worlds: execute the producer, take the value, execute the consumer with it, and with others in
its place, from the same snapshot. A consumer that reads is compared by its result and the state to the letter; one that
writes up to what it mints. The rehearsal before decides nothing: it is the same for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from magnetc.engine.local import in_order
from magnetc.ir import draw
from magnetc.ir.graph import Edge, ValueFlow
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand, get
from magnetc.ir.probed import Finding, ProbedFlow, declared_digest
from magnetc.ir.signature import Effect
from magnetc.ir.spec import Spec
from magnetc.passes.context import CompileContext
from magnetc.probe.perturb import perturbed
from magnetc.probe.rehearsal import Bound, Rehearsal, Stuck, fitted, invented_in
from magnetc.teachers.offline.constraints import satisfied
from magnetc.teachers.offline.entries import some_entry_fits
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent, texts_in
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.protocol import Outcome, Run, Step
from magnetc.tools.worlds.steady import steady_world
from magnetc.tools.worlds.world import World
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import MINT_RANGE, Scenario

TRIES = 8
"""Worlds in which a flow is tried, at most: the first that proves it ends the search."""

LEAST = 3
"""Worlds in which the consumer has to run, and perturbed values that make no difference, before a flow is refuted."""

AGAIN = 3
"""Draws of the consumer's other arguments until it accepts the real value."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One try: how many perturbed values ran, whether one made a difference, and which arguments were invented.

    With invented arguments a difference still proves; that there is none says little of values that are good.
    """

    perturbed: int
    differs: bool
    invented: tuple[str, ...] = ()


async def probe_graph(context: CompileContext, scenarios: Sequence[Scenario], pool: WorldPool,
                      jobs: int) -> AsyncIterator[ProbedFlow]:
    """What is found of every value flow of the graph, in its order. `context` must not leave out refuted flows."""
    prober = Prober(context, tuple(scenarios))

    async def work(place: tuple[Edge, ValueFlow]) -> ProbedFlow:
        async with pool.world() as started:
            world = steady_world(started, context.spec)
            return await prober.probe(place[0].source, place[0].target, place[1], world)

    places = ((edge, flow) for edge in context.graph.edges for flow in edge.values)
    async for found in in_order(places, work, jobs * 2):
        yield found


@dataclass(frozen=True, slots=True)
class Prober:
    """Probes flows of a graph. `scenarios` are the initial states, by variant."""

    context: CompileContext
    scenarios: tuple[Scenario, ...]

    async def probe(self, source: str, target: str, flow: ValueFlow, world: World) -> ProbedFlow:
        """What executing `source` and `target` says of `flow`. Raises MagnetError when a tool hangs or the worker dies."""
        spec = self.context.spec
        probed = ProbedFlow(source=source, target=target, flow=flow, finding=Finding.UNTRIED,
                            declares=declared_digest(spec.tool[source], spec.tool[target], spec.type_table))
        trials: list[Trial] = []
        reasons: Counter[str] = Counter()
        for number in range(TRIES):
            try:
                trials.append(await self._try(source, target, flow, number, world))
            except Stuck as stuck:
                reasons[str(stuck)] += 1
            if trials and trials[-1].differs:
                return replace(probed, finding=Finding.PROVEN, tries=len(trials))
        sound = [trial for trial in trials if not trial.invented]
        ran = sum(trial.perturbed for trial in sound)
        if min(ran, len(sound)) >= LEAST:
            return replace(probed, finding=Finding.REFUTED, tries=len(trials))
        reasons.update(f"no difference, but {trial.invented[0]} was made up" for trial in trials if trial.invented)
        few = f"no difference, but only {ran} other values ran"
        return replace(probed, tries=len(trials), reason=reasons.most_common(1)[0][0] if reasons else few)

    async def _try(self, source: str, target: str, flow: ValueFlow, number: int, world: World) -> Trial:
        seed = self.context.spec.recipe.seed
        key = (seed, "probe", source, target, flow.pointer, flow.parameter, number)
        scenario = self.scenarios[number % len(self.scenarios)]
        rehearsal = Rehearsal(self.context, world, scenario, draw.integer(0, MINT_RANGE, *key, "mint"), key,
                              adventurous=number > 0, inventive=number >= TRIES // 2)
        if number % 2 == 0 and self.context.spec.tool[source].parameters:
            with suppress(Stuck):  # once more before, so that the world holds another value that is as good
                await rehearsal.call(source)
        result = await rehearsal.call(source)
        producer = len(rehearsal.steps) - 1
        found = [(at, value) for at, value in expand(result, flow.pointer) if value is not None]
        if not found:
            raise Stuck(f"the result of `{source}` has nothing at `{flow.pointer}`")
        beside = [value for made in rehearsal.made if made.function == source
                  for _, value in expand(made.result, flow.pointer)]
        at, value = draw.choose(found, *key, "value", name=lambda item: item[0])
        reminted = await _reminted(rehearsal, producer, at)
        parameter = self.context.spec.tool[target].parameter(flow.parameter)
        assert parameter is not None
        reason = ""
        for again in range(AGAIN):
            arguments = await rehearsal.arguments(target, {flow.parameter: fitted(parameter.type, value)}, again=again)
            others = self._others(target, flow, arguments, beside, reminted, rehearsal)
            trial = await self._compare(target, flow, arguments, others, rehearsal)
            if isinstance(trial, Trial):
                return trial
            reason = trial
        raise Stuck(f"`{target}` answers: {reason}")

    def _others(self, target: str, flow: ValueFlow, arguments: dict[str, Bound], beside: list[Json], reminted: Json,
                rehearsal: Rehearsal) -> list[Json]:
        """Perturbed values that the target's `where` allows."""
        tool = self.context.spec.tool[target]
        parameter = tool.parameter(flow.parameter)
        assert parameter is not None
        literal = {name: bound.value for name, bound in arguments.items()}
        minted = None if reminted is None else fitted(parameter.type, reminted).value
        others = perturbed(literal[flow.parameter], beside, minted, parameter.type, rehearsal)
        state = rehearsal.conversation.state
        changed = [{**literal, flow.parameter: other} for other in others]
        return [other for other, each in zip(others, changed) if satisfied(tool, each) and some_entry_fits(tool, each, state)]

    async def _compare(self, target: str, flow: ValueFlow, arguments: dict[str, Bound], others: list[Json],
                       rehearsal: Rehearsal) -> Trial | str:
        """Run the consumer with the real value, twice, and with each other. The error that the real one gives, if it does."""
        literal = {name: bound.value for name, bound in arguments.items()}
        given = [literal, literal, *({**literal, flow.parameter: other} for other in others)]
        run = Run(start=rehearsal.place, programs=[[Step(call=target, args=each)] for each in given], mode="all",
                  observe=True)
        real, again, *outcomes = await run_in_time(rehearsal.world, run)
        if not real.ok:
            return real.reason or "an error"
        spec = self.context.spec
        known = texts_in([literal, others, [made.result for made in rehearsal.made]])
        if _differ(target, (literal, real), (literal, again), spec, known):
            raise Stuck(f"`{target}` does not give the same result twice")
        differs = any(_differ(target, (literal, real), (each, outcome), spec, known)
                      for each, outcome in zip(given[2:], outcomes))
        return Trial(len(others), differs, (*rehearsal.invented, *invented_in(target, arguments)))


async def _reminted(rehearsal: Rehearsal, producer: int, at: str) -> Json:
    """The value that the producer returns under another seed; None when it cannot be had."""
    start = rehearsal.scenario.reset(rehearsal.seed + 1)
    (outcome,) = await run_in_time(rehearsal.world, Run(start=start, programs=[rehearsal.steps[: producer + 1]]))
    try:
        return get(outcome.results[producer], at) if outcome.ok else None
    except LookupError:
        return None


def _differ(target: str, real: tuple[dict[str, Any], Outcome], other: tuple[dict[str, Any], Outcome], spec: Spec,
            known: frozenset[str]) -> bool:
    """Whether two executions of the consumer differ in error, result or state.

    What a tool that writes mints is renamed, unless it was `known` before. A tool that reads mints nothing.
    """
    if real[1].ok != other[1].ok:
        return True
    one, two = (Execution([Made(target, arguments, outcome.results[0])], outcome.observed) for arguments, outcome in (real, other))
    if spec.tool[target].effect is Effect.WRITES:
        return not equivalent(one, two, spec, known)
    return one.made[0].result != two.made[0].result or one.observed != two.observed
