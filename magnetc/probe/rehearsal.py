"""A rehearsal: calls made one by one in a world of their own, each with arguments that make it likely to succeed.

What a user gives is drawn from its type, as the offline teacher draws it; what the system message shows is taken from
there; what only tools give is taken from an earlier result, or from a producer that is called first. What nobody is
declared to give is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import SignaturePath
from magnetc.ir.pointer import expand, get
from magnetc.ir.signature import Effect, FunctionSignature
from magnetc.ir.types import ListOf, Record, TypeExpr
from magnetc.passes.context import CompileContext, ParameterInfo
from magnetc.probe.invent import invented
from magnetc.source.origin import escape
from magnetc.teachers.conversation import Conversation, state_patterns
from magnetc.teachers.offline.constraints import satisfied
from magnetc.teachers.offline.entries import agreeing, draw_entry, some_entry_fits
from magnetc.teachers.offline.values import draw_argument
from magnetc.tools.worlds.equivalence import Made
from magnetc.tools.worlds.protocol import Ref, Run, Step
from magnetc.tools.worlds.world import World
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import Place, Scenario, values_of

DEPTH = 3
"""Producers of producers that are called first, at most."""

CALLS = 30
"""Calls of one rehearsal, failed ones included."""

PRODUCERS = 2
"""Producers tried for one value."""

REDRAWS = 4
"""Draws until arguments meet the tool's `where`, and until it accepts them."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An argument's value; `ref` says where in an earlier result of the rehearsal it, or its only item, was found."""

    value: Json
    ref: Ref | None = None
    is_item: bool = False
    is_invented: bool = False


class Stuck(Exception):
    """A call that cannot be made, with words that say why."""


@dataclass(slots=True)
class Rehearsal:
    """Calls in one initial world. `key` decides every draw; `steps` repeat the calls, `made` says what they did.

    `adventurous`: optional arguments are given now and then. `inventive`: what neither users nor the system message give is
    invented even where a tool could give it. `invented` names the arguments of the calls made that were.
    """

    context: CompileContext
    world: World
    scenario: Scenario
    seed: int
    key: tuple[object, ...]
    adventurous: bool = False
    inventive: bool = False
    place: Place = field(init=False)
    conversation: Conversation = field(init=False)
    steps: list[Step] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        spec = self.context.spec
        self.place = self.scenario.reset(self.seed)
        path = SignaturePath(id="", base="", name="", locale=self.context.locales[0], variant=self.scenario.variant,
                             turns=())
        state = self.scenario.values(self._patterns)
        self.conversation = Conversation(spec, path, self.scenario.now, self.scenario.profile, state)

    @property
    def _patterns(self) -> tuple[str, ...]:
        return state_patterns(self.context.spec, self.context.spec.tool)

    async def call(self, tool: str, above: tuple[str, ...] = ()) -> Json:
        """Call `tool` and return its result; what it needs is called first. `above` are the tools that wait for it.

        Raises:
            Stuck: when its arguments cannot be had, or it answers with an error.
        """
        reason, tried = "", []
        for again in range(REDRAWS):
            arguments = await self.arguments(tool, {}, above, again)
            if arguments in tried:
                continue
            tried.append(arguments)
            reason = await self._make(tool, arguments)
            if reason is None:
                return self.made[-1].result
        raise Stuck(f"`{tool}` answers: {reason}")

    async def _make(self, tool: str, arguments: Mapping[str, Bound]) -> str | None:
        """Make a call; None, or the error it answers with."""
        if self.calls >= CALLS:
            raise Stuck(f"`{tool}` needs too many calls before it")
        self.calls += 1
        literal = {name: bound.value for name, bound in arguments.items()}
        writes = self.context.spec.tool[tool].effect is Effect.WRITES
        run = Run(start=self.place, programs=[[Step(call=tool, args=literal)]], keep=True,
                  query=self._patterns if writes else ())
        (outcome,) = await run_in_time(self.world, run)
        if not outcome.ok or outcome.handle is None:
            return outcome.reason or "an error"
        self.place = outcome.handle
        if writes:
            self.conversation.state = values_of(outcome)
        self.steps.append(step_of(tool, arguments))
        self.made.append(Made(tool, literal, outcome.results[0]))
        self.invented += invented_in(tool, arguments)
        return None

    async def arguments(self, tool: str, given: Mapping[str, Bound], above: tuple[str, ...] = (),
                        again: int = 0) -> dict[str, Bound]:
        """Arguments for `tool`, those of `given` as they are. Its prerequisites, and producers of values, are called.

        With another `again` others are drawn.

        Raises:
            Stuck: when a required argument cannot be had.
        """
        for order in self.context.prerequisites:
            if order.after == tool and order.before not in (made.function for made in self.made):
                await self._first(order.before, tool, above)
        signature = self.context.spec.tool[tool]
        found: dict[str, Bound] = {}
        for redraw in range(REDRAWS):
            found = {}
            drawn = self._entries(signature, given, redraw)
            for parameter in self.context.whole_parameters[tool]:
                bound = drawn.get(parameter.name) or given.get(parameter.name) or await self._bind(tool, parameter, above, again * REDRAWS + redraw)
                if bound is not None:
                    found[parameter.name] = bound
            values = {name: bound.value for name, bound in found.items()}
            if satisfied(signature, values) and some_entry_fits(signature, values, self.conversation.state):
                return found
        raise Stuck(f"no arguments drawn for `{tool}` meet its `where`")

    def _entries(self, tool: FunctionSignature, given: Mapping[str, Bound], redraw: int) -> dict[str, Bound]:
        """Arguments that belong together, from one entry of the world's state that agrees with what is given."""
        found: dict[str, Bound] = {}
        literal = {name: bound.value for name, bound in given.items()}
        required = {parameter.name for parameter in tool.parameters if parameter.required}
        for entry in tool.entries:
            some = agreeing(tool, entry, literal, self.conversation.state)
            if some:
                drawn = draw_entry(some, *self.key, len(self.made), tool.name, entry.alias, redraw)
                found.update({name: Bound(value) for name, value in drawn.items() if name in required - literal.keys()})
        return found

    async def _bind(self, tool: str, parameter: ParameterInfo, above: tuple[str, ...], redraw: int) -> Bound | None:
        key = (*self.key, len(self.made), tool, parameter.name, redraw)
        if not parameter.required and not (self.adventurous and draw.fraction(*key, "given") < 0.5):
            return None
        entity = self.conversation.entity(parameter.entity)
        if parameter.system:
            shown = {"date": self.scenario.now[:10], "profile": self.scenario.profile}
            return Bound(get(shown, parameter.system))
        drawn = None if entity and entity.minted else self._draw(parameter.type, key)
        if drawn is not None:
            return Bound(drawn)
        value = invented(parameter.type, self.context.spec.type_table, *key)
        made_up = None if value is None else Bound(value, is_invented=True)
        bound = self.earlier(parameter, key)
        if made_up and self.inventive and parameter.required:
            return made_up
        if bound is not None or not parameter.required:
            return bound
        try:
            return await self._produce(tool, parameter, above, key)
        except Stuck:
            if made_up is None:
                raise
            return made_up

    def _draw(self, expr: TypeExpr, key: tuple[object, ...]) -> Json:
        """A value that a user could give; of an object, each of its required fields. None when there is none."""
        if not isinstance(expr, Record):
            return draw_argument(expr, self.conversation, (), *key)
        fields = {f.name: self._draw(f.type, (*key, f.name)) for f in expr.fields if not f.optional}
        return None if None in fields.values() else fields

    def earlier(self, parameter: ParameterInfo, key: tuple[object, ...]) -> Bound | None:
        """A value for `parameter` in an earlier result, the latest that has one."""
        for index in range(len(self.made) - 1, -1, -1):
            places = parameter.outputs.get(self.made[index].function, ())
            found = [fitted(parameter.type, value, Ref(step=index, at=at)) for pattern in places
                     for at, value in expand(self.made[index].result, pattern) if value is not None]
            if found:
                return draw.choose(found, *key, "earlier", name=lambda bound: bound.ref.at if bound.ref else "")
        return None

    async def _produce(self, tool: str, parameter: ParameterInfo, above: tuple[str, ...],
                       key: tuple[object, ...]) -> Bound:
        """Call a producer of `parameter`: those that only read are preferred."""
        def weight(name: str) -> float:
            return 4.0 if self.context.spec.tool[name].effect is Effect.READS else 1.0

        candidates = [name for name in parameter.outputs if name != tool and name not in above]
        reason = f"nothing can give `{tool}` its `{parameter.name}`"
        for producer in draw.shuffle(candidates, *key, "producer", weight=weight)[:PRODUCERS]:
            try:
                await self._first(producer, tool, above)
            except Stuck as stuck:
                reason = str(stuck)
                continue
            bound = self.earlier(parameter, key)
            if bound is not None:
                return bound
            reason = f"`{producer}` gives no `{parameter.name}` for `{tool}`"
        raise Stuck(reason)

    async def _first(self, tool: str, before: str, above: tuple[str, ...]) -> None:
        if len(above) >= DEPTH:
            raise Stuck(f"`{before}` is too many calls away")
        await self.call(tool, (*above, before))

    def seen(self, type_name: str) -> Iterator[Json]:
        """Values of an entity type, or of one refining it, in the results so far."""
        for made in self.made:
            for pattern in self.context.spec.outputs(made.function, type_name):
                yield from (value for _, value in expand(made.result, pattern) if value is not None)


def fitted(expr: TypeExpr, value: Json, ref: Ref | None = None) -> Bound:
    """A value as a parameter of type `expr` takes it: one item may be a list's only one."""
    is_item = isinstance(expr, ListOf) and not isinstance(value, list)
    return Bound([value] if is_item else value, ref, is_item)


def invented_in(tool: str, arguments: Mapping[str, Bound]) -> list[str]:
    """The arguments that were invented, as people read them."""
    return [f"`{name}` of `{tool}`" for name, bound in arguments.items() if bound.is_invented]


def step_of(tool: str, arguments: Mapping[str, Bound]) -> Step:
    """A call that takes what it can from the results of earlier steps."""
    literal: dict[str, Any] = {}
    refs: dict[str, Ref] = {}
    for name, bound in arguments.items():
        if bound.ref is None or bound.is_item:
            literal[name] = [] if bound.ref else bound.value
        if bound.ref is not None:
            refs[f"/{escape(name)}" + "/0" * bound.is_item] = bound.ref
    return Step(call=tool, args=literal, refs=refs)
