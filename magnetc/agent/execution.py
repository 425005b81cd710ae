"""Calls of conversations, executed. A conversation is replayed from its initial state with what it did so far: nothing of
it is held in a worker, so that a tool that kills or stalls one takes nothing else with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from magnetc.agent.conversation import Attempt, Conversation
from magnetc.diagnostics import MagnetError
from magnetc.ir.json import Json
from magnetc.tools.worlds.equivalence import Made
from magnetc.tools.worlds.protocol import Outcome, Run, Step
from magnetc.tools.worlds.world import World

_DIED, _BROKE = "MG602", "MG607"


async def execute(world: World, waiting: Sequence[tuple[Conversation, list[Attempt]]]) -> None:
    """Execute the attempts of each conversation in order and fill in their results, all in one round trip.

    Where a call stops the worker or does not return, each call of the conversation is executed by itself; those that do so
    have an error for a result and leave the world as it was.
    """
    try:
        outcomes = await world.run_all([_run(conversation, attempts) for conversation, attempts in waiting])
    except MagnetError as error:
        if not _is(error, _DIED):
            raise
        outcomes = [None] * len(waiting)
    for (conversation, attempts), outcome in zip(waiting, outcomes):
        if outcome is not None and not outcome[0].late:
            _settle(conversation, attempts, outcome[0])
            continue
        for attempt in attempts:
            await _execute_alone(world, conversation, attempt)


async def _execute_alone(world: World, conversation: Conversation, attempt: Attempt) -> None:
    try:
        (outcome,) = await world.run(_run(conversation, [attempt]))
    except MagnetError as error:
        if not _is(error, _DIED):
            raise
        attempt.result = {"error": f"`{attempt.name}` stopped the world"}
        return
    if outcome.late:
        attempt.result = {"error": str(outcome.reason).replace(f"`{attempt.function}`", f"`{attempt.name}`")}
    else:
        _settle(conversation, [attempt], outcome)


def _run(conversation: Conversation, attempts: Sequence[Attempt]) -> Run:
    steps = [*conversation.executed, *(attempt.step for attempt in attempts)]
    return Run(start=conversation.reference.start, programs=[steps], stop_on_error=False)


def _settle(conversation: Conversation, attempts: Sequence[Attempt], outcome: Outcome) -> None:
    for attempt, result in zip(attempts, outcome.results[len(conversation.executed) :]):
        attempt.result, attempt.reached = result, True
        conversation.executed.append(attempt.step)


async def compare(world: World, conversation: Conversation) -> tuple[Made, ...]:
    """Fill in what the row's own calls do in each played turn, and the states after both. Returns the calls before them.

    Raises:
        MagnetError: MG602 or MG607 when the row's own calls break the world.
    """
    reference, turns = conversation.reference, conversation.turns
    played = reference.turns[reference.first :]
    outcomes = await world.run(_prefixes(conversation, [turn.calls for turn in played]))
    if outcomes and outcomes[-1].late:
        raise world.hangs(str(outcomes[-1].reason))
    done = [Made(step.call, step.args, result)
            for step, result in zip((c for t in reference.turns for c in t.calls), outcomes[-1].results if outcomes else ())]
    observed = await _observed(world, conversation)
    start = len(reference.context)
    ends = list(accumulate((len(turn.calls) for turn in played), initial=start))
    for number, turn in enumerate(turns):
        turn.reference = tuple(done[ends[number] : ends[number + 1]])
        turn.reference_observed, turn.observed = outcomes[number].observed, observed[number]
    return tuple(done[:start])


async def _observed(world: World, conversation: Conversation) -> list[Json]:
    """The observable state after each turn as the policy played it; None where it drove the world where it cannot tell."""
    turns = [[attempt.step for attempt in turn.attempts if attempt.reached] for turn in conversation.turns]
    try:
        return [outcome.observed for outcome in await world.run(_prefixes(conversation, turns))]
    except MagnetError as error:
        if not _is(error, _DIED, _BROKE):
            raise
        return [None] * len(turns)


def _prefixes(conversation: Conversation, turns: Sequence[Sequence[Step]]) -> Run:
    """For each turn, a program of all calls from the beginning to its end."""
    programs = list(accumulate((list(turn) for turn in turns), initial=conversation.reference.context))[1:]
    return Run(start=conversation.reference.start, programs=programs, mode="all", observe=True, stop_on_error=False)


def _is(error: MagnetError, *codes: str) -> bool:
    return error.diagnostics[0].code in codes
