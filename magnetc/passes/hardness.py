"""Hardness: which units have to hang on what came before, so that a dataset is as difficult as its recipe asks for.

    difficulty: {chain: {least: 3, share: 0.5}, long: 0.3, implicit: 0.4}

Each is a share of base paths of several turns, at the least. Which units are told to have a thing follows from their number alone, as a mixture's
do (`mixture.py`); the path of such a unit is drawn up to `DRAWS`
times, until it has that. What the others come to by chance is on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from magnetc.ir import draw
from magnetc.ir.path import Call, OutputSource, SignaturePath

DRAWS = 24
"""How often a path is drawn, at most, until it has what it was told to have."""

FAR = 2
"""User turns between a result and what takes a value from it, from which on a dependency is long."""

_GOLDEN = 0.6180339887498949
"""Its multiples fill the unit interval evenly."""


@dataclass(frozen=True, slots=True)
class Hardness:
    """`wanted`: by thing its share. `chain`: the calls that a long chain has at the least."""

    seed: int
    wanted: tuple[tuple[str, float], ...] = ()
    chain: int = 0

    def told(self, path: str, ordinal: int) -> Iterator[str]:
        """What unit `ordinal` of a path has to have."""
        for thing, share in self.wanted:
            if (draw.fraction(self.seed, "hardness", thing, path) + ordinal * _GOLDEN) % 1.0 < share:
                yield thing

    def lacking(self, path: SignaturePath) -> list[str]:
        """What a path was told to have and has not."""
        return [thing for thing in self.told(path.name, path.ordinal) if not self._has(path, thing)]

    def _has(self, path: SignaturePath, thing: str) -> bool:
        match thing:
            case "chain":
                return longest_chain(path) >= self.chain
            case "long":
                return any(distance >= FAR for distance in distances(path))
            case _:
                return any(call.goal != call.id for call in path.calls())


def longest_chain(path: SignaturePath) -> int:
    """Calls of the longest chain in which each takes a value of a result of the one before it."""
    found: dict[str, int] = {}
    for call in path.calls():
        found[call.id] = 1 + max((found[each] for each in _producers(call)), default=0)
    return max(found.values(), default=0)


def distances(path: SignaturePath) -> Iterator[int]:
    """How many user turns lie between each result that a value is taken from and the call that takes it."""
    turns = {call.id: number for number, turn in enumerate(path.turns) for call in turn.calls}
    for call in path.calls():
        yield from (turns[call.id] - turns[producer] for producer in _producers(call))


def _producers(call: Call) -> Iterator[str]:
    """The calls whose results give it values."""
    yield from (argument.source.call for argument in call.arguments if isinstance(argument.source, OutputSource))
