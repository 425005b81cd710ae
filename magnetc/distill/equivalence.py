"""Equivalence of executions (design §7): same observable state and required results, up to a bijection of minted values.

Redundant reads are allowed. Redundant writes are allowed only if the state still matches, which comparing the observable
state decides. Minted values are paired as they are met, required results first, in order; a pairing that contradicts an
earlier one is a difference. Objects keyed by minted values are matched key by key under the pairing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from magnetc.ir.json import Json
from magnetc.ir.pointer import expand
from magnetc.ir.spec import Spec
from magnetc.ir.types import leaves


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
    """Values of minted entity types in results. Only strings and whole numbers can be renamed."""
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
    pairing = _Pairing(
        minted_values(spec, reference.made) - existing, minted_values(spec, other.made) - existing
    )
    unused = list(range(len(other.made)))
    for call in reference.made:
        if not call.required:
            continue
        used = [i for i in range(len(other.made)) if i not in unused]
        match = next((i for i in (*unused, *used) if _same_call(call, other.made[i], pairing)), None)
        if match is None:
            return f"missing result of `{call.function}`"
        if match in unused:
            unused.remove(match)
    if not pairing.unify(reference.observed, other.observed):
        return "state"
    return None


def _same_call(call: Made, other: Made, pairing: _Pairing) -> bool:
    """Whether `other` gave the result that `call` gave, extending the pairing if so."""
    if call.function != other.function:
        return False
    trial = pairing.copy()
    if not trial.unify(call.result, other.result):
        return False
    pairing.adopt(trial)
    return True


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
            if a not in self.left or b not in self.right:
                return False
            if self.forward.get(a, b) != b or self.backward.get(b, a) != a:
                return False
            self.forward[a], self.backward[b] = b, a
            return True
        return self._renamed(a) == b

    def _renamed(self, text: str) -> str:
        """Text that quotes minted values ("your reference is QX7K2"), with those renamed that are paired."""
        for value, renamed in self.forward.items():
            if value != renamed and value in text:
                text = text.replace(value, renamed)
        return text


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
