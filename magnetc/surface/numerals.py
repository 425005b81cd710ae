"""Numbers, amounts of money and percents as people write them in a language, and back, exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import isfinite

from magnetc.surface.form import Form, fold

Number = int | float

_WORDS = {
    "en": ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "fr": ("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    "ja": ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十"),
}
_READ_WORDS = {language: {word: i for i, word in enumerate(words, 1)} | ({"une": 1} if language == "fr" else {})
               for language, words in _WORDS.items()}
_PLAIN = {
    "en": re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<fraction>[0-9]+))?"),
    "fr": re.compile(r"(?P<whole>[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:[,.](?P<fraction>[0-9]+))?"),
}
_PLAIN["ja"] = _PLAIN["en"]
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?e[+-]?[0-9]+")
_PERCENT = {"en": ("percent", "per cent", "%"), "fr": ("pour cent", "%"), "ja": ("パーセント", "%")}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_NAMES = {
    "USD": {"en": ("dollar", "dollars"), "fr": ("dollar", "dollars"), "ja": ("ドル", "ドル")},
    "EUR": {"ja": ("ユーロ", "ユーロ")},
    "GBP": {"en": ("pound", "pounds"), "fr": ("livre", "livres"), "ja": ("ポンド", "ポンド")},
    "JPY": {"en": ("yen", "yen"), "fr": ("yen", "yens"), "ja": ("円", "円")},
}


@dataclass(frozen=True, slots=True)
class Currency:
    """How one currency is written in one language; `affixes` are all folded texts that stand for it, longest first."""

    code: str
    symbol: str
    names: tuple[str, str]
    decimals: int
    affixes: tuple[str, ...]


@cache
def currency(unit: str, language: str) -> Currency | None:
    """The currency with ISO 4217 code `unit`, None when there is none."""
    if not re.fullmatch("[A-Z]{3}", unit):
        return None
    from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol, list_currencies

    if unit not in list_currencies():
        return None
    full = get_currency_name(unit, count=1, locale=language), get_currency_name(unit, count=2, locale=language)
    short = _NAMES.get(unit, {}).get(language, full)
    symbols = _SYMBOLS.get(unit, get_currency_symbol(unit, language)), get_currency_symbol(unit, language)
    affixes = {fold(text) for text in (unit, *symbols, *full, *short)}
    return Currency(unit, symbols[0], short, get_currency_precision(unit), tuple(sorted(affixes, key=len, reverse=True)))


def numeral(value: Number, language: str, *, grouped: bool = False, decimals: int = 0) -> str | None:
    """The digits of `value`, all of them; a fraction is padded to `decimals`. None when only JSON can write it."""
    if isinstance(value, float):
        size = abs(value)
        if size >= 1e15 or 0 < size < 1e-6:
            return None
        exact = Decimal(repr(value))
    else:
        exact = Decimal(value)
    exact = abs(exact) if exact == 0 else exact
    whole, _, fraction = f"{exact:{',' if grouped else ''}f}".partition(".")
    fraction = fraction.rstrip("0")
    if fraction:
        fraction = fraction.ljust(decimals, "0")
    group, point = (" ", ",") if language == "fr" else (",", ".")
    return whole.replace(",", group) + (point + fraction if fraction else "")


def say_number(value: Number, language: str, *, grouped: bool, worded: bool) -> list[Form]:
    """A number without a unit. `grouped`: it counts or measures; `worded`: one to ten may be written out."""
    plain = numeral(value, language)
    if plain is None:
        return [Form(repr(value), "plain")]
    forms = [Form(plain, "plain")]
    if grouped:
        forms.insert(0 if abs(value) >= 10_000 else 1, Form(numeral(value, language, grouped=True) or plain, "grouped"))
    if worded and language != "ja" and 1 <= value <= 10 and value == int(value) and not (language == "fr" and value == 1):
        forms.append(Form(_WORDS[language][int(value) - 1], "word"))
    return forms


def say_percent(value: Number, language: str) -> list[Form]:
    """12.5 as "12.5%" or "12.5 percent"."""
    digits = numeral(value, language, grouped=True)
    if digits is None:
        return say_number(value, language, grouped=False, worded=False)
    space = " " if language == "fr" else ""
    return [Form(f"{digits}{space}%", "symbol"), Form(f"{digits}{'' if language == 'ja' else ' '}{_PERCENT[language][0]}", "name")]


def say_money(value: Number, money: Currency, language: str) -> list[Form]:
    """350 as "$350" or "350 dollars", 169.28 as "169,28 €"."""
    digits = numeral(value, language, grouped=True, decimals=money.decimals)
    if digits is None:
        return say_number(value, language, grouped=False, worded=False)
    sign, size = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if language == "fr":
        symbol = f"{digits} {money.symbol}"
    else:
        symbol = f"{sign}{money.symbol}{' ' if money.symbol[-1].isalpha() else ''}{size}"
    singular = abs(value) < 2 if language == "fr" else abs(value) == 1
    forms = [Form(symbol, "symbol")]
    if abs(value) < 1_000_000:
        forms.append(Form(f"{digits}{'' if language == 'ja' else ' '}{money.names[0 if singular else 1]}", "name"))
    forms.append(Form(f"{digits} {money.code}", "code"))
    return [forms[1], forms[0], *forms[2:]] if language == "ja" else forms


def read_number(text: str, language: str, *, integer: bool) -> tuple[Number, ...]:
    """The number that `text` writes: an int where it has no fraction, else a float."""
    words = fold(text)
    if words in _READ_WORDS[language]:
        return (_READ_WORDS[language][words],)
    sign, words = (-1, words[1:]) if words.startswith("-") else (1, words)
    if match := _PLAIN[language].fullmatch(words):
        whole = match["whole"].replace(",", "").replace(" ", "")
        value: Number = float(f"{whole}.{match['fraction']}") if match["fraction"] else int(whole)
    elif _SCIENTIFIC.fullmatch(words):
        value = float(words)
    else:
        return ()
    if not isfinite(value) or (integer and value != int(value)):
        return ()
    return (sign * (int(value) if integer else value),)


def read_percent(text: str, language: str, *, integer: bool) -> tuple[Number, ...]:
    """The number of percents that `text` writes, with or without the sign."""
    words = fold(text)
    affix = next((mark for mark in _PERCENT[language] if words.endswith(mark)), "")
    return read_number(words.removesuffix(affix).rstrip(), language, integer=integer)


def read_money(text: str, money: Currency, language: str, *, integer: bool) -> tuple[Number, ...]:
    """The amount that `text` writes, with or without the currency; nothing when it names another one."""
    words = fold(text)
    sign = "-" if words.startswith("-") else ""
    words = words.removeprefix("-")
    for affix in money.affixes:
        if words.startswith(affix):
            words = words.removeprefix(affix)
            break
        if words.endswith(affix):
            words = words.removesuffix(affix)
            break
    return read_number(sign + words.strip(), language, integer=integer)
