"""Did you mean: the nearest name to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 200
"""Characters of the longest name for which another is looked for: what is longer is no slip of a name."""

MIN_STEM = 3
"""Letters that tell a word from another by its beginning."""


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate within max(1, len(name) // 3) edits of `name`, the nearest; else the only one that begins like it.

    Of several that are near, one with the same letters comes first (they were swapped), then the first by name. An edit
    inserts, deletes or replaces one character or swaps two neighbours (optimal string alignment, the restricted
    Damerau-Levenshtein distance). Case does not count. One begins like the other where it goes on after it: `valid` and
    `validation`, singular and plural alike.
    """
    candidates = tuple(candidates)
    return None if len(name) > LONGEST else _nearest(name, candidates) or _begun(name, candidates)


def _nearest(name: str, candidates: Iterable[str]) -> str | None:
    limit = max(1, len(name) // 3)
    near = [(distance, sorted(candidate) != sorted(name), candidate) for distance, candidate in _within(name, candidates, limit)]
    return min(near)[2] if near else None


def _begun(name: str, candidates: Iterable[str]) -> str | None:
    stem = _singular(name)
    if len(stem) < MIN_STEM:
        return None
    stems = {candidate: _singular(candidate) for candidate in candidates if candidate != name}
    begun = [candidate for candidate, other in stems.items()
             if other.startswith(stem) or (len(other) > MIN_STEM and stem.startswith(other))]
    return begun[0] if len(begun) == 1 else None


def _singular(name: str) -> str:
    folded = name.casefold()
    return f"{folded[:-3]}y" if folded.endswith("ies") else folded.removesuffix("s")


def is_sure(name: str, near: str, candidates: Iterable[str]) -> bool:
    """Whether `near` is so close to `name`, and all other candidates so far, that no one would read it otherwise."""
    others = [candidate for candidate in candidates if candidate != near]
    return bool(_within(name, [near], 2)) and _nearest(name, others) is None


def _within(name: str, candidates: Iterable[str], limit: int) -> list[tuple[int, str]]:
    """The candidates within so many edits, each with its distance."""
    # Here, so that a run without a mistake does not import it.
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    pool = [candidate for candidate in candidates if candidate != name and abs(len(candidate) - len(name)) <= limit]
    folded = [candidate.casefold() for candidate in pool]
    found = extract(name.casefold(), folded, scorer=OSA.distance, score_cutoff=limit, limit=None)
    return [(int(distance), pool[index]) for _, distance, index in found]
