"""Plain YAML scalars by the YAML 1.2 core rules, refusing those that YAML 1.1 reads as something else."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple

from magnetc.ir.json import Json


class Rejected(NamedTuple):
    """Why a scalar is not read: fields of the diagnostic."""

    code: str
    message: str
    help: str
    fix: str = ""
    is_sure: bool = True


WORDS: dict[str, Json] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""Plain scalars that are not text."""

_BOOLEANS_1_1 = {
    form: value
    for word, value in (("yes", "true"), ("no", "false"), ("on", "true"), ("off", "false"))
    for form in (word, word.capitalize(), word.upper())
}

SPECIAL = frozenset(WORDS) | frozenset(_BOOLEANS_1_1)
"""Words that `plain` must see; any other text that starts with no sign, digit or dot is itself."""

NUMERIC_START = frozenset("+-.0123456789")

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_TIMESTAMP_1_1 = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9].*)?")
_BASE_60_1_1 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_NUMBER_1_1 = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)")

_INT64 = 1 << 63


def plain(text: str) -> Json | Rejected:
    """The value of a plain scalar, or why it is refused."""
    if text in WORDS:
        return WORDS[text]
    if text in _BOOLEANS_1_1:
        return Rejected(
            "MG115",
            f"`{text}` is `{_BOOLEANS_1_1[text]}` in YAML 1.1 and text in YAML 1.2",
            f'write `"{text}"` for the text, or `{_BOOLEANS_1_1[text]}`',
            f'"{text}"',
        )
    if text[0] not in NUMERIC_START:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _NOT_FINITE.fullmatch(text):
        return Rejected("MG122", f"`{text}` is not a number that JSON can hold", "write a finite number")
    return _ambiguous(text) or _float(text)


def _integer(text: str) -> Json | Rejected:
    # int() refuses or stalls on very long digit strings, so length is looked at first.
    value = int(text, 0) if len(text) <= 70 else _INT64
    if -_INT64 <= value < _INT64:
        return value
    return Rejected(
        "MG122", f"the number {_short(text)} does not fit in 64 bits", "quote it if it is an identifier", f'"{text}"', False
    )


def _float(text: str) -> Json | Rejected:
    if not _FLOAT.fullmatch(text):
        return text
    value = float(text)
    if isfinite(value):
        return value
    return Rejected("MG122", f"the number {_short(text)} is too large", "write a finite number, or quote it", f'"{text}"', False)


def _ambiguous(text: str) -> Rejected | None:
    if _LEADING_ZERO.fullmatch(text):
        digits = text.lstrip("+-").lstrip("0") or "0"
        return Rejected(
            "MG115",
            f"{_short(text)} is octal in YAML 1.1 and decimal in YAML 1.2",
            f'write `"{text}"` for the text, or `{digits}` for the decimal number'
            if len(text) < 30
            else "quote it, or drop the leading zeros",
            f'"{text}"',
        )
    if _TIMESTAMP_1_1.fullmatch(text):
        was = "a date"
    elif _BASE_60_1_1.fullmatch(text):
        was = "a number in base 60"
    elif _NUMBER_1_1.fullmatch(text) and not _FLOAT.fullmatch(text):
        was = "a number"
    else:
        return None
    return Rejected("MG115", f"{_short(text)} is {was} in YAML 1.1 and text in YAML 1.2", "put it in quotes", f'"{text}"')


def _short(text: str) -> str:
    return f"`{text}`" if len(text) <= 40 else f"`{text[:20]}…`"
