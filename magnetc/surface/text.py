"""Sentences put together: capitals, elision where a slot begins, spaces and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from unicodedata import normalize

from magnetc.ir.trajectory import MessagePart, Reference, Value, Words, text_of
from magnetc.surface.form import fold, language_of
from magnetc.surface.script import is_unspaced

_VOWELS = frozenset("aeiouœæ")
_ASPIRATED = frozenset({
    "hache", "haie", "haine", "hall", "halle", "halte", "hamac", "hamburger", "hameau", "handball",
    "handicap", "hangar", "haricot", "hasard", "hausse", "haut", "haute", "hauteur", "havre", "haye",
    "héros", "hiérarchie", "hit", "hockey", "hollande", "homard", "hong", "hongrie", "honte", "hors",
    "hotte", "houle", "housse", "houston", "hub", "hublot", "huit", "huitième", "hambourg", "hanovre",
    "harlem", "hartford", "harvard", "haïti", "onze", "onzième", "oui", "ouistiti", "uhlan",
})
"""Words that begin with a vowel or an h and yet take no elision."""

_ENGLISH_NAMES = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february",
    "march", "april", "june", "july", "august", "september", "october", "november", "december", "english",
    "french", "i",
})


def capitalise(text: str) -> str:
    """`text` with its first letter raised. A word that case is part of (an address, a code, `iPhone`) is left alone."""
    start = next((i for i, char in enumerate(text) if char.isalnum()), None)
    if start is None or _is_code(_first_word(text)):
        return text
    return text[:start] + text[start].upper() + text[start + 1:]


def lower_first(text: str, locale: str = "en", names: Iterable[str] = ()) -> str:
    """`text` with its first letter lowered, unless its first word is a name, an acronym, a code or the English "I".

    `names` are the texts known to be names here: the values that the sentence may begin with.
    """
    word = _first_word(text)
    if is_unspaced(locale) or not word or _is_code(word) or (len(word) > 1 and word.isupper()):
        return text
    bare = re.split("['’]", word)[0]
    if language_of(locale) == "en" and (bare == "I" or bare.casefold() in _ENGLISH_NAMES):
        return text
    if any(text.startswith(name) for name in names if name):
        return text
    start = text.index(word)
    return text[:start] + word[0].lower() + text[start + 1:]


def elide(before: str, value: str, rules: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Fit the words before a slot to its value: "de " + "Orlando" is "d'" + "Orlando".

    A rule of two words contracts: with ("de le", "du"), "de " + "le 12" is "du " + "12". Names keep their article,
    since only a lower-case one is contracted.
    """
    match = re.search(r"(?<![\w'’-])(\w+) $", before)
    if not match:
        return before, value
    word, start = match[1], match.start(1)
    for source, target in rules:
        source_word, _, article = source.partition(" ")
        if word.casefold() != source_word:
            continue
        target = target[0].upper() + target[1:] if word[0].isupper() else target
        if article and value.startswith(article + " "):
            return f"{before[:start]}{target} ", value[len(article) + 1:]
        if not article and _begins_with_vowel(value):
            return before[:start] + target, value
    return before, value


def elide_parts(parts: Iterable[MessagePart], rules: Iterable[tuple[str, str]]) -> tuple[MessagePart, ...]:
    """A finished message elided: inside its words, where a frame met a phrase, and where words meet a value.

    Rules of two words contract only before values and references: in "de le réserver", `le` is no article.
    """
    rules = tuple(rules)
    simple = {source: target for source, target in rules if " " not in source}
    result: list[MessagePart] = []
    for part in parts if rules else ():
        if isinstance(part, Words):
            result.append(Words(_elide_inside(part.text, simple)))
            continue
        if result and isinstance(result[-1], Words):
            before, text = elide(result[-1].text, text_of(part), rules)
            result[-1] = Words(before)
            part = _without_prefix(part, len(text_of(part)) - len(text))
        result.append(part)
    return tuple(result) if rules else tuple(parts)


_SPACES = re.compile(r"\s+")
_STOPS = re.compile(r" +([,.]+)(?=\s|$)")
_OTHER_STOPS = re.compile(r" +([?!:;])(?=\s|$)")
_FRENCH_STOPS = re.compile(r"(?<=[^\s?!]) *([?!]+)(?=\s|$)")
_COMMA_BEFORE_STOP = re.compile(r",(?=[,.?!;:](\s|$))")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?=\s|$)")
_UNTIDY = re.compile(r"\s{2}|[^\S ]|^\s|\s$| [,.?!:;]|,[,.?!;:]|\.\.")
"""What any rule could change in an English text."""


def tidy(text: str, locale: str) -> str:
    """Words with single spaces, and the spaces before punctuation that the language has: in French one before ? and !."""
    is_french = language_of(locale) == "fr"
    if not is_french and not _UNTIDY.search(text):
        return text
    text = _SPACES.sub(" ", text).strip()
    text = _STOPS.sub(r"\1", text)
    text = _FRENCH_STOPS.sub(r" \1", text) if is_french else _OTHER_STOPS.sub(r"\1", text)
    text = _COMMA_BEFORE_STOP.sub("", text)
    return _TWO_STOPS.sub(".", text)


def tidy_parts(parts: Iterable[MessagePart], locale: str) -> tuple[MessagePart, ...]:
    """A message tidied in its words alone: values and references stand as they are, and adjacent words are one part."""
    merged: list[MessagePart] = []
    for part in parts:
        if isinstance(part, Words) and merged and isinstance(merged[-1], Words):
            merged[-1] = Words(merged[-1].text + part.text)
        elif text_of(part):
            merged.append(part)
    # A private character holds the place of each value, so that punctuation is judged in its context.
    pattern = "".join(part.text if isinstance(part, Words) else "\ue000" for part in merged)
    others = [part for part in merged if not isinstance(part, Words)]
    pieces = tidy(pattern, locale).split("\ue000")
    result: list[MessagePart] = []
    for piece, other in zip(pieces, [*others, None]):
        if result and piece.startswith(".") and not piece.startswith("..") and text_of(result[-1]).endswith((".", "?", "!")):
            piece = piece[1:]
        if piece:
            result.append(Words(piece))
        if other is not None:
            result.append(other)
    return tuple(result)


def _elide_inside(text: str, rules: dict[str, str]) -> str:
    if not rules:
        return text

    def shorten(match: re.Match[str]) -> str:
        if not _begins_with_vowel(text[match.end():]):
            return match[0]
        target = rules[match[1].casefold()]
        return target[0].upper() + target[1:] if match[1][0].isupper() else target

    return re.sub(rf"(?<![\w'’-])({'|'.join(map(re.escape, rules))}) ", shorten, text, flags=re.IGNORECASE)


def _without_prefix(part: MessagePart, length: int) -> MessagePart:
    if not length:
        return part
    if isinstance(part, Reference):
        first = part.parts[0]
        return replace(part, parts=(replace(first, text=first.text[length:]), *part.parts[1:]))
    return replace(part, text=part.text[length:]) if isinstance(part, Value) else part


def _first_word(text: str) -> str:
    match = re.search(r"\w[^\s,;:!?»\"”)]*", text)
    return match[0].rstrip(".") if match else ""


def _is_code(word: str) -> bool:
    if any(char.isdigit() or char in "@_/\\" for char in word) or "." in word.rstrip("."):
        return True
    head = re.split("['’-]", word)[0]
    return any(char.isupper() for char in head[1:]) and any(char.islower() for char in head)


def _begins_with_vowel(value: str) -> bool:
    match = re.match(r"\w[\w-]*", value)
    if not match or any(char.isdigit() for char in match[0]) or "@" in value.split(" ", 1)[0]:
        return False
    word = fold(match[0])
    if word in _ASPIRATED or word.partition("-")[0] in _ASPIRATED:
        return False
    letters = normalize("NFD", word)
    if letters[0] == "y":
        return len(letters) > 1 and letters[1] not in _VOWELS
    return letters[0] in _VOWELS or letters[0] == "h"
