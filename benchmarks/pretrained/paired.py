"""Success of two models in the same conversations: the difference, and its interval by base path and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from magnetc.build.interval import FEWEST, LEVEL

_RESAMPLES = 9_999
_AT_ONCE = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model trained with each of some seeds did in a conversation (0 or 1 of each seed), and what base path that is of: conversations of one
    base path are no independent evidence."""

    cluster: str
    by_seed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, or a difference of two, with its interval; none where there are too few base paths for one."""

    value: float
    interval: tuple[float, float] | None
    cases: int
    clusters: int


def share(own: Mapping[str, Outcome]) -> Estimate:
    """How often a model succeeds, on average over its seeds."""
    return _estimate(own, None)


def difference(own: Mapping[str, Outcome], other: Mapping[str, Outcome]) -> Estimate:
    """How much oftener a model succeeds than another in the conversations that both had.

    Interval: a percentile bootstrap of base paths, and at the same time of the seeds of each model.
    """
    return _estimate(own, other)


def _estimate(own: Mapping[str, Outcome], other: Mapping[str, Outcome] | None) -> Estimate:
    cases = sorted(own.keys() if other is None else own.keys() & other.keys())
    if not cases:
        return Estimate(0.0, None, 0, 0)
    clusters = sorted({own[case].cluster for case in cases})
    at = {cluster: place for place, cluster in enumerate(clusters)}
    counts = np.bincount([at[own[case].cluster] for case in cases], minlength=len(clusters)).astype(float)
    sums = [_sums(each, cases, at, own) for each in (own, other) if each is not None]
    signs = (1.0, -1.0)
    value = sum(sign * float(each.sum(0).mean() / counts.sum()) for sign, each in zip(signs, sums))
    interval = _interval(counts, sums) if len(clusters) >= FEWEST else None
    return Estimate(value, interval, len(cases), len(clusters))


def _sums(outcomes: Mapping[str, Outcome], cases: list[str], at: Mapping[str, int], own: Mapping[str, Outcome]) -> Floats:
    """Successes by cluster and seed."""
    found = np.zeros((len(at), len(outcomes[cases[0]].by_seed)))
    for case in cases:
        found[at[own[case].cluster]] += outcomes[case].by_seed
    return found


def _interval(counts: Floats, sums: list[Floats]) -> tuple[float, float]:
    random = np.random.default_rng(0)
    clusters, drawn = len(counts), []
    for start in range(0, _RESAMPLES, _AT_ONCE):
        size = min(_AT_ONCE, _RESAMPLES - start)
        paths = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=size)
        of = paths @ counts
        total = np.zeros(size)
        for sign, each in zip((1.0, -1.0), sums):
            seeds = each.shape[1]
            chosen = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=size) / seeds
            total += sign * ((paths @ each) * chosen).sum(1) / of
        drawn.append(total)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(np.concatenate(drawn), (tail, 100 - tail))
    return float(low), float(high)
