"""Whether a text is in a language: by its letters, and by words that the frames of one language have and those of others do not."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from magnetc.source.resources import resource
from magnetc.surface import is_unspaced

_LETTERS = re.compile(r"[^\W\d_]+")
_COMMENT = re.compile(r"(^|\s)#.*")
_LEAST = 2
"""Words of another language that make a text one in it, where it has fewer of its own."""


def is_in(text: str, locale: str) -> bool:
    """Whether `text` may be in the language of `locale`. Short texts without telling words may be in any that has their letters."""
    words = [word.casefold() for word in _LETTERS.findall(text)]
    unspaced = sum(_is_unspaced(char) for word in words for char in word)
    letters = sum(map(len, words))
    if is_unspaced(locale):
        return unspaced * 3 >= letters or len(words) <= _LEAST
    if unspaced * 5 > letters:
        return False
    own, *others = (sum(word in telling for word in words) for telling in _telling(locale))
    return not any(other >= _LEAST and other > own for other in others)


@lru_cache(maxsize=32)
def _telling(locale: str) -> tuple[frozenset[str], ...]:
    """Words of the language that others do not have, then those of each other that it does not have."""
    vocabulary = _vocabulary()
    language = locale.replace("-", "_").partition("_")[0]
    own = vocabulary.get(language, frozenset())
    others = [words for name, words in vocabulary.items() if name != language and not is_unspaced(name)]
    return (own.difference(*others), *(words - own for words in others)) if own else (own,)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, frozenset[str]]:
    """The words of the shipped frames by language; keys of the files are in all of them, and so tell nothing."""
    return {path.stem: frozenset(map(str.casefold, _LETTERS.findall(_COMMENT.sub("", path.read_text(encoding="utf-8")))))
            for path in sorted(resource("specs", "std", "frames").glob("*.yaml"))}


@lru_cache(maxsize=4096)
def _is_unspaced(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
