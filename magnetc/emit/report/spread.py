"""Spread of numbers that were counted: median, mean, and bars to draw."""

from __future__ import annotations

from collections import Counter

from magnetc.emit.report.figures import Spread

BARS = 24
"""Ranges that are drawn, at most."""

MOST = 0.95
"""Of what is counted, this share is at most `most_below`."""


def spread(name: str, counts: Counter[int]) -> Spread | None:
    """None where nothing was counted."""
    total = sum(counts.values())
    if not total:
        return None
    ordered = sorted(counts.items())
    least, greatest = ordered[0][0], ordered[-1][0]
    wide = -(-(greatest - least + 1) // BARS)
    bars = [0] * ((greatest - least) // wide + 1)
    for number, times in ordered:
        bars[(number - least) // wide] += times
    return Spread(name=name, least=least, median=_at(ordered, total, 0.5), mean=sum(n * times for n, times in ordered) / total,
                  most_below=_at(ordered, total, MOST), greatest=greatest, bars=tuple(bars))


def _at(ordered: list[tuple[int, int]], total: int, share: float) -> int:
    """The least number that so great a share does not exceed."""
    below = 0
    for number, times in ordered:
        below += times
        if below >= share * total:
            return number
    return ordered[-1][0]
