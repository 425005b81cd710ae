"""Mentions: the places of a text that say certified words, each place counted for one value."""

from __future__ import annotations

from collections.abc import Iterable

from magnetc.surface import find_mention

_GAP = "\ue000"
"""Stands where a mention was taken out, so that what was around it does not become a word."""


def unsaid(text: str, said: Iterable[str]) -> tuple[list[str], str]:
    """Take a mention of each of `said` out of `text`, the longest first.

    Returns:
        Those for which no mention is left, and the text without the mentions.
    """
    missing = []
    for words in sorted(said, key=lambda words: (-len(words), words)):
        at = find_mention(words, text)
        if at < 0:
            missing.append(words)
        else:
            text = text[:at] + _GAP + text[at + len(words) :]
    return missing, text
