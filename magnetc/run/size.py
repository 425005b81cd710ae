"""How large a run is: what the recipe says, or a size by name that overrides what takes time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a run is told beside its recipe; None and no change: as the recipe, or the step's own default, has it.

    `changes` are of the training settings, `KEY=VALUE`. `samples` rollouts of each turn of `mined` conversations; `played` held-out conversations
    of each set.
    """

    paths: int | None = None
    changes: tuple[str, ...] = ()
    samples: int = 10
    mined: int | None = None
    played: int | None = None
    most_tokens: int = 512


SIZES: Mapping[str, Size] = {
    "recipe": Size(),
    "tiny": Size(paths=800, changes=(
        "base={scratch: {vocabulary: 2048, hidden: 128, layers: 3}}", "length=1024", "over=cut", "sft.epochs=1", "sft.steps=2000", "sft.lr=3e-3",
        "sft.batch=1", "sft.packing=2048", "sft.warmup=0.05", "mdpo.steps=120", "mdpo.lr=3e-4", "mdpo.batch=4", "mdpo.lambda=0.3", "mdpo.floor=5",
        "select.conversations=24", "select.most_tokens=160"), samples=2, mined=120, played=100, most_tokens=160),
}
"""`tiny`: a model of 0.65 million parameters from nothing, for two cores and half an hour. It shows that a recipe can be learned from, and no more."""
