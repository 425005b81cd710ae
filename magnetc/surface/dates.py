"""Dates as people say them on a given day: "tomorrow", "Thursday", "the 12th", "March 12"; and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from magnetc.surface import japanese
from magnetc.surface.days import AHEAD_DAYS, day_of, next_day_of_month, parse_date, without_year
from magnetc.surface.form import Form, fold

_RELATIVE = {
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
    "fr": {-1: "hier", 0: "aujourd'hui", 1: "demain"},
}
_ON = {"en": "on ", "fr": "le "}


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Names in one language: weekdays from Monday, months from January, and the patterns that read them folded."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    weekday_index: dict[str, int]
    month_index: dict[str, int]
    full: re.Pattern[str]
    day_only: re.Pattern[str]


def ordinal(number: int, language: str) -> str:
    """A day of the month as it is counted: 1st, 12th, 22nd; in French only the first: 1er, 12."""
    if language == "fr":
        return "1er" if number == 1 else str(number)
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def say_date(day: date, today: date, language: str, *, on: bool = False) -> list[Form]:
    """All ways to say `day` on the day `today`, best first; `on` adds the preposition that a form needs."""
    if language == "ja":
        return japanese.say_date(day, today, on=on)
    names, offset = _calendar(language), (day - today).days
    weekday, month = names.weekdays[day.weekday()], names.months[day.month - 1]
    place, counted = _ON[language] if on else "", ordinal(day.day, language)
    forms = []
    if offset in _RELATIVE[language]:
        forms.append(Form(_RELATIVE[language][offset], "relative"))
    if 2 <= offset <= 6:
        forms.append(Form(weekday if language == "fr" else place + weekday, "weekday"))
    written = f"{month} {day.day}" if language == "en" else f"{counted} {month}"
    if offset <= AHEAD_DAYS and without_year(day.month, day.day, today) == day:
        forms.append(Form(place + written, "month_day"))
        if offset >= 2 and (day.year, day.month) == (today.year, today.month):
            forms.append(Form(f"{place}the {counted}" if language == "en" else f"le {counted}", "ordinal"))
        comma = ", " if language == "en" else " "
        forms.append(Form(f"{place}{weekday}{comma}{written}", "weekday_month_day"))
        if language == "en":
            forms.append(Form(f"{place}{month} {counted}", "month_ordinal"))
    forms.append(Form(f"{place}{written}{', ' if language == 'en' else ' '}{day.year:04d}", "full"))
    if not on or language == "en":
        forms.append(Form(place + day.isoformat(), "iso"))
    return forms


@lru_cache(maxsize=16384)
def read_date(text: str, today: date, language: str) -> tuple[date, ...]:
    """The dates that `text` may mean on the day `today`; with or without its preposition."""
    if language == "ja":
        return japanese.read_date(fold(text), today)
    words = fold(text).removeprefix(_ON[language])
    for offset, word in _RELATIVE[language].items():
        if words == word:
            return (today + timedelta(offset),)
    if (exact := parse_date(words)) is not None:
        return (exact,)
    names = _calendar(language)
    if words in names.weekday_index:
        return (today + timedelta((names.weekday_index[words] - today.weekday() - 1) % 7 + 1),)
    if match := names.day_only.fullmatch(words):
        found = next_day_of_month(int(match["day"]), today)
    elif match := names.full.fullmatch(words):
        found = _read_full(match, names, today)
    else:
        found = None
    return () if found is None else (found,)


def long_date(value: str, locale_language: str) -> str:
    """The date of an ISO 8601 text with its weekday and year: "Monday, March 2, 2026", "lundi 2 mars 2026"."""
    day, language = date.fromisoformat(value[:10]), locale_language or "en"
    if language == "ja":
        return japanese.long_date(day)
    names = _calendar(language)
    weekday, month = names.weekdays[day.weekday()], names.months[day.month - 1]
    if language == "fr":
        return f"{weekday} {ordinal(day.day, 'fr')} {month} {day.year}"
    return f"{weekday}, {month} {day.day}, {day.year}"


def _read_full(match: re.Match[str], names: _Calendar, today: date) -> date | None:
    group = match.groupdict()
    month = names.month_index[group["month"] or group["month_after"]]
    day = int(group["day"] or group["day_before"])
    if group["year"]:
        found = day_of(int(group["year"]), month, day)
    else:
        found = without_year(month, day, today)
    if found and group["weekday"] and names.weekday_index[group["weekday"]] != found.weekday():
        return None
    return found


@cache
def _calendar(language: str) -> _Calendar:
    from babel.dates import get_day_names, get_month_names

    weekdays = tuple(get_day_names("wide", locale=language)[i] for i in range(7))
    months = tuple(get_month_names("wide", locale=language)[i] for i in range(1, 13))
    index = {fold(name): number for number, name in enumerate(months, 1)}
    for number in range(1, 13):
        index.setdefault(fold(get_month_names("abbreviated", locale=language)[number]).rstrip("."), number)
    weekday_index = {fold(name): number for number, name in enumerate(weekdays)}
    month = "|".join(sorted(map(re.escape, index), key=len, reverse=True))
    weekday = "|".join(map(re.escape, weekday_index))
    if language == "fr":
        full = (rf"(?:(?P<weekday>{weekday}) )?(?P<day>[0-9]{{1,2}})(?:er)? (?P<month>{month})\.?"
                r"(?: (?P<year>[0-9]{4}))?(?P<month_after>)(?P<day_before>)")
        day_only = r"(?P<day>[0-9]{1,2})(?:er)?"
    else:
        suffix = "(?:st|nd|rd|th)"
        full = (rf"(?:(?P<weekday>{weekday}),? )?(?:(?P<month>{month})\.? (?P<day>[0-9]{{1,2}}){suffix}?"
                rf"|(?:the )?(?P<day_before>[0-9]{{1,2}}){suffix}?(?: of)? (?P<month_after>{month})\.?)"
                r"(?:,? (?P<year>[0-9]{4}))?")
        day_only = rf"(?:the )?(?P<day>[0-9]{{1,2}}){suffix}"
    return _Calendar(weekdays, months, weekday_index, index, re.compile(full), re.compile(day_only))
