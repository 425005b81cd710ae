"""Free-running play: the row's user speaks, the policy does everything else, each call is executed in the row's world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.agent.conversation import Conversation, PlayedTurn
from magnetc.agent.execution import compare, execute
from magnetc.agent.lanes import advance_all
from magnetc.agent.policy import Policy
from magnetc.agent.reference import Reference, read_reference
from magnetc.agent.user import Users, recorded
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Made, texts_in
from magnetc.tools.worlds.pool import WorldPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A row that was played. `before`: the calls of the turns that are its context, made for both sides.

    `existing` holds the texts of the initial state: what was there before any value was minted.
    """

    reference: Reference
    before: tuple[Made, ...]
    turns: tuple[PlayedTurn, ...]
    existing: frozenset[str]

    @property
    def row(self) -> str:
        return self.reference.row

    @property
    def tags(self) -> Mapping[str, Any]:
        return self.reference.tags


def _ignored(count: int) -> None:
    pass


async def play(rows: Iterable[Mapping[str, Any]], policy: Policy, pool: WorldPool, spec: Spec, states: Mapping[str, Json], *,
               most_actions: int = 8, batch: int = 64, lanes: int = 1, sample: int = 0, users: Users = recorded,
               acted: Callable[[int], None] = _ignored) -> list[Played]:
    """Let `policy` act in the SFT rows of an output.

    The system message is the row's, and so are the user's messages, but for what one of `users` answers between them. Turns before the first with a trained message are context and
    stand as they are; from there on the policy acts in each turn until it answers without a call.

    Args:
        states: The output's initial states, by digest (`magnetc.build.opened`).
        most_actions: Messages of calls in one turn; the turn ends behind the last, without an answer.
        batch: Conversations that advance together: the policy is asked about so many at once.
        lanes: How many such batches are under way at once, none waiting for another: for a policy that answers one as fast as many.
        users: Makes the user of each row.
        sample: Tells the policy's draws of one play from those of another.
        acted: Told how many messages the policy has said, each time that it has said some.

    Returns:
        One for each row, in order.

    Raises:
        MagnetError: MG621 for a row that cannot be played, MG601 to MG607 for a world that does not work.
    """
    references = [read_reference(row, states, spec) for row in rows]
    conversations = [Conversation(reference, most_actions, sample, users(reference)) for reference in references]
    await advance_all(conversations, lambda active: _advance(active, policy, pool), batch=batch, lanes=lanes, acted=acted)
    async with pool.world() as world:
        existing = {digest: texts_in(states[digest]) for digest in {c.reference.start.digest for c in conversations}}
        return [Played(reference=c.reference, before=await compare(world, c), turns=tuple(c.turns),
                       existing=existing[c.reference.start.digest]) for c in conversations]


async def _advance(conversations: Sequence[Conversation], policy: Policy, pool: WorldPool) -> None:
    """One message of the agent in each conversation, and the results of its calls."""
    actions = await policy.act([conversation.request() for conversation in conversations])
    waiting = [(conversation, conversation.take(action)) for conversation, action in zip(conversations, actions, strict=True)]
    calling = [(conversation, attempts) for conversation, attempts in waiting if attempts]
    if calling:
        async with pool.world() as world:
            await execute(world, calling)
    for conversation in conversations:
        conversation.finish()
