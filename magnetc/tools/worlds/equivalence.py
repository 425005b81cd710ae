"""Equivalence of executions (design §7): same observable state and required results, up to a bijection of minted values.

Redundant reads are allowed. Redundant writes are allowed only if the state still matches, which comparing the observable
state decides. Minted values are paired as they are met, in results, then in the state, inside texts too; a pairing that
contradicts an earlier one is a difference. Where several calls give a required result, the one with the same arguments is
taken first, the others if the rest then differs. Objects keyed by minted values are matched key by key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from magnetc.ir.json import Json, canonical
from magnetc.ir.pointer import expand
from magnetc.ir.spec import Spec
from magnetc.ir.types import leaves

PAIRINGS = 24
"""Ways to match required results that are tried before the executions count as different."""


@dataclass(frozen=True, slots=True)
class Made:
    """One executed call, as equivalence sees it."""

    function: str
    arguments: Mapping[str, Json]
    result: Json
    required: bool = True


@dataclass(frozen=True, slots=True)
class Execution:
    """Calls in order and the observable state after them."""

    made: Sequence[Made]
    observed: Json


def minted_values(spec: Spec, made: Iterable[Made]) -> frozenset[str]:
    """Texts of minted entity types in results. Numbers are never renamed: too many stand for something else."""
    found: set[str] = set()
    for call in made:
        if call.function not in spec.tool:
            continue
        for pattern in _minted_places(spec, call.function):
            for _, value in expand(call.result, pattern):
                if isinstance(value, str) and value:
                    found.add(value)
    return frozenset(found)


def _minted_places(spec: Spec, function: str) -> tuple[str, ...]:
    places = []
    for at, ref in leaves(spec.tool[function].returns):
        entity = spec.type_table.get(ref.name)
        if entity is not None and entity.minted:
            places.append(at)
    return tuple(places)


def equivalent(reference: Execution, other: Execution, spec: Spec, existing: frozenset[str] = frozenset()) -> bool:
    """Whether `other` did what `reference` did."""
    return difference(reference, other, spec, existing) is None


def difference(reference: Execution, other: Execution, spec: Spec, existing: frozenset[str] = frozenset()) -> str | None:
    """None when equivalent, else the first difference in words: `missing result of` a tool, or `state`.

    A result that is there answers for every call that gives it: what is known need not be asked for again.

    `existing` holds the texts of the initial state: a value that was there before stands for itself alone.
    """
    required = [call for call in reference.made if call.required]
    told = [(call.function, call.result) for call in other.made]
    is_alike = reference.observed == other.observed and all((call.function, call.result) in told for call in required)
    if is_alike and canonical(reference.observed) == canonical(other.observed):
        return None  # the same to the letter: every value stands for itself
    pairing = _Pairing(
        minted_values(spec, reference.made) - existing, minted_values(spec, other.made) - existing
    )
    return _Search(required, reference.observed, other).difference(0, pairing, frozenset())


def matched(reference: Sequence[Made], other: Sequence[Made], spec: Spec,
            existing: frozenset[str] = frozenset()) -> list[tuple[int, int]]:
    """Calls of `reference` that `other` makes too, as pairs of indices: the same function with the same arguments.

    Each call of `other` stands for at most one. A minted value is the same where the calls that gave it are matched; of
    several that would do, the call with the same result is taken, else the first.
    """
    pairing = _Pairing(minted_values(spec, reference) - existing, minted_values(spec, other) - existing)
    found: dict[int, int] = {}
    for index, call in enumerate(reference):
        best: tuple[int, _Pairing] | None = None
        for position, made in enumerate(other):
            trial = pairing.copy()
            if position in found or made.function != call.function or not trial.unify(call.arguments, made.arguments):
                continue
            told = trial.copy()
            if told.unify(call.result, made.result):
                best = position, told
                break
            best = best or (position, trial)
        if best is not None:
            found[best[0]], pairing = index, best[1]
    return [(index, position) for position, index in found.items()]


@dataclass(slots=True)
class _Search:
    """A search for calls of `other` that give the required results, in order, such that the states match too."""

    required: Sequence[Made]
    observed: Json
    other: Execution
    tries: int = PAIRINGS

    def difference(self, number: int, pairing: _Pairing, used: frozenset[int]) -> str | None:
        """The first difference from the required result `number` on, None when there is none."""
        if number == len(self.required):
            self.tries -= 1
            return None if pairing.unify_states(self.observed, self.other.observed) else "state"
        first = None
        for index, extended in self._matches(self.required[number], pairing, used):
            found = self.difference(number + 1, extended, used | {index})
            if found is None:
                return None
            first = first or found
            if self.tries <= 0:
                break
        if first is None:
            self.tries -= 1
        return first or f"missing result of `{self.required[number].function}`"

    def _matches(self, call: Made, pairing: _Pairing, used: frozenset[int]) -> Iterator[tuple[int, _Pairing]]:
        """Calls that gave the result, each with its pairing; of those that pair alike, the first."""
        ranked = [
            (index in used, not pairing.copy().unify(call.arguments, made.arguments), index)
            for index, made in enumerate(self.other.made)
            if made.function == call.function
        ]
        tried: list[dict[str, str]] = []
        for _, _, index in sorted(ranked):
            extended = pairing.copy()
            if extended.unify(call.result, self.other.made[index].result) and extended.forward not in tried:
                tried.append(extended.forward)
                yield index, extended


@dataclass(slots=True)
class _Pairing:
    """A growing bijection between the minted values of two executions."""

    left: frozenset[str]
    right: frozenset[str]
    forward: dict[str, str] = field(default_factory=dict)
    backward: dict[str, str] = field(default_factory=dict)

    def copy(self) -> _Pairing:
        return _Pairing(self.left, self.right, dict(self.forward), dict(self.backward))

    def adopt(self, other: _Pairing) -> None:
        self.forward, self.backward = other.forward, other.backward

    def unify_states(self, a: Json, b: Json) -> bool:
        """Unify, pairing first the values that stand alone: they tell keys apart that look alike."""
        return self._pair_alone(a, b) and self.unify(a, b)

    def _pair_alone(self, a: Json, b: Json) -> bool:
        if isinstance(a, dict) and isinstance(b, dict):
            return all(self._pair_alone(value, b[key]) for key, value in a.items() if key in b and key not in self.left)
        if isinstance(a, list) and isinstance(b, list):
            return all(map(self._pair_alone, a, b))
        return not (isinstance(a, str) and isinstance(b, str) and a in self.left and b in self.right) or self._pair(a, b)

    def unify(self, a: Json, b: Json) -> bool:
        if isinstance(a, dict):
            return isinstance(b, dict) and self._unify_objects(a, b)
        if isinstance(a, list):
            return isinstance(b, list) and len(a) == len(b) and all(map(self.unify, a, b))
        if isinstance(a, str) and isinstance(b, str):
            return self._unify_text(a, b)
        return a == b and isinstance(a, bool) == isinstance(b, bool)

    def _unify_objects(self, a: dict[str, Json], b: dict[str, Json]) -> bool:
        if len(a) != len(b):
            return False
        loose: list[str] = []
        for key, value in a.items():
            if key in self.left:
                loose.append(key)
            elif key not in b or not self.unify(value, b[key]):
                return False
        return not loose or self._match_keys(loose, a, b)

    def _match_keys(self, loose: list[str], a: dict[str, Json], b: dict[str, Json]) -> bool:
        """Keys that are minted: those paired already by their pair, the others in order, the first that fits."""
        free = [key for key in b if key in self.right and key not in self.backward]
        for key in loose:
            if key in self.forward:
                if self.forward[key] not in b or not self.unify(a[key], b[self.forward[key]]):
                    return False
                continue
            for candidate in free:
                trial = self.copy()
                if trial.unify(key, candidate) and trial.unify(a[key], b[candidate]):
                    self.adopt(trial)
                    free.remove(candidate)
                    break
            else:
                return False
        return True

    def _unify_text(self, a: str, b: str) -> bool:
        if a in self.left or b in self.right:
            return a in self.left and b in self.right and self._pair(a, b)
        ours, theirs = _pieces(a, self.left), _pieces(b, self.right)
        if len(ours) == len(theirs) and ours[::2] == theirs[::2]:
            return all(map(self._pair, ours[1::2], theirs[1::2]))
        paired = any(value in self.forward for value in ours[1::2]) or any(value in self.backward for value in theirs[1::2])
        return a == b and not paired

    def _pair(self, a: str, b: str) -> bool:
        if self.forward.get(a, b) != b or self.backward.get(b, a) != a:
            return False
        self.forward[a], self.backward[b] = b, a
        return True


@lru_cache(maxsize=4096)
def _pieces(text: str, values: frozenset[str]) -> list[str]:
    """A text that quotes minted values ("your reference is QX7K2"): what is between them, and they, in turn."""
    quoting = _quoting(values)
    return quoting.split(text) if quoting else [text]


@lru_cache(maxsize=256)
def _quoting(values: frozenset[str]) -> re.Pattern[str] | None:
    """A pattern of whole values, the longest first."""
    if not values:
        return None
    longest = sorted(values, key=lambda value: (-len(value), value))
    return re.compile(r"(?<![^\W_])(" + "|".join(map(re.escape, longest)) + r")(?![^\W_])")


def texts_in(value: Json) -> frozenset[str]:
    """Every string of a JSON value, keys included: what an initial state already holds."""
    found: set[str] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, dict):
            found.update(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return frozenset(found)
