"""Success of two models in the same conversations: the difference, and its interval by base path and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from magnetc.build.interval import FEWEST, LEVEL, wilson

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
    """A share, or a difference of two, with its 95 % interval."""

    value: float
    interval: tuple[float, float]
    cases: int
    clusters: int


def share(own: Mapping[str, Outcome]) -> Estimate:
    """How often a model succeeds, on average over its seeds."""
    return _estimate(own, None)


def difference(own: Mapping[str, Outcome], other: Mapping[str, Outcome]) -> Estimate:
    """How much oftener a model succeeds than another in the conversations that both had.

    Interval: a percentile bootstrap of base paths, and at the same time of the seeds of each model. Of fewer than 20 base paths, and where a model fails or
    succeeds in all, so that the bootstrap would say that nothing is uncertain, it is Newcombe's (1998, method 10) of Wilson's intervals, with as many cases as
    base paths; that is wider, since it does not know that the conversations are the same.
    """
    return _estimate(own, other)


def _estimate(own: Mapping[str, Outcome], other: Mapping[str, Outcome] | None) -> Estimate:
    cases = sorted(own.keys() if other is None else own.keys() & other.keys())
    if not cases:
        return Estimate(0.0, (-1.0, 1.0) if other is not None else (0.0, 1.0), 0, 0)
    clusters = sorted({own[case].cluster for case in cases})
    at = {cluster: place for place, cluster in enumerate(clusters)}
    counts = np.bincount([at[own[case].cluster] for case in cases], minlength=len(clusters)).astype(float)
    sums = [_sums(each, cases, at, own) for each in (own, other) if each is not None]
    shares = [float(each.sum(0).mean() / counts.sum()) for each in sums]
    certain = len(clusters) < FEWEST or any(share in (0.0, 1.0) for share in shares)
    interval = _newcombe(shares, len(clusters)) if certain else _bootstrap(counts, sums)
    return Estimate(shares[0] - sum(shares[1:]), interval, len(cases), len(clusters))


def _newcombe(shares: list[float], cases: int) -> tuple[float, float]:
    """Wilson's interval of a share; Newcombe's of the difference of two."""
    first, *rest = [(share, *wilson(share * cases, cases)) for share in shares]
    if not rest:
        return first[1], first[2]
    (one, low, high), (other, least, most) = first, rest[0]
    return one - other - hypot(one - low, most - other), one - other + hypot(high - one, other - least)


def _sums(outcomes: Mapping[str, Outcome], cases: list[str], at: Mapping[str, int], own: Mapping[str, Outcome]) -> Floats:
    """Successes by cluster and seed."""
    found = np.zeros((len(at), len(outcomes[cases[0]].by_seed)))
    for case in cases:
        found[at[own[case].cluster]] += outcomes[case].by_seed
    return found


def _bootstrap(counts: Floats, sums: list[Floats]) -> tuple[float, float]:
    random = np.random.default_rng(0)
    clusters, drawn = len(counts), []
    for start in range(0, _RESAMPLES, _AT_ONCE):
        size = min(_AT_ONCE, _RESAMPLES - start)
        paths = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=size)
        of = paths @ counts
        total = np.zeros(size)
        for sign, each in zip((1.0, -1.0), sums):
            total += sign * ((paths @ each) * _seeds(random, each.shape[1], size)).sum(1) / of
        drawn.append(total)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(np.concatenate(drawn), (tail, 100 - tail))
    return float(low), float(high)


def _seeds(random: np.random.Generator, seeds: int, size: int) -> Floats:
    """Weights of resampled seeds, (size, seeds). They are spread by √(n / (n - 1)): resampling n things shows (n - 1) / n of their mean's variance, which of
    three is a third too little."""
    if seeds == 1:
        return np.ones((size, 1))
    drawn = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=size) / seeds
    return 1 / seeds + (drawn - 1 / seeds) * (seeds / (seeds - 1)) ** 0.5
