"""SFT rows as token sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from magnetc.models.chat import Chat
from magnetc.train.encode.conversation import Conversation
from magnetc.train.encode.tokenized import Span, TokenizedRow


def encode_row(row: Mapping[str, Any], chat: Chat) -> list[TokenizedRow]:
    """The sequences that train each message of weight 1 exactly once; none for a row that trains no message.

    One sequence where the template shows earlier messages as they were said; else one per user turn, and one per message
    for what does not hold there either (a template that drops earlier reasoning, or moves the tools).

    Raises:
        MagnetError: MG713 when the template does not allow telling what the agent says.
    """
    talk = Conversation(row["messages"], row["tools"], chat)
    trained = [j for j in talk.agent if row["messages"][talk.origins[j]].get("weight")]
    parts = sorted(_covered(talk, trained), key=lambda part: part[1])
    return [
        _sequence(row, talk, ids, positions, number if len(parts) > 1 else None)
        for number, (ids, positions) in enumerate(parts, 1)
    ]


def operations(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Operations of a row's tags, each once, without the turn: `insert.long@t3` is `insert.long`."""
    tags = row.get("tags") or {}
    return tuple(dict.fromkeys(name.partition("@")[0] for name in tags.get("operations") or ()))


def _covered(talk: Conversation, trained: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Sequences and the positions that each trains, the longest first."""
    left = list(trained)
    for ends in (trained[-1:], _last_of_turns(talk, trained), trained):
        for end in ends:
            if end not in left:
                continue
            sequence = talk.sequence(end)
            held = [j for j in left if j <= end and talk.holds(sequence, j)]
            left = [j for j in left if j not in held]
            yield sequence, held


def _last_of_turns(talk: Conversation, trained: Iterable[int]) -> list[int]:
    return list({talk.turns[j]: j for j in trained}.values())


def _sequence(
    row: Mapping[str, Any], talk: Conversation, ids: list[int], positions: Sequence[int], number: int | None
) -> TokenizedRow:
    weights = [0.0] * len(ids)
    spans = []
    for j in positions:
        start, end = talk.span(j)
        weights[start:end] = [1.0] * (end - start)
        spans.append(Span(start=start, end=end, index=talk.origins[j], turn=talk.turns[j]))
    name = row["id"] if number is None else f"{row['id']}#{number}"
    return TokenizedRow(id=name, operations=operations(row), input_ids=ids, weights=weights, messages=tuple(spans))
