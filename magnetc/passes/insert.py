"""Insert: a neighbour of a turn's last call takes its output (Magnet §3.3).

Before:

    turn t0 normal
      c0 = get_distance()
    turn t1 normal
      c1 = book_flight()
    turn t2 normal
      c2 = list_airports()

After *short* on t0 and *long* on t1 with a gap of 1:

    turn t0 normal [insert.short@t0]
      c0 = get_distance()
      c3 = convert_unit(/value: output c0 /distance) for c0
    turn t1 normal
      c1 = book_flight()
    turn t2 normal
      c2 = list_airports()
    turn t4 normal [insert.long@t1]
      c4 = cancel_booking(/booking_id: output c1 /booking_id)

The helper of a short insertion is never named: the words ask for what it computes. The long one has its own turn, `gap`
turns later, and points at the earlier result without its value. A path's `distance` takes the place of `gap`: then the
distance is drawn first, evenly from those that fit into the path, and then the turn whose result is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from magnetc.ir import draw
from magnetc.ir.graph import Edge
from magnetc.ir.path import Argument, Call, OutputSource, SignaturePath, Turn
from magnetc.ir.signature import Effect
from magnetc.passes.assign_sources import assign_turn, goals_of
from magnetc.passes.constraints import violation
from magnetc.passes.operation import Stage
from magnetc.source.origin import escape

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


@dataclass(frozen=True, slots=True)
class Insert:
    """`short` and `long` are chances per eligible turn; at most one insertion a turn and `cap` a path."""

    short: float = 0.5
    long: float = 0.5
    gap: tuple[int, int] = (1, 3)
    cap: int = 2
    stage: ClassVar[Stage] = Stage.WALK
    name: str = "insert"
    version: str = "1"

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath:
        key = (context.spec.recipe.seed, "insert", path.base, path.attempt)
        long = self._apart if context.path[path.name].distance else self._long
        left = self.cap
        for turn in draw.shuffle(path.turns, *key, "order", name=lambda t: t.key):
            if not left:
                break
            inserted = None
            if self.falls(context, path, "short", turn.key):
                inserted = self._first(self._short(context, path, turn, key), context, "insert.short", log)
            if inserted is None and self.falls(context, path, "long", turn.key):
                inserted = self._first(long(context, path, turn, key), context, "insert.long", log)
            if inserted is not None:
                path = inserted
                left -= 1
        return path

    def falls(self, context: CompileContext, path: SignaturePath, way: Literal["short", "long"], turn: str) -> bool:
        """Whether the chance of one way falls on the turn with this key. A short insertion comes before a long one."""
        chance = self.short if way == "short" else self.long
        return draw.fraction(context.spec.recipe.seed, "insert", path.base, path.attempt, way, turn) < chance

    def _first(self, proposals: Iterator[tuple[SignaturePath, str]], context: CompileContext, operation: str,
               log: Log) -> SignaturePath | None:
        """The first proposed path whose changed turn (named by key) keeps every constraint and can be said."""
        for path, changed in proposals:
            constraints = context.product(path.name, path.locale).automaton.constraints
            at = next(index for index, turn in enumerate(path.turns) if turn.key == changed)
            reason = violation(constraints, path.functions())
            if reason is None:
                calls = assign_turn(context, path, path.turns[:at], path.turns[at])
                reason = calls if isinstance(calls, str) else None
            if reason is None:
                log.apply(operation)
                return path
            log.refuse(operation, reason)
        return None

    def _short(self, context: CompileContext, path: SignaturePath, turn: Turn,
               key: tuple) -> Iterator[tuple[SignaturePath, str]]:
        """The turn with the helpers of a chain template added, each fed by a call of its chain."""
        goal = goals_of(turn.calls)[-1]
        tools = {call.function for call in turn.calls}
        tails = context.speech.tails(tuple(call.function for call in goal), path.locale)
        for tail in draw.shuffle(tails, *key, turn.key, "helper"):
            if tools & set(tail):
                continue
            helpers = _helpers(context, path, goal, tail)
            if helpers:
                operations = (*turn.operations, f"insert.short@{turn.key}")
                changed = replace(turn, calls=turn.calls + helpers, operations=operations)
                yield path.with_turns(tuple(changed if t.key == turn.key else t for t in path.turns)), turn.key

    def _long(self, context: CompileContext, path: SignaturePath, turn: Turn,
              key: tuple) -> Iterator[tuple[SignaturePath, str]]:
        """The path with a new turn after `gap` others, for each successor and value, in drawn order."""
        at = path.turns.index(turn)
        low, high = self.gap
        gaps = range(max(0, low), min(high, len(path.turns) - 1 - at) + 1)
        if not gaps:
            return
        place = at + 1 + draw.choose(gaps, *key, turn.key, "gap")
        yield from self._consumers(context, path, turn, place, key)

    def _apart(self, context: CompileContext, path: SignaturePath, turn: Turn,
               key: tuple) -> Iterator[tuple[SignaturePath, str]]:
        """The path with a new turn at a distance of the path's range from the turn whose result it takes.

        `turn`, on which the chance fell, is a name for the draw alone. Where the drawn distance cannot be had, the longer
        ones are tried first, which are harder to have; then the shorter ones, from the longest. A place between a turn and
        one that was inserted for it before is taken only if their distance stays within the range.
        """
        low, high = context.path[path.name].distance or (1, 1)
        spans = list(_spans(path))
        taken = {source for source, _ in spans}
        fitting = range(low, min(high, len(path.turns)) + 1)
        drawn = draw.choose(fitting, *key, turn.key, "distance") if fitting else low
        for distance in (*fitting[drawn - low:], *reversed(fitting[:drawn - low])):
            ends = [(at, at + distance) for at in range(len(path.turns) - distance + 1) if at not in taken]
            free = [(at, place) for at, place in ends
                    if not any(first < place <= last == first + high for first, last in spans)]
            for at, place in draw.shuffle(free, *key, turn.key, distance, name=lambda end: path.turns[end[0]].key):
                yield from self._consumers(context, path, path.turns[at], place, key)

    def _consumers(self, context: CompileContext, path: SignaturePath, turn: Turn, place: int,
                   key: tuple) -> Iterator[tuple[SignaturePath, str]]:
        """The path with a new turn at `place` that takes a result of `turn`, for each successor and value."""
        source = turn.calls[-1]
        used = set(path.functions())
        edges = [edge for edge in context.graph.successors.get(source.function, ())
                 if edge.values and (edge.target not in used or takes_new(context, edge.target, path.locale))]
        number = next_number(path)
        for edge in draw.shuffle(edges, *key, turn.key, "tool", name=lambda e: e.target,
                                 weight=lambda e: 1.0 if e.target in used else 4.0):
            for flow in _flows(edge):
                call = _pinned(number, edge.target, f"c{number}", source.id, flow)
                inserted = Turn(key=f"t{number}", calls=(call,), operations=(f"insert.long@{turn.key}",))
                yield path.with_turns((*path.turns[:place], inserted, *path.turns[place:])), inserted.key


def _spans(path: SignaturePath) -> Iterator[tuple[int, int]]:
    """The places of each insertion made so far: of the turn whose result is taken, and of the one that takes it."""
    place = {turn.key: index for index, turn in enumerate(path.turns)}
    for index, turn in enumerate(path.turns):
        for operation in turn.operations:
            if operation.startswith("insert."):
                yield place[operation.partition("@")[2]], index


def _helpers(context: CompileContext, path: SignaturePath, goal: tuple[Call, ...],
             tail: tuple[str, ...]) -> tuple[Call, ...]:
    """A call for each helper of `tail`; none when one of them takes no value from the chain before it."""
    chain = list(goal)
    number = next_number(path)
    for offset, tool in enumerate(tail):
        feeds = [(call, edge) for call in reversed(chain)
                 if (edge := context.graph.edge.get((call.function, tool))) and edge.values]
        if not feeds:
            return ()
        source, edge = feeds[0]
        chain.append(_pinned(number + offset, tool, goal[0].id, source.id, _flows(edge)[0]))
    return tuple(chain[len(goal):])


def takes_new(context: CompileContext, tool: str, locale: str) -> bool:
    """Whether a second call of `tool` makes sense: it changes nothing, and has a required argument that a user gives."""
    reads = context.spec.tool[tool].effect is Effect.READS
    return reads and any(p.required and not p.system and locale in p.given for p in context.parameters[tool])


def _flows(edge: Edge) -> list[tuple[str, str]]:
    """(parameter, pointer) of an edge's values, single values before those picked from lists."""
    return sorted(((v.parameter, v.pointer) for v in edge.values), key=lambda flow: ("*" in flow[1], flow))


def _pinned(number: int, tool: str, goal: str, source: str, flow: tuple[str, str]) -> Call:
    parameter, pointer = flow
    argument = Argument(pointer="/" + escape(parameter), source=OutputSource(source, pointer))
    return Call(id=f"c{number}", function=tool, goal=goal, arguments=(argument,))


def next_number(path: SignaturePath) -> int:
    """Calls never vanish, so the next number is new; a turn made for a call takes the call's number."""
    return 1 + max(int(call.id[1:]) for call in path.calls())
