"""MDPOTrainer: multi-turn preference optimisation on conversations with tools, as a trainer of transformers.

    trainer = MDPOTrainer("path/to/sft", MDPOConfig("out", beta=0.1), train_dataset=pairs)
    trainer.train()

A pair is one row of the model: its prompt once, then both sides, which do not see each other. The head runs at the weighted
tokens alone, and the reference once before the first step. Losses are divided by what a whole optimiser step holds, so that
the gradient does not depend on how the step is divided into micro-batches and processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import AutocastKwargs, DistributedType, broadcast_object_list, gather_object
from torch import Tensor, nn
from transformers import PreTrainedModel, Trainer

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.models.chat import Chat
from magnetc.models.load import load_model, load_tokenizer
from magnetc.train.preference.config import MDPOConfig
from magnetc.train.preference.data import PairCollator, PairDataset, pair_dataset
from magnetc.train.preference.loss import Objective, Totals, credited, mdpo_loss
from magnetc.train.preference.metrics import PairMetrics, measured, summary
from magnetc.train.preference.pack import PairExample, Row, Scored, joined
from magnetc.train.preference.reference import cache_file, read_cache, write_cache
from magnetc.train.scoring import tree_attention
from magnetc.train.scoring.lean import lean
from magnetc.train.scoring.log_probs import KEPT, score, scoring_head


class MDPOTrainer(Trainer):
    """Trains a policy on preference pairs; everything of `transformers.Trainer` holds beside.

    Args:
        model: A causal language model, with or without a PEFT adapter, or the name or folder of one.
        args: The settings.
        train_dataset: Preference rows; see `pair_dataset`.
        eval_dataset: The same, to evaluate on.
        processing_class: The tokenizer; by default that of `model`, where it is a name or folder.
        ref_model: What the policy is compared with; by default the model as it is given.
        peft_config: An adapter to put on the model.

    Raises:
        MagnetError: MG713 for a chat template that cannot be masked, MG714 for a head that cannot be scored.
    """

    loss_is_scaled_for_ga = True
    args: Any
    model: Any

    def __init__(self, model: str | PreTrainedModel | nn.Module, args: MDPOConfig | None = None,
                 train_dataset: Iterable[Any] | None = None, eval_dataset: Iterable[Any] | None = None,
                 processing_class: Any = None, ref_model: nn.Module | None = None, peft_config: Any = None,
                 **others: Any):
        args = args or MDPOConfig("mdpo")
        if isinstance(model, str):
            processing_class = processing_class or load_tokenizer(model)
        policy = _policy(model, peft_config, args)
        self.chat = Chat(processing_class, args.chat_template_kwargs)
        self.head = scoring_head(policy)
        self.ref_head = None if ref_model is None else scoring_head(ref_model)
        compared = [each for each in (policy, ref_model) if each is not None]
        self.shares = args.share_prefix == "auto" and all(map(tree_attention.supported, compared))
        datasets = [None if rows is None else pair_dataset(rows, self.chat, args) for rows in (train_dataset, eval_dataset)]
        if datasets[0] is not None and not len(datasets[0]):
            raise MagnetError(_nothing_left(args))
        _without_dropout(policy)
        self.collator = PairCollator(self.shares)
        super().__init__(policy, args, data_collator=self.collator, train_dataset=datasets[0],  # pyright: ignore
                         eval_dataset=datasets[1], processing_class=processing_class, **others)
        # A forward uses each weight once: a narrow copy that is kept until it ends is of no use.
        self.accelerator.autocast_handler = AutocastKwargs(cache_enabled=False)  # pyright: ignore[reportAttributeAccessIssue]
        self.ref_model = None if ref_model is None else ref_model.to(self.args.device).eval()
        self.attention = self._attend()
        self.objective = Objective(beta=args.beta, preference=args.preference_weight, likelihood=args.likelihood_weight,
                                   floor=args.floor)
        self.metrics = PairMetrics()

    def _attend(self) -> str:
        attention = tree_attention.choose(self.model, self.args.attention, self.args.device) if self.shares else "mask"
        for model in (self.model, self.ref_model):
            if model is not None:
                tree_attention.prepare(model, attention)
                if self.args.device.type == "cuda":
                    lean(model)
        return attention

    def train(self, *args: Any, **others: Any) -> Any:
        """As Trainer.train; the reference is computed first, from the model as it was given, or read from its cache."""
        for dataset in (self.train_dataset, self.eval_dataset):
            if isinstance(dataset, PairDataset):
                self.fill_reference(dataset)
        return super().train(*args, **others)

    def fill_reference(self, dataset: PairDataset) -> None:
        """Give a dataset its reference, unless it has one. Every process computes a share of what is not cached."""
        if dataset.reference is not None:
            return
        if self.ref_model is None and self.state.global_step:
            raise ValueError("the model has been trained: give the data to the trainer before, or a `ref_model`")
        model = self.ref_model or self.model
        folder = Path(self.args.reference_cache or self.args.output_dir or ".")
        computed = "bfloat16" if self.args.bf16 else str(next(model.parameters()).dtype)
        path = cache_file(folder, model, dataset.examples, computed)
        # One process says for all whether there is a file: the others may not see its disk.
        (found,) = broadcast_object_list([read_cache(path, len(dataset)) if self.accelerator.is_main_process else None])
        if found is None:
            found = self._reference(model, dataset.examples)
            if self.accelerator.is_main_process:
                write_cache(path, found)
        self.accelerator.wait_for_everyone()
        dataset.reference = found

    def _reference(self, model: nn.Module, examples: Sequence[PairExample]) -> Tensor:
        own: list[tuple[int, list[float]]] = []
        for indices, log_probs, scored in self._scores(model, examples, every=False):
            sums = torch.stack(credited(log_probs, scored, len(indices)), 1)
            own += zip(indices, sums.tolist())
        gathered = dict(gather_object(own))
        return torch.tensor([gathered[index] for index in range(len(examples))], dtype=torch.float64)

    @torch.no_grad()
    def _scores(self, model: nn.Module, examples: Sequence[PairExample], *,
                every: bool) -> Iterator[tuple[list[int], Tensor, Scored]]:
        """This process's share of examples, in batches: their indices, log-probabilities and what these weigh."""
        was_training = model.training
        model.eval()
        own = range(self.args.process_index, len(examples), self.args.world_size)
        size = self.args.per_device_eval_batch_size
        try:
            for start in range(0, len(own), size):
                indices = list(own[start : start + size])
                rows = self.collator.rows([examples[index] for index in indices], every=every)
                with self.accelerator.autocast():
                    log_probs, scored = self._forward(model, [row.to(self.args.device) for row in rows])
                yield indices, log_probs, scored
        finally:
            model.train(was_training)

    def _forward(self, model: nn.Module, rows: Sequence[Row]) -> tuple[Tensor, Scored]:
        """Log-probabilities of the scored tokens of all rows, (n,), and their weights."""
        head = self.ref_head if model is self.ref_model and self.ref_head is not None else self.head
        found = []
        for row in rows:
            beside = tree_attention.arguments(row.documents, self.attention, row.input_ids.device) if self.shares else {}
            inputs = {"input_ids": row.input_ids, "position_ids": row.position_ids, **beside}
            found.append(score(model, head, inputs, row.scored.predictors, row.scored.targets, KEPT // len(rows),
                               self._is_alone(head)))
        return torch.cat(found), joined([row.scored for row in rows])

    def _is_alone(self, head: nn.Linear) -> bool:
        """Whether nobody but the optimiser waits for the gradient of the head's weight."""
        hooks = (head.weight._backward_hooks, head.weight._post_accumulate_grad_hooks)
        return self.accelerator.distributed_type == DistributedType.NO and not any(hooks)

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False,
                     num_items_in_batch: Any = None) -> Any:
        rows = [row.to(self.args.device) for row in inputs["rows"]]
        log_probs, scored = self._forward(model, rows)
        reference = inputs["reference"].to(log_probs.device)
        if num_items_in_batch is None:
            num_items_in_batch = torch.tensor([_likelihood(rows), len(reference)], device=log_probs.device)
        totals = Totals(likelihood=num_items_in_batch[0].clamp(min=1), pairs=num_items_in_batch[1])
        losses = mdpo_loss(log_probs, scored, reference, self.objective, totals)
        self.metrics.add(losses, scored, reference)
        # DDP averages gradients over the processes, and the totals are those of all of them.
        loss = losses.loss * self.accelerator.num_processes
        return (loss, {"losses": losses}) if return_outputs else loss

    def _get_num_items_in_batch(self, batch_samples: list[dict[str, Any]], device: torch.device) -> Tensor | None:
        """(2,): the scored likelihood and the pairs of a whole optimiser step, over all processes."""
        own = torch.tensor([sum(_likelihood(batch["rows"]) for batch in batch_samples),
                            sum(len(batch["reference"]) for batch in batch_samples)], dtype=torch.float64, device=device)
        return self.accelerator.reduce(own, "sum")  # pyright: ignore[reportReturnType]

    def evaluate(self, eval_dataset: Any = None, ignore_keys: list[str] | None = None,
                 metric_key_prefix: str = "eval") -> dict[str, float]:
        """Losses, margins and log-probabilities on pairs, in all and by fault class; see `metrics.summary`."""
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        if not isinstance(dataset, PairDataset):
            dataset = pair_dataset(dataset, self.chat, self.args)  # pyright: ignore[reportArgumentType]
        self.fill_reference(dataset)
        assert dataset.reference is not None
        own = []
        for indices, log_probs, scored in self._scores(self.model, dataset.examples, every=True):
            reference = dataset.reference[indices].to(log_probs.device)
            losses = mdpo_loss(log_probs, scored, reference, self.objective, Totals(likelihood=1.0, pairs=1.0))
            faults = [dataset.examples[index].fault for index in indices]
            own += measured(losses, log_probs, scored, reference, faults)
        found = {f"{metric_key_prefix}_{name}": value for name, value in summary(gather_object(own), self.objective).items()}
        self.log(dict(found))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, found)
        return found

    def log(self, logs: dict[str, float], *args: Any, **others: Any) -> None:
        """Adds what the steps since the last call came to, over all processes."""
        if "loss" in logs:
            logs.update(self.metrics.taken(self.accelerator))
        super().log(logs, *args, **others)

    def floating_point_ops(self, inputs: Any) -> int:
        """Not estimated: the estimate of transformers knows nothing of rows of trees."""
        return 0


def _policy(model: str | nn.Module, peft_config: Any, args: MDPOConfig) -> Any:
    """The model to train, loaded, with an adapter where one is asked for."""
    policy: Any = load_model(model) if isinstance(model, str) else model
    if peft_config is not None:
        from peft import get_peft_model

        policy = get_peft_model(policy, peft_config)
    if hasattr(policy, "peft_config") and args.gradient_checkpointing:
        policy.enable_input_require_grads()
    return policy


def _likelihood(rows: Iterable[Row]) -> float:
    return sum(row.scored.likelihood.sum().item() for row in rows)


def _without_dropout(model: nn.Module) -> None:
    """A preference compares log-probabilities: noise in them is noise in the margin."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # pyright: ignore[reportArgumentType]
    config = getattr(model, "config", None)
    if config is not None and getattr(config, "attention_dropout", 0):
        for module in model.modules():
            if hasattr(module, "attention_dropout"):
                module.attention_dropout = 0.0  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]


def _nothing_left(args: MDPOConfig) -> Diagnostic:
    return Diagnostic(code="MG715", message="there is no preference pair to train on",
                      notes=(f"pairs of more than {args.max_length} tokens are left out",),
                      help="raise `length`, or give the file of pairs some rows")
