"""How alike tools read to a sentence-transformers model: what `infer semantic by "MODEL"` is made of when a recipe is locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.signature import FunctionSignature
from magnetc.models.load import load_encoder
from magnetc.passes.semantic import tool_text

BLOCK = 1024
"""Tools that are compared at once with all others of their category."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1: float32 (texts, dimensions)."""


def encoder(model: str) -> Encode:
    """A model as a function. Raises MagnetError as `load_encoder` does."""
    loaded = load_encoder(model)
    return lambda texts: loaded.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def alike(tools: Iterable[FunctionSignature], top: int, encode: Encode) -> Iterator[tuple[str, str, float]]:
    """(tool, other, cosine) for the `top` tools of its category that are nearest to it, the nearest first.

    Cosines are rounded to four digits, and equal ones are in order of the names. Those of 0 and less are left out.
    """
    categories: dict[str, list[FunctionSignature]] = defaultdict(list)
    for tool in sorted(tools, key=lambda each: each.name):
        categories[tool.category].append(tool)
    for members in categories.values():
        if len(members) > 1:
            vectors = np.asarray(encode([tool_text(tool) for tool in members]), np.float32)
            yield from _nearest([tool.name for tool in members], vectors, top)


def _nearest(names: Sequence[str], vectors: NDArray[np.float32], top: int) -> Iterator[tuple[str, str, float]]:
    for begin in range(0, len(names), BLOCK):
        cosines = np.round((vectors[begin:begin + BLOCK] @ vectors.T).astype(np.float64), 4)
        for row, scores in enumerate(cosines, begin):
            scores[row] = 0
            least = np.partition(scores, -top)[-top] if len(scores) > top else 0
            near = np.flatnonzero((scores >= least) & (scores > 0)).tolist()
            for other in sorted(near, key=lambda place: (-scores[place], place))[:top]:
                yield names[row], names[other], min(1.0, float(scores[other]))
