"""What the trainer benchmarks train: a model from nothing, pairs of random tokens, and both trainers on the same pairs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen2Config, TrainerCallback

from magnetc.train.preference.config import MDPOConfig
from magnetc.train.preference.data import PairDataset
from magnetc.train.preference.pack import PairExample, Part
from magnetc.train.preference.trainer import MDPOTrainer

BETA = 0.1
WORDS = 4096
"""Token ids that occur; the model's vocabulary may be larger."""
PAD, END = 0, 1
DISTANCE = 0.5
"""How far the policy is from the reference: noise, in standard deviations of each weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes of a model and its data: tokens of a pair's prompt, of each of its sides, and of an SFT row."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    prompt: int
    side: int
    row: int = 0


def make_model(scale: Scale, vocabulary: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Any:
    """An untrained Qwen2 with tied embeddings; the same arguments, the same weights."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=vocabulary, hidden_size=scale.hidden, num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads, num_key_value_heads=scale.kv_heads, intermediate_size=scale.intermediate,
        max_position_embeddings=2 * (scale.prompt + scale.side) + scale.row, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=END, pad_token_id=PAD)
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype)


@torch.no_grad()
def move(model: Any) -> None:
    """Step away from the weights that a model was made with, the same way each time, so that margins are not zero."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.add_(torch.randn_like(parameter) * (DISTANCE * parameter.float().std()))


def agent(tokens: int, start: int, end: int, period: int) -> Tensor:
    """Which tokens the agent wrote, (tokens,), bool: those from `start` to `end` of each period."""
    place = torch.arange(tokens) % period
    return (place >= start) & (place < end)


def make_pairs(scale: Scale, count: int) -> list[PairExample]:
    """Pairs in which the agent wrote a fifth of the prompt and three fifths of each side, in stretches.

    The likelihood is of the prompt and the chosen side, the credit of all that the agent wrote after the sides part.
    """
    draw = random.Random(count)
    return [PairExample(id=f"pair-{number}", fault="wrong_value",
                        prompt=_part(draw, scale.prompt, agent(scale.prompt, 40, 60, 100), 1.0, 0.0),
                        chosen=_part(draw, scale.side, agent(scale.side, 0, 30, 50), 1.0, 1.0),
                        rejected=_part(draw, scale.side, agent(scale.side, 0, 30, 50), 0.0, 1.0))
            for number in range(count)]


def _part(draw: random.Random, size: int, own: Tensor, likelihood: float, credit: float) -> Part:
    ids = torch.tensor([draw.randrange(END + 1, WORDS) for _ in range(size)])
    if credit:
        ids[-1] = END  # TRL ends a completion with it
    return Part(ids=ids, likelihood=own * likelihood, credit=own * credit, span=own & bool(credit), agent=own)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Words `w0` to `wN`, each the token of its number: text that gives exactly the ids it was made from."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"<pad>": PAD, "<end>": END, **{f"w{number}": number for number in range(END + 1, WORDS)}}
    backend = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>", pad_token="<pad>")
    made.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    return made


def trl_dataset(examples: Sequence[PairExample]) -> Any:
    """The pairs as DPOTrainer takes them, with the agent's tokens in columns of their own."""
    from datasets import Dataset

    def text(part: Part) -> str:
        return " ".join("<end>" if token == END else f"w{token}" for token in part.ids.tolist())

    return Dataset.from_list([{
        "prompt": text(example.prompt), "chosen": " " + text(example.chosen), "rejected": " " + text(example.rejected),
        "prompt_agent": example.prompt.agent.long().tolist(), "chosen_agent": example.chosen.agent.long().tolist(),
        "rejected_agent": example.rejected.agent.long().tolist(),
    } for example in examples])


def trl_trainer(model: Any, reference: Any, examples: Sequence[PairExample], out: Path, **settings: Any) -> Any:
    """TRL's DPOTrainer with L_SFT + L_DPO as it offers them. `reference` None: it is precomputed from `model`."""
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    args = DPOConfig(
        str(out), beta=BETA, loss_type=["sft", "sigmoid"], loss_weights=[1.0, 1.0], max_length=None,
        precompute_ref_log_probs=reference is None, remove_unused_columns=False, report_to="none", **settings)
    return DPOTrainer(model, ref_model=reference, args=args, train_dataset=trl_dataset(examples),
                      processing_class=make_tokenizer(), data_collator=_masked_collator())


def _masked_collator() -> Any:
    """TRL's own collator, its completion mask replaced by the agent's tokens; in the preference, those of the prompt cancel."""
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    class Collator(DataCollatorForPreference):
        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            made = super().torch_call(examples)
            mask = torch.zeros_like(made["completion_mask"])
            for place, side in enumerate(("chosen_agent", "rejected_agent")):
                for number, example in enumerate(examples):
                    own = torch.tensor(example["prompt_agent"] + example[side])
                    mask[place * len(examples) + number, : len(own)] = own
            return {**made, "completion_mask": mask}

    return Collator(pad_token_id=PAD)


def own_trainer(model: Any, examples: Sequence[PairExample], out: Path, attention: str, **settings: Any) -> MDPOTrainer:
    """MDPOTrainer on the same pairs, its reference computed from `model` as it is."""
    args = MDPOConfig(str(out), beta=BETA, attention=attention, max_length=None, reference_cache=str(out), **settings)
    trainer = MDPOTrainer(model, args, train_dataset=examples, processing_class=make_tokenizer())
    trainer.fill_reference(trainer.train_dataset)  # pyright: ignore[reportArgumentType]
    return trainer


def reference_seconds(trainer: MDPOTrainer, pairs: Sequence[PairExample], clock: Callable[[], float]) -> float:
    """What the reference of a pair costs, once it is warm.

    The digest of the weights, which names the cache, is paid once and not by pair: it drops out of the difference.
    """
    spent = []
    for times in (2, 4):
        start = clock()
        trainer.fill_reference(PairDataset([*pairs] * times))
        spent.append(clock() - start)
    return max(spent[1] - spent[0], 0.0) / (2 * len(pairs))


class StepClock(TrainerCallback):
    """Seconds of each optimiser step (the first one warms up), its loss, and the most GPU memory after the first.

    Stops training when `budget` seconds have passed since it was made.
    """

    def __init__(self, budget: float):
        self.end = time.perf_counter() + budget
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self.norms: list[float] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self.last = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
            if not self.seconds:
                torch.cuda.reset_peak_memory_stats()
        now = time.perf_counter()
        self.seconds.append(now - self.last)
        self.last = now
        control.should_training_stop |= now > self.end

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **others: Any) -> None:
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])
            self.norms.append(float(logs["grad_norm"]))
