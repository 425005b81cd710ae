"""What a sample leaves open: intervals of shares and means."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

LEVEL = 0.95
"""How often an interval has the true value in it."""

FEWEST = 20
"""Clusters from which a bootstrap of them is taken at its word: of fewer it makes intervals too narrow."""

_RESAMPLES = 9_999

_DEVIATIONS = 1.959963984540054
"""Of a normal distribution, around its mean, that hold `LEVEL` of it."""

Interval = tuple[float, float]


def clopper_pearson(hits: float, of: float) -> Interval:
    """Of a share: never too narrow. `of` may be an effective size, which is no whole number."""
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(hits, of - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, of - hits, 1 - tail)) if of - hits > 1e-9 else 1.0
    return low, high


def wilson(hits: float, of: float) -> Interval:
    """Of a share, as wide as it has to be on average, also of small samples (Wilson 1927). (0, 1) of none.

    `of` may be an effective size, which is no whole number."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, _DEVIATIONS**2 / of
    middle, half = share + square / 2, _DEVIATIONS * sqrt(share * (1 - share) / of + square / of / 4)
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    return low if hits else 0.0, high if hits < of else 1.0


def of_mean(values: Sequence[float]) -> Interval:
    """Of the mean of values between 0 and 1, by their standard deviation; (0, 1) of fewer than two."""
    count = len(values)
    if count < 2:
        return 0.0, 1.0
    mean = sum(values) / count
    half = _DEVIATIONS * sqrt(sum((value - mean) ** 2 for value in values) / (count - 1) / count)
    return max(0.0, mean - half), min(1.0, mean + half)


def of_clusters(counts: Sequence[tuple[int, int]]) -> Interval:
    """Of a share that is counted, hits and of how many, in clusters which alone are independent; (0, 1) of none.

    A percentile bootstrap of whole clusters. Of fewer than FEWEST, and where all are alike so that it would say that nothing is uncertain,
    Wilson's interval of as many things as there are clusters.
    """
    counts = [(hits, of) for hits, of in counts if of]
    share = sum(hits for hits, _ in counts) / sum(of for _, of in counts) if counts else 0.0
    if len(counts) < FEWEST or share in (0.0, 1.0):
        return wilson(share * len(counts), len(counts))
    from numpy.random import default_rng
    from scipy.stats import bootstrap

    data = tuple([float(each[at]) for each in counts] for at in (0, 1))
    made = bootstrap(data, lambda hits, of, axis: hits.sum(axis) / of.sum(axis), paired=True, confidence_level=LEVEL, method="percentile",
                     n_resamples=_RESAMPLES, batch=500, rng=default_rng(0)).confidence_interval
    return float(made.low), float(made.high)
