"""Scripts that write no spaces between words: where a word ends there, and what has no case."""

from __future__ import annotations

import re

_UNSPACED = r"\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_WORDS = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")
_COUNTED = frozenset("年月日時分秒")
"""What makes a number before it a part of a date or a time."""


def runs_on(left: str, right: str) -> bool:
    """Whether two neighbouring characters are of one word or number; either may be empty, at an end of the text.

    Kanji and kana are words of their own: "東京" stands in "東京から". A number stands in "3泊", but not in "3月".
    """
    if not _is_word(left) or not _is_word(right):
        return False
    if left.isdigit() and right in _COUNTED:
        return True
    return not (_CHARACTER.match(left) or _CHARACTER.match(right))


def words_of(text: str) -> list[str]:
    """The words of a text; each character of a script without spaces counts as one."""
    return _WORDS.findall(text)


def gap(locale: str) -> str:
    """What stands between two sentences."""
    return "" if is_unspaced(locale) else " "


def is_unspaced(locale: str) -> bool:
    """Whether the language is written without spaces between words, and without case."""
    return locale.partition("_")[0] in ("ja", "zh")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
