"""A built dataset and a base model that are small enough to train in a second, and trainers for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from magnetc.models.chat import Chat
from magnetc.models.scratch import ScratchSettings, scratch_model, scratch_texts, scratch_tokenizer
from magnetc.train import MDPOConfig
from magnetc.train.encode.pairs import encode_pair

SIZES = ScratchSettings(vocabulary=600, hidden=32, layers=2, heads=2, kv_heads=1, intermediate=48, positions=2048)
BASE = "base={scratch: {vocabulary: 600, hidden: 32, layers: 2, heads: 2, kv_heads: 1, intermediate: 48}}"
QUICK = (BASE, "select=false", "sft.batch=4", "mdpo.batch=4", "sft.lr=0.01", "mdpo.lr=0.001")
"""Settings under which both stages of a run take seconds, and change the model."""


def changed(*changes: str) -> list[str]:
    """`--set` for each change."""
    return [part for change in changes for part in ("--set", change)]


def started(arguments: Iterable[object], **environment: str) -> subprocess.Popen[str]:
    """A process of its own that runs Python with `arguments`, in one thread."""
    own = {**os.environ, "OMP_NUM_THREADS": "1", "MAGNETC_TRACEBACK": "1", **environment}
    return subprocess.Popen([sys.executable, *map(str, arguments)], env=own, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Data:
    """Rows of a built dataset, the shortest first, with a tokenizer for them."""

    def __init__(self, out: Path):
        self.rows = sorted(read(out / "sft/train.jsonl"), key=lambda row: (len(str(row["messages"])), row["id"]))
        pairs = read(out / "preference/train.jsonl")
        self.tokenizer = scratch_tokenizer(scratch_texts(self.rows), SIZES.vocabulary)
        self.chat = Chat(self.tokenizer)
        self.pairs = sorted(pairs, key=lambda row: (len(encode_pair(row, self.chat)), row["id"]))
        self.encoded = [encode_pair(row, self.chat) for row in self.pairs]

    def model(self, seed: int = 0, dtype: torch.dtype = torch.float32, std: float = 0.2) -> Any:
        """A model far enough from uniform that tokens differ in their likelihood."""
        made = scratch_model(SIZES, self.tokenizer)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for parameter in made.parameters():
                if parameter.dim() > 1:
                    torch.nn.init.normal_(parameter, std=std)
        return made.to(dtype)


def arguments(folder: Path, **changes: Any) -> dict[str, Any]:
    """TrainingArguments of two steps on the CPU."""
    return {"output_dir": str(folder), "use_cpu": True, "bf16": False, "max_steps": 2, "per_device_train_batch_size": 2,
            "learning_rate": 1e-3, "lr_scheduler_type": "constant", "warmup_steps": 0, "logging_steps": 1,
            "save_strategy": "no", "report_to": "none", "disable_tqdm": True, "seed": 1, "data_seed": 1,
            "dataloader_pin_memory": False, **changes}


def config(folder: Path, **changes: Any) -> MDPOConfig:
    return MDPOConfig(**arguments(folder, **changes))


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def furthest(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> float:
    """The largest difference of two models' weights."""
    assert one.keys() == other.keys()
    return max((one[name].double() - other[name].double()).abs().max().item() for name in one)
