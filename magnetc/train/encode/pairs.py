"""Preference pairs as a shared beginning and two sides, with the agent's messages of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from magnetc.models.chat import Chat, unusable
from magnetc.models.segments import shared as alike
from magnetc.train.encode.conversation import Conversation
from magnetc.train.encode.rows import operations
from magnetc.train.encode.tokenized import CreditSpan, TokenizedPair


def encode_pair(row: Mapping[str, Any], chat: Chat) -> TokenizedPair:
    """The tokens of a pair, cut where the sides part, and at least one token before either ends.

    Each side goes on from the fault through the last agent's message up to which one sequence shows all as they were said.

    Raises:
        MagnetError: MG713 when the template does not allow telling what the agent says, or shows both sides alike.
    """
    chosen, rejected = (_Side(row, name, chat) for name in ("chosen", "rejected"))
    if chosen.ids == rejected.ids:
        raise unusable("shows both sides of a pair alike", f"the pair is {row['id']}", help="use another template")
    shared = min(alike(chosen.ids, rejected.ids), len(chosen.ids) - 1, len(rejected.ids) - 1)
    weights = chosen.likelihood()
    return TokenizedPair(
        id=row["id"],
        fault=row["fault"]["kind"],
        operations=operations(row),
        prompt_ids=chosen.ids[:shared],
        prompt_weights=weights[:shared],
        chosen_ids=chosen.ids[shared:],
        chosen_weights=weights[shared:],
        chosen_spans=chosen.spans(shared),
        rejected_ids=rejected.ids[shared:],
        rejected_spans=rejected.spans(shared),
        left_out=(chosen.left_out, rejected.left_out),
    )


class _Side:
    """One side of a pair as one sequence of token ids."""

    def __init__(self, row: Mapping[str, Any], name: str, chat: Chat):
        self._own = row[name]
        self._first = len(row["prompt"])
        self._messages = [*row["prompt"], *self._own]
        self._talk = Conversation(self._messages, row["tools"], chat)
        agent = [j for j in self._talk.agent if self._talk.origins[j] >= self._first]
        end = next(k for k in range(len(agent), 0, -1) if self._is_whole(agent[:k]))
        self.positions = agent[:end]
        self.left_out = len(agent) - end
        self.ids = self._talk.sequence(agent[end - 1])

    def _is_whole(self, positions: Sequence[int]) -> bool:
        """Whether one sequence through the last of `positions` shows each of them as it was said."""
        sequence = self._talk.sequence(positions[-1])
        return all(self._talk.holds(sequence, j) for j in positions)

    def likelihood(self) -> list[float]:
        """1.0 on the tokens of messages of weight 1 that hold in this sequence."""
        weights = [0.0] * len(self.ids)
        for j in self._talk.agent:
            if j > self.positions[-1]:
                break
            if self._messages[self._talk.origins[j]].get("weight") and self._talk.holds(self.ids, j):
                start, end = self._talk.span(j)
                weights[start:end] = [1.0] * (end - start)
        return weights

    def spans(self, shared: int) -> tuple[CreditSpan, ...]:
        """The agent's messages from token `shared` on, counted from there.

        A first call that both sides share, split off its message by the template, hands its credit on to what follows it.
        """
        spans = [self._span(j, shared) for j in self.positions]
        kept = [span for span in spans if span.end > 0]
        if not kept:
            return ()
        owed = max(span.credit for span in spans[: len(spans) - len(kept) + 1])
        root = kept[0].index
        first = replace(kept[0], credit=owed)
        return tuple(replace(span, start=max(span.start, 0), root=span.index == root) for span in (first, *kept[1:]))

    def _span(self, position: int, shared: int) -> CreditSpan:
        start, end = self._talk.span(position)
        index = self._talk.origins[position] - self._first
        turn = self._talk.turns[position] - self._talk.turns[self.positions[0]]
        credit = self._own[index].get("credit")
        if credit is None:
            credit = int(turn == 0 and not any("credit" in message for message in self._own))
        return CreditSpan(start=start - shared, end=end - shared, index=index, turn=turn, credit=int(credit), root=False)
