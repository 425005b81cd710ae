"""A mention: where words stand in a text as words of their own."""

from __future__ import annotations

from magnetc.surface.script import runs_on


def find_mention(words: str, text: str) -> int:
    """Where `words` stand in `text` and not inside a longer word or number; -1 when nowhere."""
    at = text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        if not _continues(text[at - 1 : at], words[0], text[at - 2 : at - 1]) and not _continues(
            text[end : end + 1], words[-1], text[end + 1 : end + 2]
        ):
            return at
        at = text.find(words, at + 1)
    return -1


def _continues(outside: str, inside: str, beyond: str) -> bool:
    """Whether the character outside a mention's edge continues the word or number inside."""
    if inside.isdigit():
        return outside.isdigit() or (outside in tuple(".,:/-") and beyond.isdigit())
    return inside.isalpha() and outside.isalpha() and runs_on(outside, inside)
