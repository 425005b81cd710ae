"""The first of several proposals that the world bears out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from magnetc.ir.path import Call
from magnetc.teachers.conversation import Proposal
from magnetc.tools.worlds.protocol import Outcome, Run
from magnetc.tools.worlds.world import World
from magnetc.translate.program import program, unresolving
from magnetc.translate.run_in_time import run_in_time
from magnetc.translate.scenario import Place


async def first_success(proposals: Iterator[Proposal], calls: Sequence[Call], start: Place, world: World, *, keep: bool = False,
                        query: Sequence[str] = (), refused: bool = False) -> tuple[Proposal | None, Outcome | None, str]:
    """The first proposal whose calls execute, and what they do: one by itself, since most do, then the others together.

    `refused`: their one call is known to err, and does. Returns the error of the last that does not execute beside, empty
    where there is no proposal.
    """
    error = ""
    while batch := list(islice(proposals, 1 if not error else None)):
        programs = [program(calls, proposal.bindings, proposal.alike) for proposal in batch]
        outcomes = await run_in_time(world, Run(start=start, programs=programs, keep=keep, query=query, stop_on_error=not refused))
        last = outcomes[-1]
        if last.ok and unresolving(last):
            error = "the tool does not take a value as people say it"
            proposals = chain(batch[len(outcomes) :], proposals)
            if last.handle is not None:
                await world.drop([last.handle])
            continue
        if last.ok or (refused and len(last.results) == len(calls)):
            return batch[len(outcomes) - 1], last, ""
        error = last.reason or "error"
    return None, None, error
