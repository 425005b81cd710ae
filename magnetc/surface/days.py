"""Days of the calendar that words leave open: without a year, without a month."""

from __future__ import annotations

import re
from datetime import date, timedelta

_PAST_DAYS = 60
AHEAD_DAYS = 300
"""A month and a day without a year mean the first such day from `_PAST_DAYS` ago on; said up to `AHEAD_DAYS` ahead."""

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(value: str) -> date | None:
    """The date that `YYYY-MM-DD` stands for, else None."""
    if not _ISO.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def without_year(month: int, day: int, today: date) -> date | None:
    first = today - timedelta(_PAST_DAYS)
    for year in (first.year, first.year + 1):
        found = day_of(year, month, day)
        if found and found >= first:
            return found
    return None


def next_day_of_month(day: int, today: date) -> date | None:
    if day > today.day:
        return day_of(today.year, today.month, day)
    return day_of(today.year + today.month // 12, today.month % 12 + 1, day)


def day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
