"""Part of proof 6 that asks the world: what an agent declines cannot be had from what is offered, and what it knows still holds.

A refusal fails when some sequence of at most two offered calls comes to what the withheld calls come to: for a write, an
equivalent state; for a read, the same state and results that hold every value of its result. Arguments are the values
that the agent has seen, by type. At most `BUDGET` executions: what they do not exhaust counts as reached.

An answer out of context fails when the calls that gave it would now give something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from magnetc.distill.proofs.sourced import leaves_of
from magnetc.distill.proofs.unanswerable import abstentions
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json, canonical
from magnetc.ir.path import AbstentionKind
from magnetc.ir.pointer import expand, get
from magnetc.ir.signature import Effect, Parameter
from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, Ref, leaves
from magnetc.surface import occurs
from magnetc.teachers.conversation import entity_of
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent
from magnetc.tools.worlds.protocol import Outcome, Reset, Run, Step
from magnetc.tools.worlds.world import World

BUDGET = 200
"""The most executions for one refusal."""

Call = tuple[str, Mapping[str, Json]]
"""A tool and its arguments."""


async def check(view: ConversationView, spec: Spec, world: World, start: Reset, existing: frozenset[str]) -> list[str]:
    """What the world says against the abstentions of a row that begins in `start`; `existing` are the texts of its state."""
    problems = []
    for index, entry in abstentions(view).items():
        before = [call for call in view.calls if call.message < int(index)]
        match AbstentionKind(str(entry["kind"])):
            case AbstentionKind.NEAR | AbstentionKind.NONE:
                found = await _Refusal(view, spec, world, before, int(index), existing).problem(start, _calls(entry["would"]))
            case AbstentionKind.CONTEXT:
                found = await _stale(view, spec, world, start, before, entry["calls"])
            case _:
                found = None
        problems += [f"message {index} {found}"] if found else []
    return problems


def _calls(would: Any) -> list[Call]:
    return [(str(call["call"]), dict(call["arguments"])) for call in would]


async def _stale(view: ConversationView, spec: Spec, world: World, start: Reset, before: Sequence[CallView], names: Any) -> str | None:
    again = [view.calls[view.position[str(name)]] for name in names]
    steps = [Step(call=call.name, args=dict(call.arguments)) for call in (*before, *again)]
    (outcome,) = await world.run(Run(start=start, programs=[steps], stop_on_error=False))
    if list(outcome.results[len(before) :]) != [spec.steady(call.name, call.result) for call in again]:
        return "answers what no longer holds: asked again, the tools say something else"
    return None


@dataclass(slots=True)
class _Refusal:
    """The search for another way to what is declined. `before` are the calls made so far, `index` the refusal's message."""

    view: ConversationView
    spec: Spec
    world: World
    before: Sequence[CallView]
    index: int
    existing: frozenset[str]
    pool: list[tuple[str, Json]] = field(default_factory=list)
    tried: int = 0

    async def problem(self, start: Reset, would: Sequence[Call]) -> str | None:
        """Why the refusal does not hold, in words."""
        steps = [Step(call=call.name, args=dict(call.arguments)) for call in self.before]
        (now,) = await self.world.run(Run(start=start, programs=[steps], keep=True, observe="digest", stop_on_error=False))
        assert now.handle is not None
        try:
            return await self._problem(now.handle, now.observed, would)
        finally:
            await self.world.drop([now.handle])

    async def _problem(self, here: int, unchanged: Json, would: Sequence[Call]) -> str | None:
        (served,) = await self._run(here, [would], observe="digest")
        if served.error is not None or len(served.results) < len(would):
            return f"declines what cannot be done: {served.reason}"
        if unsaid := self._unsaid(would, served):
            return f"would be served with a value that nobody gave: {unsaid}"
        self._gather(would)
        writes = served.observed != unchanged
        wanted = _scalars(served.results[-1]) - {canonical(v) for _, args in would for v in args.values()} or _scalars(served.results[-1])
        known = {text for call in self.before for text in _scalars(call.result)}
        if not writes and wanted <= known:
            return "declines what earlier results say"
        reached = await (self._by_state(here, unchanged, would) if writes else self._by_results(here, wanted - known))
        return reached or ("cannot be proven: there are too many ways to try" if self.tried > BUDGET else None)

    async def _by_state(self, here: int, unchanged: Json, would: Sequence[Call]) -> str | None:
        """A way to an equivalent state, by one call or by two."""
        (goal,) = await self._run(here, [would], observe=True)
        reference = Execution(_made(would, goal), goal.observed)
        first = self._few(self._programs(self.pool, None))
        tellings = await self._run(here, [[call] for call in first], observe="digest")
        second = self._few(program for call, telling in zip(first, tellings) if telling.ok
                           for program in self._continued(call, telling.results[-1], Effect.WRITES))
        after = await self._run(here, second, observe="digest")
        changed = [[call] for call, telling in zip(first, tellings) if telling.ok and telling.observed != unchanged]
        changed += [program for program, telling in zip(second, after) if telling.ok and telling.observed != unchanged]
        for program, outcome in zip(changed, await self._run(here, changed, observe=True, counts=False)):
            if equivalent(reference, Execution(_made(program, outcome), outcome.observed), self.spec, self.existing):
                return f"declines what {' and '.join(f'`{name}`' for name, _ in program)} would do"
        return None

    async def _by_results(self, here: int, wanted: set[str]) -> str | None:
        """A way to results that hold `wanted`, by reads."""
        first = self._few(self._programs(self.pool, Effect.READS))
        tellings = await self._run(here, [[call] for call in first])
        second = self._few(program for call, telling in zip(first, tellings) if telling.ok and not wanted <= _told(telling)
                           for program in self._continued(call, telling.results[-1], Effect.READS))
        after = await self._run(here, second)
        for program, telling in zip([*([call] for call in first), *second], [*tellings, *after]):
            if telling.ok and wanted <= _told(telling):
                return f"declines what {' and '.join(f'`{name}`' for name, _ in program)} would tell"
        return None

    async def _run(self, here: int, programs: Sequence[Sequence[Call]], *, observe: Any = False,
                   counts: bool = True) -> tuple[Outcome, ...]:
        """The outcomes of programs from here, within the budget. One that does not return is one that was not tried."""
        self.tried += len(programs) if counts else 0
        if not programs or self.tried > BUDGET:
            return ()
        steps = [[Step(call=name, args=dict(arguments)) for name, arguments in program] for program in programs]
        outcomes = await self.world.run(Run(start=here, programs=steps, mode="all", observe=observe))
        if any(outcome.late for outcome in outcomes):
            self.tried = BUDGET + 1
        return outcomes

    def _few(self, programs: Iterable[Any]) -> list[Any]:
        """The programs, or one more of them than the budget allows."""
        return list(islice(programs, max(BUDGET - self.tried, 0) + 1))

    def _unsaid(self, would: Sequence[Call], served: Outcome) -> str | None:
        """An argument that stands in no message before the refusal, and in no result of the calls before it."""
        locale, now = str(self.view.certificate["locale"]), str(self.view.certificate["world"]["now"])
        texts = [message["content"] for message in self.view.messages[: self.index]]
        told: set[str] = set()
        for (name, arguments), result in zip(would, served.results):
            for at, value in leaves_of(arguments):
                entity = entity_of(self.spec.argument_type(name, at), self.spec)
                said = any(occurs(value, entity, locale, now, text) for text in texts)
                if not said and not _scalars(value) <= told:
                    return f"`{at}` of `{name}`"
            told |= _scalars(result)
        return None

    def _gather(self, would: Sequence[Call]) -> None:
        """The values that the agent has, by the names of their types: of the turn, of earlier calls, of the system message."""
        for name, arguments in would:
            self._add_arguments(name, arguments)
        for call in self.before:
            self._add_arguments(call.name, call.arguments)
            self._add_result(self.pool, call.name, call.result)
        for entity in self.spec.types:
            if entity.system and (value := _shown(self.view, entity.system)) is not None:
                self.pool.append((entity.name, value))
        self.pool = list({canonical([name, value]): (name, value) for name, value in self.pool}.values())

    def _add_arguments(self, name: str, arguments: Mapping[str, Json]) -> None:
        tool = self.spec.tool[name]
        for key, value in arguments.items():
            if parameter := tool.parameter(key):
                for pattern, ref in leaves(parameter.type):
                    self.pool += [(ref.name, found) for _, found in expand(value, pattern)]

    def _add_result(self, pool: list[tuple[str, Json]], name: str, result: Json) -> None:
        for pattern, ref in leaves(self.spec.tool[name].returns):
            pool += [(ref.name, value) for _, value in expand(result, pattern) if value is not None]

    def _programs(self, pool: Sequence[tuple[str, Json]], effect: Effect | None) -> Iterator[Call]:
        """Calls of offered tools with values of the pool, those of one effect, or all."""
        for name in self.view.offered:
            tool = self.spec.tool[name]
            if effect is not None and tool.effect is not effect:
                continue
            choices = [list(self._choices(parameter, pool)) for parameter in tool.parameters]
            for picked in product(*choices):
                yield name, {p.name: value for p, (given, value) in zip(tool.parameters, picked) if given}

    def _continued(self, call: Call, result: Json, effect: Effect) -> Iterator[list[Call]]:
        """The call and a second one, of some effect, that takes a value of its result."""
        new: list[tuple[str, Json]] = []
        self._add_result(new, call[0], result)
        known = {canonical(value) for _, value in self.pool}
        new = [(name, value) for name, value in new if canonical(value) not in known]
        fresh = {canonical(value) for _, value in new}
        for name, arguments in self._programs([*self.pool, *new], effect) if new else ():
            if any(text in fresh for value in arguments.values() for text in _scalars(value)):
                yield [call, (name, arguments)]

    def _choices(self, parameter: Parameter, pool: Sequence[tuple[str, Json]]) -> Iterator[tuple[bool, Json]]:
        """(given, value) for a parameter: the values of its type, those of a list that cannot be seen, or none."""
        if not parameter.required:
            yield False, None
        expr = parameter.type.items if isinstance(parameter.type, ListOf) else parameter.type
        entity = entity_of(expr, self.spec)
        table = self.spec.type_table
        if not isinstance(expr, Ref):
            return
        found = [value for name, value in pool if name == expr.name or table.unify(name, expr.name)]
        if not found and parameter.required and entity:
            found = list(entity.enum)
        for text in dict.fromkeys(map(canonical, found)):
            value = next(value for value in found if canonical(value) == text)
            yield True, [value] if isinstance(parameter.type, ListOf) else value


def _made(program: Iterable[Call], outcome: Outcome) -> list[Made]:
    """Calls of which no result is required: the state decides."""
    return [Made(name, dict(arguments), result, required=False) for (name, arguments), result in zip(program, outcome.results)]


def _told(outcome: Outcome) -> set[str]:
    return {text for result in outcome.results for text in _scalars(result)}


def _scalars(value: Json) -> set[str]:
    """The scalars of a JSON value, as text. Truth values say too little to be told apart."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in _scalars(item)}
    if isinstance(value, list):
        return {text for item in value for text in _scalars(item)}
    return set() if value is None or isinstance(value, bool) else {canonical(value)}


def _shown(view: ConversationView, pointer: str) -> Json:
    """What the system message shows at a pointer: the day, or a field of the user's data, which stands in it as JSON."""
    first = view.messages[0]
    if first["role"] != "system":
        return None
    if pointer == "/date":
        return str(view.certificate["world"]["now"])[:10]
    start = first["content"].find("{")
    try:
        profile, _ = json.JSONDecoder().raw_decode(first["content"][start:] if start >= 0 else "")
        return get({"profile": profile}, pointer)
    except (ValueError, LookupError):
        return None
