"""A rehearsal of a turn: what its calls take and give, known before its words are written, and what other calls would come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from magnetc.ir.json import Json

Arguments = Mapping[str, Mapping[str, Json]]
"""By call id, the arguments that a call takes once all that it waits for is known."""

MadeCall = tuple[str, Mapping[str, Json]]
"""A call by name and arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """Calls executed in place of those of a turn. `fails`: one of them errs. `is_equivalent`: they come to the same (design §7)."""

    results: Sequence[Json]
    fails: bool
    is_equivalent: bool


class Rehearsal(Protocol):
    """What words are held against, and not what they tell."""

    @property
    def arguments(self) -> Arguments: ...

    @property
    def results(self) -> Mapping[str, Json]:
        """By call id, what a call gives."""
        ...

    async def other(self, made: Sequence[MadeCall]) -> Rehearsed | None:
        """Execute other calls in place of the turn's, without a trace. None where that cannot be done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A rehearsal that stands in a record, without a world."""

    arguments: Arguments
    results: Mapping[str, Json]

    async def other(self, made: Sequence[MadeCall]) -> Rehearsed | None:
        return None


NOTHING = Recorded(arguments={}, results={})
"""Where nothing is called."""
