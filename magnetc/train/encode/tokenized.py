"""Rows and pairs as token ids, with what is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Tokens `start` to `end` (exclusive) are the agent's message `index` of the row, in user turn `turn`.

    Under a template that takes one call at once, a message with several calls has a span for each.
    """

    start: int
    end: int
    index: int
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedRow:
    """A sequence that trains some messages of a row; `weights` (one per id) is 1.0 exactly on their tokens, else 0.0.

    `operations` are those of the row's tags without the turn. Several sequences of one row are `ROWID#1`, `ROWID#2`, …
    """

    id: str
    operations: tuple[str, ...]
    input_ids: list[int]
    weights: list[float]
    messages: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditSpan:
    """An agent's message of one side of a pair; `start` and `end` count from where the sides' tokens part.

    `index` is the message's within the side, `turn` its user turn counted from the faulty one, `credit` the row's, and
    `root` says that it is the first action that differs.
    """

    start: int
    end: int
    index: int
    turn: int
    credit: int
    root: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedPair:
    """A preference pair; the sides are `prompt_ids + chosen_ids` and `prompt_ids + rejected_ids`, which share no more.

    `prompt_weights` and `chosen_weights` (one per id) are 1.0 on tokens that the likelihood of the chosen side trains.
    `left_out` counts the agent's messages after the fault, of the chosen and of the rejected side, that the template would
    not show in one sequence with the fault as they were said.
    """

    id: str
    fault: str
    operations: tuple[str, ...]
    prompt_ids: list[int]
    prompt_weights: list[float]
    chosen_ids: list[int]
    chosen_weights: list[float]
    chosen_spans: tuple[CreditSpan, ...]
    rejected_ids: list[int]
    rejected_spans: tuple[CreditSpan, ...]
    left_out: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        """Tokens of the longer side, prompt included."""
        return len(self.prompt_ids) + max(len(self.chosen_ids), len(self.rejected_ids))
