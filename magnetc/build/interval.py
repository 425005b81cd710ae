"""What a sample leaves open: intervals of shares and means."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

LEVEL = 0.95
"""How often an interval has the true value in it."""

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


def wilson(hits: int, of: int) -> Interval:
    """Of a share, as wide as it has to be on average, also of small samples (Wilson 1927). (0, 1) of none."""
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
