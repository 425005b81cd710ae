"""Token ids of rendered text, fast: texts of one data set share most of their segments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

CACHED_SEGMENTS = 4096
VERIFIED_TEXTS = 8
"""Texts that are encoded in both ways before the fast one is trusted."""
_PROBED = 64


class Encoder:
    """`tokenizer(text, add_special_tokens=False)`, with segments between added tokens encoded once.

    A probe and the first texts are encoded in both ways; a tokenizer that differs there, or whose added tokens swallow the
    white space beside them, is called on whole texts ever after.
    """

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer
        self._to_verify = VERIFIED_TEXTS
        added = tokenizer.added_tokens_decoder
        self.added: dict[str, int] = {str(token): id for id, token in added.items()}
        self._pattern = re.compile("|".join(map(re.escape, sorted(self.added, key=len, reverse=True))) or r"(?!)")
        self.segmented = bool(tokenizer.is_fast) and not any(
            token.lstrip or token.rstrip or token.single_word for token in added.values()
        )
        self._segment = _cached(tokenizer.backend_tokenizer) if self.segmented else None
        if self.segmented:
            probe = "".join(f"a{token}a{token} a {token}\n{token}" for token in sorted(self.added)[:_PROBED]) + "a"
            self.segmented = self._by_segment(probe) == self._plain(probe)

    def encode(self, text: str) -> list[int]:
        """Ids of `text`, no token added at its ends."""
        if not self.segmented:
            return self._plain(text)
        ids = self._by_segment(text)
        if self._to_verify:
            self._to_verify -= 1
            plain = self._plain(text)
            self.segmented = ids == plain
            return plain
        return ids

    def _plain(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _by_segment(self, text: str) -> list[int]:
        assert self._segment is not None
        ids: list[int] = []
        position = 0
        for match in self._pattern.finditer(text):
            if match.start() > position:
                ids += self._segment(text[position : match.start()])
            ids.append(self.added[match.group()])
            position = match.end()
        if position < len(text):
            ids += self._segment(text[position:])
        return ids


def _cached(backend: Any) -> Callable[[str], list[int]]:
    @lru_cache(maxsize=CACHED_SEGMENTS)
    def segment(text: str) -> list[int]:
        return backend.encode(text, add_special_tokens=False).ids

    return segment


def shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Tokens that both begin with."""
    pairs = zip(one, other)
    return next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
