"""Mentions: the places of a text that say certified words, each place counted for one value."""

from __future__ import annotations

from collections.abc import Iterable

from magnetc.surface import runs_on

_GAP = "\ue000"
"""Stands where a mention was taken out, so that what was around it does not become a word."""


def unsaid(text: str, said: Iterable[str]) -> tuple[list[str], str]:
    """Take a mention of each of `said` out of `text`, the longest first.

    Returns:
        Those for which no mention is left, and the text without the mentions.
    """
    missing = []
    for words in sorted(said, key=lambda words: (-len(words), words)):
        at = _mention(words, text)
        if at < 0:
            missing.append(words)
        else:
            text = text[:at] + _GAP + text[at + len(words) :]
    return missing, text


def _mention(words: str, text: str) -> int:
    """Where `words` stand in `text` and not inside a longer word or number; -1 when nowhere."""
    at = text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        if not _runs_on(text[at - 1 : at], words[0], text[at - 2 : at - 1]) and not _runs_on(
            text[end : end + 1], words[-1], text[end + 1 : end + 2]
        ):
            return at
        at = text.find(words, at + 1)
    return -1


def _runs_on(outside: str, inside: str, beyond: str) -> bool:
    """Whether the character outside a mention's edge continues the word or number inside."""
    if inside.isdigit():
        return outside.isdigit() or (outside in tuple(".,:/-") and beyond.isdigit())
    return inside.isalpha() and outside.isalpha() and runs_on(outside, inside)
