"""Times of day and instants as people say them: "7:05 am", "tomorrow at 3 pm", "le 5 mars à 15 h"; and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from magnetc.surface import japanese
from magnetc.surface.dates import read_date, say_date
from magnetc.surface.days import parse_date
from magnetc.surface.form import Form, fold

Clock = tuple[int, int, int | None]
"""Hour 0..23, minute, and the second where one is given."""

_AT = {"en": "at ", "fr": "à "}
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<separator>[T ])(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?")
_ENGLISH = re.compile(r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?)?"
                      r"(?: ?(?P<half>[ap])\.?m\.?)?")
_FRENCH = re.compile(r"(?P<hour>[0-9]{1,2})(?: ?h(?: ?(?P<minute>[0-5][0-9])(?: min (?P<second>[0-5][0-9]) s)?)?"
                     r"|:(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?)")
_NAMED = {"en": {"noon": (12, 0, None), "midnight": (0, 0, None)},
          "fr": {"midi": (12, 0, None), "minuit": (0, 0, None)}}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a type writes its times: with seconds or not, and for instants the separator and the zone."""

    seconds: bool = False
    separator: str = "T"
    zone: str = ""


def parse_time(value: str) -> Clock | None:
    """The clock that `HH:MM` or `HH:MM:SS` stands for, else None."""
    match = _TIME.fullmatch(value)
    return match and (int(match[1]), int(match[2]), int(match[3]) if match[3] else None)


def shape_of(sample: str) -> Shape | None:
    """The shape of one time or instant, None when it is neither."""
    if match := _INSTANT.fullmatch(sample):
        return Shape(bool(match["second"]), match["separator"], match["zone"] or "")
    if match := _TIME.fullmatch(sample):
        return Shape(seconds=bool(match[3]))
    return None


def say_time(value: str, shape: Shape, language: str, *, at: bool = False) -> list[Form]:
    """All ways to say a time of day, best first; `at` adds the preposition. Empty when `value` is no time."""
    clock = _said_clock(parse_time(value), shape)
    if clock and language == "ja":
        return japanese.at(_say_clock(clock, language)) if at else _say_clock(clock, language)
    place = _AT[language] if at else ""
    return [Form(place + form.text, form.style) for form in _say_clock(clock, language)] if clock else []


def read_time(text: str, shape: Shape, language: str) -> tuple[str, ...]:
    """The values of a type of this shape that `text` may mean."""
    return tuple(_write_clock(clock, shape) for clock in _read_clock(fold(text), language))


def say_instant(value: str, shape: Shape, today: date, language: str, *, on: bool = False) -> list[Form]:
    """All ways to say a date and time, best first. A value of another shape than its type's is said as it is."""
    match = _INSTANT.fullmatch(value)
    day = match and parse_date(match["day"])
    if not match or day is None:
        return []
    raw = Form(value, "iso")
    clock = _said_clock(parse_time(value[11:19 if match["second"] else 16]), shape)
    if clock is None or Shape(shape.seconds, match["separator"], match["zone"] or "") != shape:
        return [raw]
    if shape.seconds and not match["second"]:
        return [raw]
    if language == "ja":
        return [*japanese.say_instant(day, today, _say_clock(clock, language), on=on), raw]
    times = [form.text for form in _say_clock(clock, language) if form.style != "named" or clock[0] == 12]
    days = [form for form in say_date(day, today, language, on=on or language == "fr") if form.style != "iso"]
    pairs = [(form, times[0]) for form in days] + [(days[0], other) for other in times[1:]]
    return [Form(f"{form.text} {_AT[language]}{time}", form.style) for form, time in pairs] + [raw]


@lru_cache(maxsize=16384)
def read_instant(text: str, shape: Shape, today: date, language: str) -> tuple[str, ...]:
    """The values of a type of this shape that `text` may mean: a date and a time in either order."""
    if (match := _INSTANT.fullmatch(text)) and parse_date(match["day"]):
        return (text,)
    words, found = fold(text), {}
    cuts = japanese.cuts(words) if language == "ja" else (
        (words[:space].rstrip(","), words[space + 1:]) for space in (match.start() for match in re.finditer(" ", words)))
    for left, right in cuts:
        for day_text, time_text in ((left, right), (right, left)):
            clocks = _read_clock(time_text, language)
            for day in read_date(day_text, today, language) if clocks else ():
                for clock in clocks:
                    found[f"{day.isoformat()}{shape.separator}{_write_clock(clock, shape)}{shape.zone}"] = None
    return tuple(found)


def _said_clock(clock: Clock | None, shape: Shape) -> Clock | None:
    """A clock without the seconds that its type always writes and nobody says."""
    if clock is None or not shape.seconds:
        return clock
    hour, minute, second = clock
    return None if second is None else (hour, minute, second or None)


def _write_clock(clock: Clock, shape: Shape) -> str:
    hour, minute, second = clock
    if second is None and shape.seconds:
        second = 0
    return f"{hour:02d}:{minute:02d}" + ("" if second is None else f":{second:02d}")


def _say_clock(clock: Clock, language: str) -> list[Form]:
    hour, minute, second = clock
    digital = Form(_write_clock(clock, Shape()), "digital")
    if language == "ja":
        return [*japanese.say_clock(clock), digital]
    if language == "fr":
        if second is not None:
            return [Form(f"{hour} h {minute:02d} min {second:02d} s", "clock"), digital]
        spaced, tight = (f"{hour} h {minute:02d}", f"{hour}h{minute:02d}") if minute else (f"{hour} h", f"{hour}h")
        forms = [Form(spaced, "clock"), Form(tight, "tight"), digital]
    else:
        half, on_dial = "am" if hour < 12 else "pm", hour % 12 or 12
        dial = f"{on_dial}:{minute:02d}:{second:02d}" if second is not None else (
            f"{on_dial}:{minute:02d}" if minute else str(on_dial))
        forms = [Form(f"{dial} {half}", "clock"), Form(dial + half, "tight"), digital]
    named = next((word for word, same in _NAMED[language].items() if same == clock), None)
    return [Form(named, "named"), *forms] if named else forms


@lru_cache(maxsize=16384)
def _read_clock(words: str, language: str) -> tuple[Clock, ...]:
    if language == "ja":
        return japanese.read_clock(words)
    words = words.removeprefix(_AT[language])
    if words in _NAMED[language]:
        return (_NAMED[language][words],)
    return _read_french(words) if language == "fr" else _read_english(words)


def _read_french(words: str) -> tuple[Clock, ...]:
    match = _FRENCH.fullmatch(words)
    if not match or int(match["hour"]) > 23:
        return ()
    second = match["second"] or match["seconds"]
    return ((int(match["hour"]), int(match["minute"] or match["minutes"] or 0), int(second) if second else None),)


def _read_english(words: str) -> tuple[Clock, ...]:
    match = _ENGLISH.fullmatch(words)
    if not match or not (match["half"] or match["minute"]):
        return ()
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    second = int(match["second"]) if match["second"] else None
    if match["half"]:
        return ((hour % 12 + (12 if match["half"] == "p" else 0), minute, second),) if 1 <= hour <= 12 else ()
    if hour > 23:
        return ()
    ambiguous = len(match["hour"]) == 1 and hour > 0
    return ((hour, minute, second), (hour + 12, minute, second)) if ambiguous else ((hour, minute, second),)
