"""A model put into entries of BFCL, many at once; calls are executed by the package, in its environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from magnetc.agent.lanes import advance_all
from magnetc.agent.policy import Policy
from magnetc.eval.bfcl.dialogue import Dialogue
from magnetc.eval.bfcl.entries import Benchmark, Entry
from magnetc.eval.bfcl.process import Line, running


async def answer(entries: Iterable[Entry], benchmark: Benchmark, policy: Policy, python: Path, *, batch: int, lanes: int,
                 finished: Callable[[Dialogue], None], acted: Callable[[int], None]) -> None:
    """Have `policy` answer entries.

    Args:
        batch, lanes: Conversations that advance together, and how many such batches are under way, none waiting for another.
        finished: Told each entry that is answered.
        acted: Told how many messages the policy has said, each time that it has said some.

    Raises:
        MagnetError: MG702 when the package's executor stops.
    """
    dialogues = (Dialogue(entry, benchmark.limit, benchmark.restored) for entry in entries)
    async with running(python, "execute") as executor:
        async def advance(active: Sequence[Dialogue]) -> None:
            await _advance(active, policy, executor)
            for dialogue in active:
                if dialogue.over:
                    finished(dialogue)

        await advance_all(dialogues, advance, batch=batch, lanes=lanes, acted=acted)


async def _advance(dialogues: Sequence[Dialogue], policy: Policy, executor: Line) -> None:
    """One message of the model in each conversation, and the results of its calls."""
    actions = await policy.act([dialogue.request() for dialogue in dialogues])
    calling = [dialogue for dialogue, action in zip(dialogues, actions, strict=True) if dialogue.take(action)]
    results = await executor.ask([{"id": each.entry.id, "initial_config": each.entry.config, "involved_classes": each.entry.classes,
                                   "steps": each.steps} for each in calling])
    for dialogue, result in zip(calling, results, strict=True):
        dialogue.finish(result)
