"""Did you mean: the nearest name to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate within max(1, len(name) // 3) edits of `name`, the nearest; None when all are farther.

    Of several, one with the same letters comes first (they were swapped), then the first by name.
    An edit inserts, deletes or replaces one character or swaps two neighbours (optimal string alignment, the restricted
    Damerau-Levenshtein distance). Case does not count.
    """
    limit = max(1, len(name) // 3)
    folded = name.casefold()
    near = []
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) > limit:
            continue
        distance = _distance(folded, candidate.casefold(), limit)
        if distance <= limit:
            near.append((distance, sorted(candidate) != sorted(name), candidate))
    return min(near)[2] if near else None


def is_sure(name: str, near: str, candidates: Iterable[str]) -> bool:
    """Whether `near` is so close to `name`, and all other candidates so far, that no one would read it otherwise."""
    others = [candidate for candidate in candidates if candidate != near]
    return _distance(name.casefold(), near.casefold(), 2) <= 2 and closest(name, others) is None


def _distance(a: str, b: str, limit: int) -> int:
    """Edits from `a` to `b`, or any number above `limit` when they are farther apart than that."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
