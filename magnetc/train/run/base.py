"""The model that a run begins with: from the hub, from a folder, or made from nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from magnetc.models.chat import Chat
from magnetc.models.load import load_model, load_tokenizer
from magnetc.models.scratch import scratch_model, scratch_texts, scratch_tokenizer
from magnetc.train.run.folder import RunFolder, replace_folder
from magnetc.train.run.settings import TrainSettings


def base_model(settings: TrainSettings, run: RunFolder, rows: Iterable[Mapping[str, Any]]) -> str:
    """Name or folder of the base model. One from nothing is made in the run's folder, its tokenizer from `rows`."""
    if isinstance(settings.base, str):
        return settings.base
    if not run.base.is_dir():
        partial = run.base.with_name("base.partial")
        shutil.rmtree(partial, ignore_errors=True)
        tokenizer = scratch_tokenizer(scratch_texts(rows), settings.base.vocabulary)
        tokenizer.save_pretrained(partial)
        scratch_model(settings.base, tokenizer).save_pretrained(partial)
        replace_folder(partial, run.base)
    return str(run.base)


def chat_of(base: str, settings: TrainSettings) -> Chat:
    """The base's tokenizer and chat template, with the run's options for it."""
    return Chat(load_tokenizer(base), settings.template)


def computed_in(settings: TrainSettings) -> str:
    """The dtype of a run: `bfloat16` or `float32`."""
    import torch

    if settings.dtype != "auto":
        return settings.dtype
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def weights(path: str | Path, settings: TrainSettings) -> Any:
    """A model to train. Full training keeps its weights in float32; under adapters they are frozen in the run's dtype."""
    return load_model(path, dtype=computed_in(settings) if settings.lora else "float32")


def merged(start: str | Path, adapter: Path, settings: TrainSettings) -> Any:
    """A model with an adapter that was saved, folded into its weights."""
    from peft import PeftModel

    return PeftModel.from_pretrained(load_model(start, dtype=computed_in(settings)), adapter).merge_and_unload()
