"""Whether words say a day only to someone who knows today's date: "tomorrow", "March 4"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from magnetc.ir.types import EntityType
from magnetc.surface.forms import read

_KINDS = tuple(EntityType(name=form, base="string", format=form) for form in ("date", "datetime"))

OTHER_DAYS = (1, 45, 400)
"""How much later today is tried to be: another day of the week, another month, another year."""


def depends_on_today(text: str, locale: str, now: str, others: Iterable[int] = OTHER_DAYS) -> bool:
    """Whether `text` reads as a date, and as another one where today is some days later. `now` is ISO 8601."""
    today = date.fromisoformat(now[:10])
    days = [now, *((today + timedelta(days=later)).isoformat() + now[10:] for later in others)]
    return any(len({read(text, kind, locale, day) for day in days}) > 1 for kind in _KINDS)
