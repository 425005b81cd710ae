"""Slips: wrong calls that an agent might make in place of a right one, and that the world really refuses.

A slip gives one value wrongly (an id that does not exist, the id of something else, a name in place of the id, a value in
the user's form in place of the code), or is made before the steps that it needs. Candidates are dry-run just before the
right call: one that errs and leaves the state, private parts included, as it was, can stand there and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from magnetc.ir import draw
from magnetc.ir.json import Json, wire
from magnetc.ir.neighbour import scrambled
from magnetc.ir.path import Argument, Call, OutputSource, UserSource
from magnetc.ir.pointer import get
from magnetc.ir.script import ScriptTurn
from magnetc.ir.types import EntityType, Ref
from magnetc.surface import say
from magnetc.teachers.conversation import Bindings, Conversation, Pending, entity_of
from magnetc.tools.worlds.protocol import Outcome, Run, Step
from magnetc.tools.worlds.world import World
from magnetc.translate.amendments import is_error
from magnetc.translate.program import program, put
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import Place

MOST = 10
"""Candidates that are dry-run for one call."""

SKIPPED = 4.0
"""How much likelier than a wrong value a skipped step is: there is only one way to skip it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A wrong call in place of `call`, before the round `place` of its turn. `pointer` is what it gets wrong, empty where it
    comes before steps that it needs; `name` stands for it where a right call's id would."""

    call: Call
    place: int
    way: str
    arguments: Mapping[str, Json]
    pointer: str = ""
    result: Json = None
    name: str = ""


async def find_slips(turn: ScriptTurn, run: Outcome, bindings: Bindings, start: Place, conversation: Conversation,
                     world: World) -> tuple[Slip, ...]:
    """As many slips as the turn asks for, or fewer, in the order in which they are made. `run` is what the right calls do."""
    calls = [call for round_ in turn.rounds for call in round_]
    named = next(call for call in calls if call.id == turn.slips[0])
    key = (conversation.spec.recipe.seed, "slip", conversation.path.base, named.id)
    found = {wire(slip.arguments) + str(slip.place): slip for slip in _candidates(named, turn, calls, run, bindings, conversation, key)}
    tried = draw.shuffle(found.values(), *key, name=lambda slip: f"{slip.way} {slip.pointer}",
                         weight=lambda slip: 1.0 if slip.pointer else SKIPPED)[:MOST]
    if not tried:
        return ()
    ends = [sum(map(len, turn.rounds[: slip.place])) for slip in tried]
    before = {end: program(calls[:end], bindings) for end in sorted(set(ends))}
    wrong = [(*before[end], Step(call=named.function, args=slip.arguments)) for slip, end in zip(tried, ends)]
    outcomes = await run_in_time(world, Run(start=start, programs=[*before.values(), *wrong], mode="all", digest=True, stop_on_error=False))
    state = {end: outcome.digest for end, outcome in zip(before, outcomes)}
    refused = [
        replace(slip, result=outcome.results[end])
        for slip, end, outcome in zip(tried, ends, outcomes[len(before) :])
        if len(outcome.results) > end and is_error(outcome.results[end]) and outcome.digest == state[end]
    ]
    kept = sorted(refused[: len(turn.slips)], key=lambda slip: slip.place)
    return tuple(replace(slip, name=f"{named.id}~{number}") for number, slip in enumerate(kept, 1))


def _candidates(call: Call, turn: ScriptTurn, calls: list[Call], run: Outcome, bindings: Bindings, conversation: Conversation,
                key: tuple) -> Iterator[Slip]:
    position = calls.index(call)
    place = next(index for index, round_ in enumerate(turn.rounds) if call in round_)
    arguments = run.args[position]
    waits = any(isinstance(bindings.get((call.id, argument.pointer)), Pending) for argument in call.arguments)
    if place and not waits:
        yield Slip(call=call, place=0, way="skipped", arguments=arguments)
    made = dict(zip((other.id for other in calls), run.results))
    for argument in call.arguments:
        entity = _text(call, argument, arguments, conversation)
        if entity is None:
            continue
        for way, value in _wrong(argument, entity, str(get(arguments, argument.pointer)), made, run, position, conversation, key):
            changed: dict[str, Any] = deepcopy(dict(arguments))
            put(changed, argument.pointer, value)
            yield Slip(call=call, place=place, way=way, arguments=changed, pointer=argument.pointer)


def _text(call: Call, argument: Argument, arguments: Mapping[str, Json], conversation: Conversation) -> EntityType | None:
    """The entity type of a leaf whose value is one text, from the user or a result."""
    expr = conversation.parameter_type(call, argument.pointer)
    if not isinstance(argument.source, (UserSource, OutputSource)) or not isinstance(expr, Ref):
        return None
    entity = entity_of(expr, conversation.spec)
    return entity if entity and isinstance(get(arguments, argument.pointer), str) else None


def _wrong(argument: Argument, entity: EntityType, value: str, made: Mapping[str, Json], run: Outcome, position: int,
           conversation: Conversation, key: tuple) -> Iterator[tuple[str, str]]:
    """Ways to get a value wrong, and what is then given."""
    if isinstance(argument.source, OutputSource):
        if entity.minted:
            yield "mangled", scrambled(value, *key, argument.pointer, "mangled")
            yield "mangled again", scrambled(value, *key, argument.pointer, "mangled again")
        yield from _beside(argument.source, value, made, run.at[position].get(argument.pointer, ""), conversation)
    for form in say(value, entity, conversation.locale, conversation.now)[:1]:
        if form.text != value and isinstance(argument.source, UserSource):
            yield "as said", form.text


def _beside(source: OutputSource, value: str, made: Mapping[str, Json], at: str, conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Other texts of the record that holds the value: a name in place of an id, or the id of something else."""
    done = conversation.result_of(source.call)
    result = done.result if done else made.get(source.call)
    for record in _records(result):
        if value in record.values():
            yield from ((f"its {name}", text) for name, text in record.items() if isinstance(text, str) and text[:1].isalpha() and text != value)
            return


def _records(value: Json) -> Iterator[Mapping[str, Json]]:
    """Each object in a result."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _records(item)
    elif isinstance(value, list):
        for item in value:
            yield from _records(item)
