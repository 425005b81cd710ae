"""What several trials at the same things say."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb


def pass_hat(successes: Sequence[tuple[int, int]], k: int) -> float | None:
    """pass^k: the chance that `k` trials at one thing all succeed, averaged over things of which so many (successes, trials) are known.

    The unbiased estimate of each is C(successes, k) / C(trials, k). None of nothing, or with fewer than `k` trials at something.
    """
    if not successes or any(trials < k for _, trials in successes):
        return None
    return sum(comb(right, k) / comb(trials, k) for right, trials in successes) / len(successes)
