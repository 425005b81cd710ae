"""WeightedSFTTrainer: TRL's SFTTrainer on rows whose messages say whether they are trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel
from trl import SFTConfig, SFTTrainer  # pyright: ignore[reportPrivateImportUsage]

from magnetc.models.chat import Chat
from magnetc.models.load import load_model, load_tokenizer
from magnetc.train.encode.plain import completed_row
from magnetc.train.encode.rows import encode_row
from magnetc.train.encode.tokenized import TokenizedRow
from magnetc.train.scoring import tree_attention
from magnetc.train.scoring.log_probs import score, scoring_head
from magnetc.train.scoring.tree_attention import Document

IGNORED = -100
"""The label of a token that is not trained, as torch and TRL have it."""


class WeightedSFTTrainer(SFTTrainer):
    """Trains exactly the tokens of messages with weight 1, their end of turn included.

    Rows are never padded and never cut: they are packed side by side (`packing`), or follow one another in a micro-batch,
    and no row sees another, so packing changes nothing but the speed. The head runs at trained tokens alone.

    Args:
        model: A causal language model, or the name or folder of one.
        args: TRL's settings; `max_length` is how long packed rows get. To leave rows out, see `magnetc.train.encode.limit`.
        train_dataset: SFT rows (`messages` with `weight`, `tools`), or TokenizedRows.
        eval_dataset: The same, to evaluate on.
        processing_class: The tokenizer; by default that of `model`, where it is a name or folder.
        chat_template_kwargs: What the chat template takes beside messages and tools.

    Raises:
        MagnetError: MG713 for a chat template that cannot be masked, MG714 for a head that cannot be scored.
    """

    model: Any

    def __init__(self, model: str | PreTrainedModel, args: SFTConfig, train_dataset: Iterable[Any],
                 eval_dataset: Iterable[Any] | None = None, processing_class: Any = None,
                 chat_template_kwargs: Mapping[str, Any] | None = None, **others: Any):
        if isinstance(model, str):
            processing_class = processing_class or load_tokenizer(model)
        policy: Any = load_model(model) if isinstance(model, str) else model
        chat = Chat(processing_class, chat_template_kwargs or {})
        args.packing_strategy, args.padding_free = "bfd", True
        datasets = [None if rows is None else sft_dataset(rows, chat) for rows in (train_dataset, eval_dataset)]
        longest = max((len(ids) for dataset in datasets if dataset for ids in dataset["input_ids"]), default=0)
        args.max_length = max(args.max_length or 0, longest) if args.packing else None
        self.head = scoring_head(policy)
        super().__init__(policy, args, train_dataset=datasets[0], eval_dataset=datasets[1],
                         processing_class=processing_class, **others)
        self.attention = None
        if tree_attention.supported(self.model):
            self.attention = tree_attention.choose(self.model, "auto", self.args.device)
            tree_attention.prepare(self.model, self.attention)

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False,
                     num_items_in_batch: Tensor | int | None = None) -> Any:
        labels = inputs["labels"][0].masked_fill(inputs["position_ids"][0] == 0, IGNORED)
        trained = (labels != IGNORED).nonzero()[:, 0]
        documents = documents_of(inputs["position_ids"])
        # A model that attends in a way of its own divides rows by their positions itself, as TRL's packing has it.
        beside = tree_attention.arguments(documents, self.attention, labels.device) if self.attention else {}
        forward = {"input_ids": inputs["input_ids"], "position_ids": inputs["position_ids"], **beside}
        log_probs = score(model, self.head, forward, trained - 1, labels[trained])
        total = torch.as_tensor(len(trained) if num_items_in_batch is None else num_items_in_batch)
        loss = -log_probs.sum() / total.clamp(min=1).to(log_probs.device)
        if self.args.average_tokens_across_devices and num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes
        return (loss, {"log_probs": log_probs}) if return_outputs else loss

    def create_model_card(self, *args: Any, **others: Any) -> None:
        """None: what `magnetc train` leaves has a card of its own."""


def sft_dataset(rows: Iterable[Any], chat: Chat) -> Dataset:
    """SFT rows or TokenizedRows as `input_ids` and `labels`, the columns that SFTTrainer packs as they are."""
    encoded = [part for number, row in enumerate(rows)
               for part in ([row] if isinstance(row, TokenizedRow) else encode_row(completed_row(row, number), chat))]
    labels = [[token if weight else IGNORED for token, weight in zip(row.input_ids, row.weights)] for row in encoded]
    return Dataset.from_dict({"input_ids": [row.input_ids for row in encoded], "labels": labels})


def documents_of(position_ids: Tensor) -> list[Document]:
    """The rows that stand side by side in (1, tokens): each begins at position 0."""
    starts = (position_ids[0] == 0).nonzero()[:, 0].tolist()
    ends = [*starts[1:], position_ids.shape[1]]
    return [Document(end - start, 0) for start, end in zip(starts, ends)]
