"""What a model has read is not read again: keys and values of earlier prompts, for those that begin alike.

A conversation's next message is asked for with all before it once more. Reading that takes as long as it is, in each layer, over and over: on a processor it is most
of the time that a conversation takes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.extras import required

MOST_BYTES = 1 << 30
LEAST = 64
"""Tokens that have to be alike to be worth it."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Tokens that a model has read, and by layer their keys and values: of shape (heads, tokens, size)."""

    ids: Any
    layers: tuple[tuple[Any, Any], ...]

    @property
    def bytes(self) -> int:
        return sum(each.numel() * each.element_size() for layer in self.layers for each in layer)


class Prefixes:
    """Of one model whose weights do not change. The oldest are forgotten where they come to more than `most_bytes`."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most, self._held = most_bytes, 0
        self._known: OrderedDict[int, Prefix] = OrderedDict()
        self._next = 0

    def found(self, prompts: Sequence[Sequence[int]]) -> list[tuple[Prefix, int] | None]:
        """For each prompt what it has most of in common with, and how many tokens: fewer than it has, since one at least is to be read."""
        (torch,) = required("torch")
        return [self._longest(torch, torch.tensor(prompt)) for prompt in prompts]

    def _longest(self, torch: Any, prompt: Any) -> tuple[Prefix, int] | None:
        best: tuple[int, int] | None = None
        for name, known in self._known.items():
            size = min(len(known.ids), len(prompt) - 1)
            if size < LEAST or (best is not None and size <= best[0]):
                continue
            unlike = (known.ids[:size] != prompt[:size]).nonzero()
            alike = int(unlike[0]) if len(unlike) else size
            if alike >= LEAST and (best is None or alike > best[0]):
                best = alike, name
        if best is None:
            return None
        self._known.move_to_end(best[1])
        return self._known[best[1]], best[0]

    def keep(self, ids: Sequence[int], layers: Sequence[tuple[Any, Any]], instead: Prefix | None) -> None:
        """Remember what was read. `instead`: what it goes on from, which is then of no more use, where it has all of that."""
        (torch,) = required("torch")
        made = Prefix(torch.tensor(ids), tuple(layers))
        for name, known in self._known.items():
            if known is instead and len(known.ids) <= len(ids) and bool((known.ids == made.ids[: len(known.ids)]).all()):
                self._held -= self._known.pop(name).bytes
                break
        self._known[self._next] = made
        self._next += 1
        self._held += made.bytes
        while self._held > self._most:
            self._held -= self._known.popitem(last=False)[1].bytes
