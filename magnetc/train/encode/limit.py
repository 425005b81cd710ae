"""Sequences over a length are dropped or cut between user turns, never inside one; and how long sequences are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from magnetc.train.encode.tokenized import TokenizedPair, TokenizedRow

Sized = TypeVar("Sized", TokenizedRow, TokenizedPair)
PLAIN = "plain"
"""In a tally, what no operation made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited(Generic[Sized]):
    """What is kept, and by operation what was `cut` or `dropped`; a row of several operations counts for each."""

    kept: list[Sized]
    tally: dict[str, dict[str, int]]


def limited(rows: Iterable[Sized], length: int, over: Literal["drop", "cut"]) -> Limited[Sized]:
    """Rows or pairs of at most `length` tokens.

    With `over="cut"` the last user turns of a longer one are left out until it fits, of both sides of a pair alike; what
    then trains nothing, or lacks its faulty turn, is dropped.
    """
    kept: list[Sized] = []
    tally: dict[str, Counter[str]] = {}
    for row in rows:
        fitting = row if len(row) <= length else _cut(row, length) if over == "cut" else None
        if fitting is not None:
            kept.append(fitting)
        if fitting is not row:
            for operation in row.operations or (PLAIN,):
                tally.setdefault(operation, Counter())["cut" if fitting else "dropped"] += 1
    return Limited(kept=kept, tally={name: dict(counts) for name, counts in sorted(tally.items())})


def _cut(row: Sized, length: int) -> Sized | None:
    """The longest beginning of whole user turns that fits and trains something; None when none does."""
    if isinstance(row, TokenizedRow):
        first, turns = min(span.turn for span in row.messages), {span.turn for span in row.messages}
    else:
        sides = ({span.turn for span in row.chosen_spans}, {span.turn for span in row.rejected_spans})
        first, turns = max(min(side) for side in sides), sides[0] | sides[1]
    for turn in sorted((turn for turn in turns if turn >= first), reverse=True):
        shorter = _through_turn(row, turn)
        if len(shorter) <= length:
            return shorter
    return None


def _through_turn(row: Sized, turn: int) -> Sized:
    if isinstance(row, TokenizedRow):
        spans = tuple(span for span in row.messages if span.turn <= turn)
        end = spans[-1].end
        return replace(row, messages=spans, input_ids=row.input_ids[:end], weights=row.weights[:end])
    chosen = tuple(span for span in row.chosen_spans if span.turn <= turn)
    rejected = tuple(span for span in row.rejected_spans if span.turn <= turn)
    end = chosen[-1].end
    return replace(
        row,
        chosen_spans=chosen,
        chosen_ids=row.chosen_ids[:end],
        chosen_weights=row.chosen_weights[:end],
        rejected_spans=rejected,
        rejected_ids=row.rejected_ids[: rejected[-1].end],
    )


def histogram(lengths: Sequence[int], bins: int = 10) -> list[tuple[int, int, int]]:
    """(low, high, count) of equal bins, `high` exclusive; the width is 1, 2 or 5 times a power of ten. Empty for none."""
    if not lengths:
        return []
    low, high = min(lengths), max(lengths)
    width = next(w for w in _widths() if high // w - low // w < bins)
    counts = Counter(length // width for length in lengths)
    return [(k * width, (k + 1) * width, counts[k]) for k in range(low // width, high // width + 1)]


def _widths() -> Iterable[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def histogram_text(lengths: Sequence[int], *, width: int = 40) -> str:
    """A line per bin: its bounds in tokens, a bar of at most `width` cells, and the count."""
    bins = histogram(lengths)
    most = max((count for _, _, count in bins), default=0)
    digits = len(str(bins[-1][1] - 1)) if bins else 1
    lines = []
    for low, high, count in bins:
        bar = "█" * round(width * count / most) if count else ""
        lines.append(f"{low:>{digits}}–{high - 1:<{digits}} {bar:<{width}} {count}")
    return "\n".join(lines)
