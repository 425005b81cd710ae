"""Partitions group by base path: a copy, its original and its pairs never part."""

from __future__ import annotations

from magnetc.ir import draw
from magnetc.ir.spec import Recipe


def partition(recipe: Recipe, base: str) -> str:
    """The partition of a base path: drawn by its id alone, so that other units never move it."""
    at = draw.fraction(recipe.seed, "partition", base)
    for name, share in recipe.partitions:
        at -= share
        if at < 0:
            return name
    return recipe.partitions[0][0]
