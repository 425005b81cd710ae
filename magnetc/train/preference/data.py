"""Pairs for a trainer: rows in, examples with their weights out, what was left out counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from magnetc.models.chat import Chat
from magnetc.train.encode.limit import limited
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.plain import completed_pair
from magnetc.train.preference.config import MDPOConfig
from magnetc.train.preference.credit import with_credit
from magnetc.train.preference.pack import PairExample, Row, apart, shared


@dataclass(slots=True)
class PairDataset(Dataset):
    """Examples, and once it is known their reference: sums of credit · log π_ref, (pairs, 2)."""

    examples: Sequence[PairExample]
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reference: Tensor | None = None

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> tuple[PairExample, Tensor]:
        assert self.reference is not None
        return self.examples[index], self.reference[index]


def pair_dataset(rows: Iterable[Any], chat: Chat, args: MDPOConfig) -> PairDataset:
    """Encode preference rows, or take what is encoded; pairs over `args.max_length` are dropped or cut.

    Args:
        rows: Mappings with `prompt`, `chosen`, `rejected` and `tools` (of an output's `preference/`, a
            `datasets.Dataset`, or any others; see `completed_pair`), `TokenizedPair`s or `PairExample`s.
        chat: The template that shows them to the model.
        args: Its length, credit and discount.

    Raises:
        MagnetError: MG713 when the template cannot be masked.
    """
    rows = list(rows)
    if rows and isinstance(rows[0], PairExample):
        return PairDataset(rows)
    pairs = [encode_pair(completed_pair(row, number), chat) if isinstance(row, Mapping) else row
             for number, row in enumerate(rows)]
    kept, tally = pairs, {}
    if args.max_length is not None:
        found = limited(pairs, args.max_length, "cut" if args.over == "cut" else "drop")
        kept, tally = found.kept, found.tally
    return PairDataset([with_credit(pair, args.credit, args.discount) for pair in kept], tally)


@dataclass(frozen=True, slots=True)
class PairCollator:
    """A list of examples with their reference -> {rows, reference (pairs, 2)}."""

    shares: bool

    def __call__(self, items: Sequence[tuple[PairExample, Tensor]]) -> dict[str, Any]:
        examples = [example for example, _ in items]
        return {"rows": self.rows(examples), "reference": torch.stack([reference for _, reference in items])}

    def rows(self, examples: Sequence[PairExample], *, every: bool = False) -> list[Row]:
        return (shared if self.shares else apart)(examples, every=every)
