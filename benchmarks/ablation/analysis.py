"""What outcomes say of arms: rates, paired differences with intervals that know of seeds and of base paths, and Holm's correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 9_999
BATCH = 500


class Outcome(NamedTuple):
    """Of a conversation that a model played: so many `hits` in so many cases (turns). Conversations of one `cluster`, a base path, are no independent evidence."""

    cluster: str
    hits: int
    of: int


Outcomes = Mapping[int, Mapping[str, Outcome]]
"""Of an arm: by seed, by conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate or a difference of rates. `seeds` is how many it is of: of one seed alone the interval is about conversations only."""

    value: float
    low: float
    high: float
    p: float
    seeds: int
    items: int
    seeds_error: float
    items_error: float


def rate(outcomes: Outcomes) -> Estimate:
    """The share of all cases that are hits; its p is of being 0, and of no use."""
    return _estimate([{item: (one.cluster, one.hits, one.of) for item, one in of_seed.items()} for of_seed in outcomes.values()])


def difference(arm: Outcomes, other: Outcomes) -> Estimate | None:
    """How much more `arm` hits than `other`, paired by seed and conversation. None where they share no seed.

    Raises:
        ValueError: where a seed's models did not play the same conversations.
    """
    seeds = sorted(arm.keys() & other.keys())
    return _estimate([_paired(arm[seed], other[seed]) for seed in seeds]) if seeds else None


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's adjusted p of each of a family (Holm 1979)."""
    adjusted, most = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        most = max(most, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = most
    return adjusted


Cases = Mapping[str, tuple[str, int, int]]
"""By conversation: its cluster, hits (or how many more than another's), and cases."""


def _paired(arm: Mapping[str, Outcome], other: Mapping[str, Outcome]) -> Cases:
    if arm.keys() != other.keys():
        raise ValueError(f"{len(arm.keys() ^ other.keys())} conversations were played by one of two arms only")
    for item, one in arm.items():
        if (one.cluster, one.of) != (other[item].cluster, other[item].of):
            raise ValueError(f"`{item}` is not the same conversation in both arms")
    return {item: (one.cluster, one.hits - other[item].hits, one.of) for item, one in arm.items()}


def _estimate(by_seed: Sequence[Cases]) -> Estimate:
    """The mean over seeds, with two errors that are added: of the seeds, and of the clusters given these seeds. What both hold counts twice: rather too wide.

    Student's interval, with Satterthwaite's degrees of freedom of the sum.
    """
    means = [_ratio(cases) for cases in by_seed]
    value = float(np.mean(means))
    clusters = _clusters(by_seed)
    parts = [(float(np.var(means, ddof=1)) / len(means), len(means) - 1)] if len(means) > 1 else []
    if len(clusters) > 1:
        parts.append((_items_error(clusters) ** 2, len(clusters) - 1))
    low, high, p = _student(value, parts, len(clusters))
    seeds_error = sqrt(parts[0][0]) if len(means) > 1 else 0.0
    items_error = sqrt(parts[-1][0]) if len(clusters) > 1 else 0.0
    return Estimate(value=value, low=low, high=high, p=p, seeds=len(means), items=len(by_seed[0]), seeds_error=seeds_error, items_error=items_error)


def _student(value: float, parts: Sequence[tuple[float, int]], clusters: int) -> tuple[float, float, float]:
    """Interval and two-sided p of a value whose variance is a sum of parts, each with its degrees of freedom.

    Where nothing varies (an arm at the floor), what was not seen in n clusters is bounded as in Clopper and Pearson's interval of 0 of n,
    and p is that of n signs that agree.
    """
    if not parts:
        return -1.0, 1.0, 1.0
    variance = sum(part for part, _ in parts)
    if variance == 0:
        half = 1 - ((1 - LEVEL) / 2) ** (1 / clusters)
        return value - half, value + half, 1.0 if value == 0 else min(1.0, 2 * 0.5**clusters)
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * sqrt(variance)
    return value - half, value + half, float(2 * stats.t.sf(abs(value) / sqrt(variance), freedom))


def _ratio(cases: Cases) -> float:
    of = sum(each[2] for each in cases.values())
    return sum(each[1] for each in cases.values()) / of if of else 0.0


def _clusters(by_seed: Sequence[Cases]) -> list[tuple[float, float]]:
    """By cluster: hits and cases, both averaged over seeds."""
    found: dict[str, list[float]] = {}
    for cases in by_seed:
        for cluster, hits, of in cases.values():
            sums = found.setdefault(cluster, [0.0, 0.0])
            sums[0] += hits / len(by_seed)
            sums[1] += of / len(by_seed)
    return [(hits, of) for hits, of in found.values() if of]


def _items_error(clusters: Sequence[tuple[float, float]]) -> float:
    """The standard error of the ratio of sums over clusters: a bootstrap of whole clusters, of a fixed seed."""
    data = tuple(np.array([each[at] for each in clusters]) for at in (0, 1))
    if np.ptp(data[0] / data[1]) == 0:
        return 0.0
    made = stats.bootstrap(data, lambda hits, of, axis: hits.sum(axis) / of.sum(axis), paired=True, method="percentile", n_resamples=RESAMPLES, batch=BATCH,
                           rng=np.random.default_rng(0))
    return float(made.standard_error)
