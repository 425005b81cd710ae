"""The steps that `trainer.py` times: ours, TRL's, and what one writes without either. Each is a function without arguments
that runs a forward and a backward pass on one pair or one row, and returns the loss."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from trainer_data import (
    BETA,
    Scale,
    agent,
    make_model,
    make_pairs,
    make_tokenizer,
    move,
    own_trainer,
    reference_seconds,
    trl_trainer,
)

from magnetc.train.encode.tokenized import TokenizedRow
from magnetc.train.scoring.log_probs import log_prob
from magnetc.train.sft_trainer import IGNORED, WeightedSFTTrainer

PLAIN = {"per_device_train_batch_size": 1, "per_device_eval_batch_size": 1, "gradient_checkpointing": False, "bf16": False,
         "use_cpu": True, "dataloader_pin_memory": False}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of `model`; `reference` is the CPU seconds a pair that were spent once before, where that was measured."""

    run: Callable[[], float]
    model: Any
    reference: float | None = None


def _trainer_step(trainer: Any, reference: float | None = None) -> Step:
    """What the training loop of transformers does with a batch, without the optimiser."""
    batches, items = trainer.get_batch_samples(iter(trainer.get_train_dataloader()), 1, trainer.args.device)
    trainer.current_gradient_accumulation_steps = 1
    return Step(lambda: trainer.training_step(trainer.model, batches[0], items).item(), trainer.model, reference)


def trl_step(scale: Scale, vocabulary: int, out: Path, *, precomputed: bool) -> Step:
    model = make_model(scale, vocabulary)
    reference = None if precomputed else deepcopy(model)
    trainer = trl_trainer(model, reference, make_pairs(scale, 1), out, **PLAIN)
    move(model)
    return _trainer_step(trainer)


def own_step(scale: Scale, vocabulary: int, out: Path, *, attention: str) -> Step:
    model = make_model(scale, vocabulary)
    pairs = make_pairs(scale, 1)
    trainer = own_trainer(model, pairs, out, attention, **PLAIN)
    reference = reference_seconds(trainer, pairs, time.process_time)
    move(model)
    return _trainer_step(trainer, reference)


def padded_step(scale: Scale, vocabulary: int, out: Path, *, head: str, precomputed: bool) -> Step:
    """Two sequences a pair in one batch, and the loss as the formula says it; `head`: `full` logits, or `action` tokens'."""
    model = make_model(scale, vocabulary)
    (pair,) = make_pairs(scale, 1)
    sides = [torch.cat([pair.prompt.ids, side.ids]) for side in (pair.chosen, pair.rejected)]
    prompt = pair.prompt.agent.long()
    masks = torch.stack([torch.cat([prompt, pair.chosen.agent]), torch.cat([0 * prompt, pair.rejected.agent])])
    batch = {"input_ids": torch.stack(sides), "attention_mask": torch.ones(2, len(sides[0]), dtype=torch.long)}
    log_probs = _full if head == "full" else _action
    after = torch.arange(len(sides[0]) - 1) >= len(prompt) - 1

    def sums(policy: Any) -> tuple[Tensor, Tensor]:
        found = log_probs(policy, batch, masks)
        return found[0].sum() / masks[0].sum(), (found * after).sum(1)

    @torch.no_grad()
    def reference_sums(policy: Any) -> Tensor:
        return sums(policy)[1]

    kept = reference_sums(model) if precomputed else None
    reference = None if precomputed else deepcopy(model)
    move(model)

    def run() -> float:
        likelihood, credited = sums(model)
        gains = credited - (reference_sums(reference) if kept is None else kept)
        loss = -likelihood - F.logsigmoid(BETA * (gains[0] - gains[1]))
        loss.backward()
        return loss.item()

    return Step(run, model)


def _full(model: Any, batch: dict[str, Tensor], masks: Tensor) -> Tensor:
    """log p of the tokens of `masks`, (rows, tokens - 1), 0 elsewhere, from the logits of every position."""
    targets = batch["input_ids"][:, 1:]
    logits = model(**batch, use_cache=False).logits[:, :-1]
    return logits.log_softmax(-1).gather(2, targets[..., None])[..., 0] * masks[:, 1:]


def _action(model: Any, batch: dict[str, Tensor], masks: Tensor) -> Tensor:
    """The same from the logits of those tokens alone."""
    targets, scored = batch["input_ids"][:, 1:], masks[:, 1:].bool()
    hidden = model.model(**batch, use_cache=False).last_hidden_state[:, :-1]
    found = log_prob(hidden[scored], model.lm_head.weight, None, targets[scored])
    return found.new_zeros(targets.shape).masked_scatter(scored, found)


def _row(scale: Scale) -> tuple[list[int], list[float]]:
    """Tokens of an SFT row and their weights: a quarter is trained."""
    ids = torch.randint(2, 1000, (scale.row,), generator=torch.Generator().manual_seed(0))
    return ids.tolist(), agent(scale.row, 40, 65, 100).float().tolist()


def sft_step(scale: Scale, vocabulary: int, out: Path, *, trainer: str) -> Step:
    """A supervised step on one row: of `ours`, of `trl`, or of the `model`'s own loss."""
    model = make_model(scale, vocabulary)
    move(model)
    ids, weights = _row(scale)
    labels = [token if weight else IGNORED for token, weight in zip(ids, weights)]
    if trainer == "model":
        batch = {"input_ids": torch.tensor([ids]), "labels": torch.tensor([labels])}

        def run() -> float:
            loss = model(**batch, use_cache=False).loss
            loss.backward()
            return loss.item()

        return Step(run, model)
    from datasets import Dataset
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    args = SFTConfig(str(out), max_length=None, report_to="none", **PLAIN)
    if trainer == "trl":
        rows = Dataset.from_dict({"input_ids": [ids], "labels": [labels]})
        return _trainer_step(SFTTrainer(model, args, train_dataset=rows, processing_class=make_tokenizer()))
    row = TokenizedRow(id="row", operations=(), input_ids=ids, weights=weights, messages=())
    return _trainer_step(WeightedSFTTrainer(model, args, train_dataset=[row], processing_class=make_tokenizer()))


PEERS: dict[str, Callable[[Scale, int, Path], Step]] = {
    "trl": lambda *given: trl_step(*given, precomputed=False),
    "trl-precomputed": lambda *given: trl_step(*given, precomputed=True),
    "naive": lambda *given: padded_step(*given, head="full", precomputed=False),
    "action": lambda *given: padded_step(*given, head="action", precomputed=False),
    "action-precomputed": lambda *given: padded_step(*given, head="action", precomputed=True),
    "mask": lambda *given: own_step(*given, attention="mask"),
    "ours": lambda *given: own_step(*given, attention="blocks"),
    "sft-model": lambda *given: sft_step(*given, trainer="model"),
    "sft-trl": lambda *given: sft_step(*given, trainer="trl"),
    "sft-ours": lambda *given: sft_step(*given, trainer="ours"),
}
"""Steps by the name that `trainer.py` gives them."""
