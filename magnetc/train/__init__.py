"""Training: SFT through TRL and multi-turn preference optimisation, on token weights that the compiler proves.

The names below load torch when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from magnetc.train.preference.config import MDPOConfig
    from magnetc.train.preference.trainer import MDPOTrainer
    from magnetc.train.sft_trainer import WeightedSFTTrainer

__all__ = ["MDPOConfig", "MDPOTrainer", "WeightedSFTTrainer"]

_MODULES = {"MDPOConfig": "preference.config", "MDPOTrainer": "preference.trainer", "WeightedSFTTrainer": "sft_trainer"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
