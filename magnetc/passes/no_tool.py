"""NoTool: a copy of the path with a turn in which nothing is to be called. The base is its twin, where the call is made.

Before:

    turn t1 normal
      c1 = book_flight(/cabin: user t1, /flight_id: output c0 /flights/*/flight_id)

After *near*, the copy `booking-000017.no_tool.near`: the tool is nowhere offered, one that is easily taken for it is, and the
agent says what it cannot do. *none* is the same with nothing offered that comes near. Both end there:

    cut book_flight list_bookings
    offers hold_seat
    turn t1 no_tool because near - - [no_tool.near@t1] withheld book_flight
      says c1 = book_flight(...)

After *value*: the user gives a value that the parameter cannot have, and the agent says so. This copy ends there, too:

    turn t1 no_tool because value c1/cabin "first" [no_tool.value@t1]
      says c1 = book_flight(...)

After *context*, further on: the question of t0 again, which the agent answers from what it knows. After *chitchat*: small
talk behind a turn. Both go on as the base does:

    turn t2.context no_tool because context t0 - [no_tool.context@t2]
      says c0 = get_distance(...)
    turn t1.chitchat no_tool because chitchat - - [no_tool.chitchat@t1]

Calls, keys and ids stay, so that a copy has the words, values and results of its base wherever it is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from magnetc.ir import draw
from magnetc.ir.json import canonical
from magnetc.ir.path import (
    Abstention,
    AbstentionKind,
    OutputSource,
    SignaturePath,
    Turn,
    TurnKind,
    UserSource,
)
from magnetc.ir.pointer import tokens
from magnetc.ir.signature import Effect
from magnetc.passes.assign_sources import goals_of
from magnetc.passes.fit import phrases_for
from magnetc.passes.mixture import DECLINES
from magnetc.passes.operation import Stage
from magnetc.surface.impossible import impossible_values

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


class _Way(NamedTuple):
    """One way to abstain: instead of the turn at `place`, or behind it where the base's turn stays."""

    place: int
    why: Abstention
    withheld: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.place}{self.why.at}{self.why.value}{' '.join(self.offers)}"


@dataclass(frozen=True, slots=True)
class NoTool:
    """Chances per path of each kind; at most one copy of each. Where a recipe says `mixture`, that says how many abstentions end a conversation,
    and the chances of `DECLINES` are weights."""

    near: float = 0.05
    none: float = 0.05
    chitchat: float = 0.05
    context: float = 0.05
    value: float = 0.05
    stage: ClassVar[Stage] = Stage.COPY
    name: str = "no_tool"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> tuple[SignaturePath, ...]:
        """The copies of a path whose sources are assigned."""
        if context.mixture.asked:
            return self._mixed(context, path, log)
        copies = [self._made(context, path, kind, log) for kind in AbstentionKind if self.falls(context, path, kind)]
        return tuple(copy for copy in copies if copy)

    def _mixed(self, context: CompileContext, path: SignaturePath, log: Log) -> tuple[SignaturePath, ...]:
        """The copies where a recipe says `mixture`: as many that end as it wants of the path; that go on, of paths of several turns."""
        goes_on = self.name in context.operations and not context.mixture.is_single(path.name, path.ordinal)
        fallen = [kind for kind in AbstentionKind if goes_on and kind not in DECLINES and self.falls(context, path, kind)]
        copies = [self._made(context, path, kind, log) for kind in fallen]
        wanted = context.mixture.abstaining(path.name, path.ordinal)
        for kind in self._by_weight(context, path) if wanted else ():
            if wanted and (made := self._made(context, path, kind, log)):
                copies.append(made)
                wanted -= 1
        return tuple(copy for copy in copies if copy)

    def falls(self, context: CompileContext, path: SignaturePath, kind: AbstentionKind) -> bool:
        """Whether the chance of one kind falls on the path."""
        return draw.fraction(context.spec.recipe.seed, self.name, path.base, path.attempt, kind) < getattr(self, kind)

    def _by_weight(self, context: CompileContext, path: SignaturePath) -> list[AbstentionKind]:
        """`DECLINES` in the order in which they are tried; evenly drawn where none has a chance."""
        weights = {kind: getattr(self, kind) if self.name in context.operations else 0.0 for kind in DECLINES}
        some = [kind for kind in DECLINES if weights[kind] > 0]
        return draw.shuffle(some or DECLINES, *self._key(context, path), "mixture", weight=(lambda kind: weights[kind]) if some else None)

    def _key(self, context: CompileContext, path: SignaturePath) -> tuple[object, ...]:
        return context.spec.recipe.seed, self.name, path.base, path.attempt

    def _made(self, context: CompileContext, path: SignaturePath, kind: AbstentionKind, log: Log) -> SignaturePath | None:
        """The copy of one kind; None where no turn gives room for it."""
        ways = list(_WAYS[kind](context, path))
        if not ways:
            log.refuse(f"{self.name}.{kind}", "no turn gives room for it")
            return None
        log.apply(f"{self.name}.{kind}")
        return _copy(path, draw.choose(ways, *self._key(context, path), kind, "place", name=lambda way: way.name))


def unserved(copy: SignaturePath) -> Iterator[str]:
    """Keys of the base's turns in whose place the copy has one that declines: what users say there tells the two apart."""
    yield from (turn.key for turn in copy.turns if turn.kind is TurnKind.NO_TOOL and turn.abstains and turn.abstains.kind in DECLINES)


def _copy(path: SignaturePath, way: _Way) -> SignaturePath:
    at, turn, kind = way.place, path.turns[way.place], way.why.kind
    made = Turn(key=turn.key, kind=TurnKind.NO_TOOL, operations=(f"no_tool.{kind}@{turn.key}",), withheld=way.withheld,
                abstains=way.why)
    copy = replace(path, id=f"{path.base}.no_tool.{kind}", offers=way.offers)
    if kind in (AbstentionKind.CHITCHAT, AbstentionKind.CONTEXT):
        asked = next((other.calls for other in path.turns if other.key == way.why.at), ())
        made = replace(made, key=f"{turn.key}.{kind}", says=asked)
        return copy.with_turns((*path.turns[: at + 1], made, *path.turns[at + 1 :]))
    cut = (call.function for other in path.turns[at:] for call in other.calls)
    made = replace(made, says=turn.calls, operations=(*turn.operations, *made.operations))
    return replace(copy, turns=(*path.turns[:at], made), cut=tuple(dict.fromkeys(cut)))


def _single(path: SignaturePath) -> Iterator[tuple[int, Turn, tuple[str, ...]]]:
    """Turns with one goal, with their place and their tools, the head of the goal first."""
    for index, turn in enumerate(path.turns):
        if len(goals_of(turn.calls)) == 1:
            yield index, turn, tuple(dict.fromkeys(call.function for call in turn.calls))


def _unserved(context: CompileContext, path: SignaturePath, kind: AbstentionKind) -> Iterator[_Way]:
    """Turns whose tool can be named as something the agent cannot do, and what may stand in for it, or may not."""
    held = context.hidden(path)
    for index, _, tools in _single(path):
        if not context.speech.names_capability(tools[0], path.locale):
            continue
        called = {call.function for earlier in path.turns[:index] for call in earlier.calls}
        near = [name for name in context.spec.comes_near(tools[0]) if name not in tools and name not in held]
        hidden = tools if kind is AbstentionKind.NEAR else (*tools, *near)
        if called & set(hidden):
            continue
        others = near if kind is AbstentionKind.NEAR else [name for name in context.spec.tool if name not in hidden and name not in held]
        yield from (_Way(index, Abstention(kind=kind), hidden, (name,)) for name in others)


def _near(context: CompileContext, path: SignaturePath) -> Iterator[_Way]:
    return _unserved(context, path, AbstentionKind.NEAR)


def _none(context: CompileContext, path: SignaturePath) -> Iterator[_Way]:
    return _unserved(context, path, AbstentionKind.NONE)


def _chitchat(context: CompileContext, path: SignaturePath) -> Iterator[_Way]:
    """Behind any turn: what was said and done before gives the occasion."""
    del context
    yield from (_Way(index, Abstention(kind=AbstentionKind.CHITCHAT)) for index in range(len(path.turns)))


def _context(context: CompileContext, path: SignaturePath) -> Iterator[_Way]:
    """Questions that were answered at least two turns before, by reads alone, in words that need no earlier list."""
    spec, locale = context.spec, path.locale
    for index, turn, _ in _single(path):
        chain = tuple(call.function for call in turn.calls)
        told = any(phrase.locale == locale for template in spec.reply_templates.get(chain, ()) for phrase in template.phrases)
        asked = any(phrase.mood == "ask" for phrase in phrases_for(spec, chain, locale))
        sources = [argument.source for call in turn.calls for argument in call.arguments]
        listed = any(isinstance(source, OutputSource) and "*" in tokens(source.pointer) for source in sources)
        if asked and told and not listed and all(spec.tool[name].effect is Effect.READS for name in chain):
            why = Abstention(kind=AbstentionKind.CONTEXT, at=turn.key)
            yield from (_Way(later, why) for later in range(index + 1, len(path.turns)))


def _value(context: CompileContext, path: SignaturePath) -> Iterator[_Way]:
    """Values of parameters that the user gives, and that are outside of what their types allow."""
    for index, turn, _ in _single(path):
        for call in turn.calls:
            for argument in call.arguments:
                if argument.source != UserSource(turn.key):
                    continue
                expr = context.spec.argument_type(call.function, argument.pointer)
                for value in impossible_values(expr, context.spec.type_table, path.locale, context.spec.recipe.world.now):
                    yield _Way(index, Abstention(kind=AbstentionKind.VALUE, at=call.id + argument.pointer, value=canonical(value)))


_WAYS = {AbstentionKind.NEAR: _near, AbstentionKind.NONE: _none, AbstentionKind.CHITCHAT: _chitchat,
         AbstentionKind.CONTEXT: _context, AbstentionKind.VALUE: _value}
