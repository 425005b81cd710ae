"""What an agent has seen, and whether a value stands in it in any form.

The proof *sourced* knows types, locales and the day, and shows where a value comes from. Here nothing is known but the text, so that only
the opposite can be said with care: that a value stands nowhere. Whatever may be a form of the value counts as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from magnetc.ir.json import Json
from magnetc.surface import occurs
from magnetc.surface.numerals import currency

LANGUAGES = ("en", "fr", "ja")
"""Languages whose numerals are read, beside digits."""

OTHERS = ("fr", "ja", "de", "es", "it", "pt", "zh")
"""Languages in which the names of countries and languages are known, beside English."""

COMPOSED = 8
"""From so many words on a text is the agent's own: a message that it writes, a query, code."""

_NOT_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,'’]\d+)*")
_DATE = re.compile(r"(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})(?:[T ](?P<time>\d{1,2}:\d{2}).*)?")
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")
_TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?: ?[ap]\.?m\.?)?", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:to(?:day|night|morrow)|yesterday|now|current(?:ly)?|next|this|last|past|coming|upcoming|recent(?:ly)?|latest|week(?:s|end|ends|day|days)?|days?|months?|"
    r"years?|fortnight|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|tue|tues|wed|thu|thurs|fri|sat|sun)\b|christmas|easter|eve|quarter|spring|summer|"
    r"autumn|fall|winter|aujourd|demain|hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|prochaine?|semaine|mois|heute|morgen|gestern|woche|"
    r"hoy|mañana|ayer|semana|lunes|martes|miércoles|jueves|viernes|sábado|domingo)|今|明日|昨日|来週|先週|曜|翌|天|周|月|年", re.IGNORECASE)
_CLOCK = re.compile(r"\b(?:noon|midday|midnight|morning|evening|afternoon|night|half|quarter|now|hours?|minutes?|midi|minuit|matin|soir|heures?|demie)\b", re.IGNORECASE)
_SPAN = re.compile(r"\b(?:hours?|hrs?|h|minutes?|mins?|seconds?|days?|weeks?|months?|years?|dozens?|feet|foot|ft|inch(?:es)?|yards?|pounds?|ounces?|half|decades?|"
                   r"heures?|jours?|semaines?|mois|ans?|demie|stunden?|tage?|wochen?|monate?|horas?|días?|semanas?|mes(?:es)?)\b|時間|週間|日間|分|小时|天", re.IGNORECASE)
_FACTORS = (60, 3600, 24, 1440, 86400, 7, 12, 30, 365, 52, 10)
_UNITS = {word: number for number, word in enumerate(
    ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split())}
_TENS = {word: 10 * number for number, word in enumerate(("twenty thirty forty fifty sixty seventy eighty ninety").split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
             "half": 5, "halves": 5, "quarter": 25, "quarters": 25, "couple": 2, "pair": 2, "both": 2, "twice": 2, "double": 2, "triple": 3, "trio": 3, "dozen": 12,
             "single": 1, "solo": 1, "alone": 1, "once": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_MONTHS = ("janv|ene|gen|jän", "fév|fev|febb", "mars|märz|mär", "avr|abr", "mai|mayo|mag", "juin|giu", "juil|lug", "août|aou|ago", "set", "okt|ott", "", "déc|dez|dic")
_NOON = "2026-01-01T12:00:00"
_SMALL = frozenset({"the", "and", "for", "with", "from", "not", "all", "any", "new", "les", "des", "une", "der", "die", "das", "und", "los", "las"})


class Seen:
    """Takes texts as the agent sees them, and says whether a value stands nowhere in them."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._squashed = ""
        self._read = 0
        self._words: set[str] = set()
        self._stems: set[str] = set()
        self._near: set[tuple[str, int]] = set()
        self._whole: set[int] = set()
        self._leading: set[str] = set()
        self._relative = self._clock = self._span = False

    def add(self, text: str) -> None:
        """Text that the agent sees from here on."""
        if text:
            self._texts.append(text)
            self._squashed += squashed(text) + "\n"

    def lacks(self, value: Json) -> bool:
        """Whether a string or number stands nowhere; what is neither, and what says too little to be looked for, never does."""
        if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
            return False
        if isinstance(value, (int, float)):
            return abs(value) not in (0, 1) and not self._has_number(value)
        needle = squashed(value)
        return len(needle) > 1 and needle not in self._squashed and not self._has_text(value.strip(), needle)

    def _index(self) -> None:
        """Words and numbers of the texts that were added since."""
        for text in self._texts[self._read:]:
            folded = _folded(text)
            words = _WORD.findall(folded)
            self._words.update(words)
            self._stems.update(word[:4] for word in words)
            self._near.update((word[:3], len(word)) for word in words)
            self._whole.update(int(digits) for digits in _DIGITS.findall(text) if len(digits) < 19)
            self._leading.update(_leading(number) for number in _NUMBER.findall(text))
            for number in _spelled(words):
                self._whole.add(number)
                self._leading.add(_leading(str(number)))
            self._relative = self._relative or _RELATIVE.search(text) is not None
            self._clock = self._clock or _CLOCK.search(text) is not None
            self._span = self._span or _SPAN.search(text) is not None
        self._read = len(self._texts)

    def _has_number(self, value: int | float) -> bool:
        self._index()
        if _leading(repr(value)) in self._leading or _in(str(value).lstrip("-"), self._squashed):
            return True
        if isinstance(value, float) and any(len(short) > 1 and short in self._leading for short in (_leading(f"{value:.{digits}f}") for digits in range(4))):
            return True
        if self._span and any(_leading(f"{value / factor:.6g}") in self._leading | {"1", "5", "15"} for factor in _FACTORS):
            return True
        return any(occurs(value, None, language, _NOON, text) for language in LANGUAGES for text in self._texts)

    def _has_text(self, value: str, needle: str) -> bool:
        self._index()
        if match := _DATE.fullmatch(value):
            return self._has_date(int(match["a"]), int(match["b"]), int(match["c"]), match["time"] or "")
        if match := _MONTH.fullmatch(value):
            return self._relative or (self._has_month(int(match["month"])) and int(match["year"]) in self._whole)
        if match := _TIME.fullmatch(value):
            return self._has_time(match[0])
        if needle.isdigit():
            return (len(needle) >= 7 and needle[-7:] in self._squashed) or (len(needle) < 19 and int(needle) in self._whole) or _leading(needle) in self._leading
        if _is_code(value):
            return self._has_name_of(value)
        words = [word for word in _WORD.findall(_folded(value)) if word not in _SMALL]
        if len(words) >= COMPOSED or not words:
            return True
        if "@" in value:
            return all(squashed(part) in self._squashed for part in value.split("@"))
        if "://" in value:
            return any(part in self._words for part in words if len(part) > 3 and part not in ("http", "https", "html", "www", "com"))
        numbered = [word for word in words if any(map(str.isdigit, word))]
        if numbered:
            return all(word in self._squashed if not word.isdigit() else int(word[:18]) in self._whole or _leading(word) in self._leading for word in numbered)
        if any(name in self._squashed for name in _abroad(needle)):
            return True
        return (len(words) > 1 and "".join(word[0] for word in words) in self._words) or any(map(self._has_word, words))

    def _has_word(self, word: str) -> bool:
        """Whether a word is there, or one that may be a form of it: inflected, misspelt, or a name in another language."""
        if word in self._words:
            return True
        return len(word) > 3 and (word[:4] in self._stems or word in self._squashed or any((word[:3], len(word) + more) in self._near for more in range(-2, 3)))

    def _has_date(self, a: int, b: int, c: int, time: str) -> bool:
        if self._relative:
            return True
        days = [(b, c)] if a > 31 else [(a, b), (b, a)]
        if not any(self._has_month(month) and day in self._whole for month, day in days if 1 <= month <= 12):
            return False
        return not time or time in ("00:00", "23:59") or self._has_time(time)

    def _has_month(self, month: int) -> bool:
        names = [_MONTHS[month - 1], *filter(None, _OTHER_MONTHS[month - 1].split("|"))]
        return month in self._whole or any(word.startswith(name) for name in names for word in self._words)

    def _has_time(self, value: str) -> bool:
        hour, minute = (int(digits) for digits in _DIGITS.findall(value)[:2])
        if self._clock:
            return True
        hours = {hour, hour - 12, hour + 12, 12 if hour in (0, 12) else hour}
        return bool(hours & self._whole) and (minute == 0 or minute in self._whole)

    def _has_name_of(self, code: str) -> bool:
        """Whether the name or symbol of what a code of two or three capitals may stand for is there: a currency, a country, a language."""
        text = "\n".join(self._texts).casefold()
        names = [name for name in _names(code.upper()) if name]
        return any(name in text if not name.isalnum() else name in self._words for name in names)


def squashed(text: str) -> str:
    """What remains of a text without case, accents, blanks and punctuation."""
    return _NOT_WORD.sub("", _folded(text))


@lru_cache(maxsize=2048)
def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()


def _leading(number: str) -> str:
    """The significant digits of a number: 5,000 and 0.05 have those of 5, so that thousands, cents and percents are forms of one another."""
    mantissa = number.lower().partition("e")[0]
    return "".join(filter(str.isdigit, mantissa)).strip("0") or "0"


def _in(digits: str, text: str) -> bool:
    return len(digits) >= 3 and digits in text


def _is_code(value: str) -> bool:
    return value.isascii() and value.isalpha() and 2 <= len(value) <= 3


@lru_cache(maxsize=1024)
def _names(code: str) -> tuple[str, ...]:
    from babel import Locale

    english = Locale("en")
    money = currency(code, "en") if len(code) == 3 else None
    found = [*(money.affixes if money else ()), english.territories.get(code, ""), english.languages.get(code.lower(), "")]
    own = Locale.parse(code.lower(), sep="_").get_display_name() if code.lower() in english.languages and len(code) == 2 else ""
    return tuple(name.casefold() for name in (*found, own or "") if name and name.casefold() != code.casefold())


@lru_cache(maxsize=4096)
def _abroad(name: str) -> tuple[str, ...]:
    """What a country or language of this name in English, squashed, is called elsewhere."""
    return _english().get(name, ())


@cache
def _english() -> dict[str, tuple[str, ...]]:
    from babel import Locale

    english, others = Locale("en"), [Locale(language) for language in OTHERS]
    return {squashed(name): tuple(squashed(getattr(other, kind).get(code, name)) for other in others)
            for kind in ("territories", "languages") for code, name in getattr(english, kind).items()}


def _spelled(words: list[str]) -> Iterator[int]:
    """Numbers written out in English: twenty-five, two hundred, a dozen."""
    total, current, inside = 0, 0, False
    for word in words:
        if word in _ORDINALS:
            yield _ORDINALS[word]
        if word in _UNITS:
            current, inside = current + _UNITS[word], True
            yield _UNITS[word]
        elif word in _TENS:
            current, inside = current + _TENS[word], True
        elif word in _SCALES:
            current, inside = (current or 1) * _SCALES[word], True
            yield current
        elif inside and word != "and":
            yield total + current
            total, current, inside = 0, 0, False
    if inside:
        yield total + current
