"""Japanese dates and times: "明日", "3月12日（木）", "3月5日の午後3時"; and back. The particle stands behind: "3月12日に"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from magnetc.surface.days import AHEAD_DAYS, day_of, next_day_of_month, parse_date, without_year
from magnetc.surface.form import Form

_RELATIVE = {-1: "昨日", 0: "今日", 1: "明日", 2: "明後日"}
_WEEKDAYS = "月火水木金土日"
_DATE = re.compile(r"(?:(?P<year>[0-9]{4})年)?(?:(?P<month>[0-9]{1,2})月)?(?P<day>[0-9]{1,2})日"
                   r"(?:[（(]?(?P<weekday>[月火水木金土日])(?:曜日?)?[）)]?)?")
_WEEKDAY = re.compile(r"([月火水木金土日])曜日?")
_CLOCK = re.compile(r"(?P<half>午前|午後)?(?P<hour>[0-9]{1,2})(?:時(?:(?P<minute>[0-9]{1,2})分(?:(?P<second>[0-9]{1,2})秒)?|(?P<thirty>半))?"
                    r"|:(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?)")
_NAMED = {"正午": (12, 0, None)}

Clock = tuple[int, int, int | None]


def say_date(day: date, today: date, *, on: bool) -> list[Form]:
    """All ways to say `day`, best first; `on` adds the particle that a form needs: "明日" has none."""
    offset, weekday = (day - today).days, _WEEKDAYS[day.weekday()]
    written, particle = f"{day.month}月{day.day}日", "に" if on else ""
    forms = [Form(_RELATIVE[offset], "relative")] if offset in _RELATIVE else []
    if 2 <= offset <= 6:
        forms.append(Form(f"{weekday}曜日{particle}", "weekday"))
    if offset <= AHEAD_DAYS and without_year(day.month, day.day, today) == day:
        forms.append(Form(written + particle, "month_day"))
        if offset >= 2 and (day.year, day.month) == (today.year, today.month):
            forms.append(Form(f"{day.day}日{particle}", "ordinal"))
        forms.append(Form(f"{written}（{weekday}）{particle}", "weekday_month_day"))
    return [*forms, Form(f"{day.year:04d}年{written}{particle}", "full"), Form(day.isoformat() + particle, "iso")]


def read_date(words: str, today: date) -> tuple[date, ...]:
    """The dates that folded `words` may mean, with or without the particle."""
    words = words.removesuffix("に")
    for offset, word in _RELATIVE.items():
        if words == word:
            return (today + timedelta(offset),)
    if (exact := parse_date(words)) is not None:
        return (exact,)
    if match := _WEEKDAY.fullmatch(words):
        return (today + timedelta((_WEEKDAYS.index(match[1]) - today.weekday() - 1) % 7 + 1),)
    match = _DATE.fullmatch(words)
    if match is None or (match["year"] and not match["month"]):
        return ()
    number, month = int(match["day"]), int(match["month"] or 0)
    if match["year"]:
        found = day_of(int(match["year"]), month, number)
    else:
        found = without_year(month, number, today) if month else next_day_of_month(number, today)
    if found is None or (match["weekday"] and _WEEKDAYS[found.weekday()] != match["weekday"]):
        return ()
    return (found,)


def long_date(day: date) -> str:
    """The date that the system message shows: "2026年3月2日月曜日"."""
    return f"{day.year}年{day.month}月{day.day}日{_WEEKDAYS[day.weekday()]}曜日"


def say_clock(clock: Clock) -> list[Form]:
    """A time of day in words, best first."""
    hour, minute, second = clock
    rest = (f"{minute}分" if minute or second is not None else "") + (f"{second}秒" if second is not None else "")
    half = ("午前" if hour < 12 else "午後") + str(hour % 12)
    forms = [Form(f"{half}時{rest}", "clock"), Form(f"{hour}時{rest}", "tight")]
    if minute == 30 and second is None:
        forms.append(Form(f"{half}時半", "half"))
    return [*(Form(word, "named") for word, same in _NAMED.items() if same == clock), *forms]


def read_clock(words: str) -> tuple[Clock, ...]:
    """The times that folded `words` may mean, with or without the particle."""
    words = words.removesuffix("に")
    if words in _NAMED:
        return (_NAMED[words],)
    match = _CLOCK.fullmatch(words)
    if match is None:
        return ()
    hour, minute = int(match["hour"]), 30 if match["thirty"] else int(match["minute"] or match["minutes"] or 0)
    second = match["second"] or match["seconds"]
    if match["half"]:
        if hour > 12:
            return ()
        hour = hour % 12 + (12 if match["half"] == "午後" else 0)
    if hour > 23 or minute > 59 or int(second or 0) > 59:
        return ()
    return ((hour, minute, int(second) if second else None),)


def at(forms: list[Form]) -> list[Form]:
    """The forms with their particle."""
    return [Form(form.text + "に", form.style) for form in forms]


def say_instant(day: date, today: date, times: list[Form], *, on: bool) -> list[Form]:
    """A date and a time: "3月5日の午後3時"."""
    days = [form for form in say_date(day, today, on=False) if form.style != "iso"]
    pairs = [(form, times[0].text) for form in days] + [(days[0], other.text) for other in times[1:]]
    return [Form(f"{form.text}の{time}{'に' if on else ''}", form.style) for form, time in pairs]


def cuts(words: str) -> Iterator[tuple[str, str]]:
    """The ways to take a text apart into a date and a time."""
    for place in range(1, len(words)):
        yield words[:place].removesuffix("の").strip(), words[place:].strip()
