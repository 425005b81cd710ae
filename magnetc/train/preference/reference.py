"""Log-probabilities of the reference, computed once: sums of credit · log π_ref by pair, cached by what they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from magnetc.train.preference.pack import PairExample


def model_digest(model: nn.Module) -> str:
    """SHA-256 of a model's weights, names and kinds included, in hex."""
    found = sha256()
    for name, tensor in sorted(model.state_dict().items()):
        found.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


def pairs_digest(examples: Iterable[PairExample]) -> str:
    """SHA-256 of tokens and credits, in hex: all that a reference is asked about."""
    found = sha256()
    for example in examples:
        for part in (example.prompt, example.chosen, example.rejected):
            found.update(len(part).to_bytes(8, "little"))
            found.update(part.ids.numpy().data)
            found.update(part.credit.numpy().data)
    return found.hexdigest()


def cache_file(folder: Path, model: nn.Module, examples: Sequence[PairExample], dtype: str) -> Path:
    """Where the sums of these pairs under this model are kept; `dtype` is what the forward computes in."""
    key = sha256(f"{model_digest(model)} {pairs_digest(examples)} {dtype}".encode()).hexdigest()[:32]
    return folder / f"reference-{key}.safetensors"


def read_cache(path: Path, pairs: int) -> Tensor | None:
    """(pairs, 2): chosen, rejected. None when there is no such file, or half of one."""
    try:
        found = load_file(path)["reference"]
    except (OSError, SafetensorError, KeyError):
        return None
    return found if found.shape == (pairs, 2) else None


def write_cache(path: Path, reference: Tensor) -> None:
    """Beside its place first, so that a run that is killed leaves no half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file({"reference": reference.contiguous()}, partial)
    partial.replace(path)
