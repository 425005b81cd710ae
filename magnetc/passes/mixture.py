"""Mixture: what kind of conversation each unit gives, so that a dataset has the kinds in the shares that a recipe asks for.

    mixture: {multi_turn: 7800, single_turn: 20000, abstain: 6200}

A unit's base path has several user turns or, cut behind its first one, a single turn. Of those of several turns alone further copies are
made that go on (Split), K each on average, which have several turns too. An abstention is a copy of a base path, its twin, and comes on
top. So the shares m, s and a are met where

    x = m / (m + s (1 + K))          of the base paths have several turns,
    (1 + x K) a / (m + s)            abstentions are made of a base path, at most `MOST`.

Both are told to units by their number alone: by keyed sequences of low discrepancy, so that any first n units of a path are close to
the shares, and no unit changes where others are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from magnetc.ir import draw
from magnetc.ir.path import AbstentionKind, SignaturePath

if TYPE_CHECKING:
    from magnetc.passes.manager import Log

MOST = 3
"""Abstentions of a base path, at most: one of each kind that ends the conversation."""

_STEPS = (0.7548776662466927, 0.5698402909980532)
"""1/g and 1/g² for g³ = g + 1: multiples of the two fill the unit square evenly (Roberts' R2 sequence)."""

DECLINES = (AbstentionKind.NEAR, AbstentionKind.NONE, AbstentionKind.VALUE)
"""Abstentions that end a conversation: nothing that was asked for is done. After small talk, or a question that was answered before, it goes on."""


class Kind(StrEnum):
    """abstain: it ends with a request that the agent declines, with nothing called. The others: how many user turns it has."""

    MULTI_TURN = "multi_turn"
    SINGLE_TURN = "single_turn"
    ABSTAIN = "abstain"


def kind_of(operations: Iterable[str], turns: int) -> Kind:
    """The kind of a conversation with these operations in its tags, and so many user turns."""
    made = {operation.partition("@")[0] for operation in operations}
    if made & {f"no_tool.{kind}" for kind in DECLINES}:
        return Kind.ABSTAIN
    return Kind.SINGLE_TURN if turns == 1 else Kind.MULTI_TURN


def is_abstention(copy: SignaturePath) -> bool:
    """Whether a copy ends with a request that is declined."""
    return any(turn.abstains and turn.abstains.kind in DECLINES for turn in copy.turns)


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a recipe's `mixture` comes to for its units. `single`: the share of base paths with one turn; `abstentions` are made of a base
    path, on average. Without a mixture, `asked` is False, and nothing is decided.
    """

    seed: int
    asked: bool = False
    single: float = 0.0
    abstentions: float = 0.0

    @classmethod
    def of(cls, seed: int, shares: Sequence[tuple[str, float]], copies: float) -> Mixture:
        """`copies` that go on are made of a base path of several turns, on average."""
        if not shares:
            return cls(seed)
        found = dict(shares)
        several, one, abstain = (found.get(kind, 0.0) for kind in Kind)
        share = several / (several + one * (1 + copies))
        return cls(seed, True, 1 - share, min(float(MOST), (1 + share * copies) * abstain / (several + one)))

    def is_single(self, path: str, ordinal: int) -> bool:
        """Whether unit `ordinal` of a path has one user turn."""
        return self.asked and self._told(0, path, ordinal) < self.single

    def abstaining(self, path: str, ordinal: int) -> int:
        """How many abstentions are made of unit `ordinal` of a path."""
        return int(self.abstentions + self._told(1, path, ordinal)) if self.asked else 0

    def _told(self, which: int, path: str, ordinal: int) -> float:
        """A number in [0, 1) for a unit."""
        return (draw.fraction(self.seed, "mixture", which, path) + ordinal * _STEPS[which]) % 1.0


@dataclass(frozen=True, slots=True)
class CutTurns:
    """A base path after the operations on its walk -> its first turn, where the mixture wants one; one that should have several and was merged
    into one is drawn anew."""

    single: bool
    name: str = "mixture"
    version: str = "1"

    def run(self, context: object, path: SignaturePath, log: Log) -> SignaturePath | None:
        del context
        if self.single:
            return path.with_turns(path.turns[:1])
        if len(path.turns) == 1 and any(operation.startswith("merge@") for operation in path.turns[0].operations):
            log.reject(self.name, "the mixture wants several turns, and all were merged into one")
            return None
        return path
