"""Pairs as rows of trees: the prompt of both sides once, and the tokens that are scored, with what they weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from magnetc.train.scoring.tree_attention import Document, positions

PROMPT, CHOSEN, REJECTED = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Tokens of a pair, (n,) each: the prompt, or what follows it on one side.

    `likelihood` is a token's share in the SFT term, `credit` in the preference; `span`: it differs between the sides;
    `agent`: the agent wrote it.
    """

    ids: Tensor
    likelihood: Tensor
    credit: Tensor
    span: Tensor
    agent: Tensor

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairExample:
    """A pair as it is trained on: `prompt` is the longest beginning that both sides share, token by token."""

    id: str
    fault: str
    prompt: Part
    chosen: Part
    rejected: Part

    @property
    def document(self) -> Document:
        return Document(len(self.prompt), len(self.chosen), len(self.rejected))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Scored tokens, (n,) each: `predictors` index the token before each in its row, `pair` its pair in the batch, `side`
    is PROMPT, CHOSEN or REJECTED; the weights are those of Part."""

    predictors: Tensor
    targets: Tensor
    pair: Tensor
    side: Tensor
    likelihood: Tensor
    credit: Tensor
    span: Tensor
    agent: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def to(self, device: torch.device) -> Scored:
        return Scored(**{field.name: getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)})

    def pin_memory(self) -> Scored:
        return Scored(**{field.name: getattr(self, field.name).pin_memory() for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the model, (1, tokens), and what is scored in it."""

    documents: tuple[Document, ...]
    input_ids: Tensor
    position_ids: Tensor
    scored: Scored

    def to(self, device: torch.device) -> Row:
        return Row(documents=self.documents, input_ids=self.input_ids.to(device, non_blocking=True),
                   position_ids=self.position_ids.to(device, non_blocking=True), scored=self.scored.to(device))

    def pin_memory(self) -> Row:
        """For the DataLoader, so that `to` need not wait for the device."""
        return Row(documents=self.documents, input_ids=self.input_ids.pin_memory(),
                   position_ids=self.position_ids.pin_memory(), scored=self.scored.pin_memory())


def shared(examples: Sequence[PairExample], *, every: bool = False) -> list[Row]:
    """One row of all examples, side by side. Scored are the tokens that weigh something; with `every`, all of the agent's."""
    ids, scored, start = [], [], 0
    for number, example in enumerate(examples):
        fork = start + len(example.prompt)
        firsts = {PROMPT: start, CHOSEN: fork, REJECTED: fork + len(example.chosen)}
        for side, part in enumerate((example.prompt, example.chosen, example.rejected)):
            ids.append(part.ids)
            scored.append(_scored(part, number, side, firsts[side], start if side == PROMPT else fork, every))
        start += example.document.length
    return [_row([example.document for example in examples], ids, scored)]


def apart(examples: Sequence[PairExample], *, every: bool = False) -> list[Row]:
    """Two rows a pair, its prompt in both: for models that cannot share it. What weighs in the prompt is scored once."""
    rows = []
    for number, example in enumerate(examples):
        fork = len(example.prompt)
        prompt = _scored(example.prompt, number, PROMPT, 0, 0, every)
        for side, part in ((CHOSEN, example.chosen), (REJECTED, example.rejected)):
            own = _scored(part, number, side, fork, fork, every)
            rows.append(_row([Document(fork, len(part))], [example.prompt.ids, part.ids],
                             [prompt, own] if side == CHOSEN else [own]))
    return rows


def _scored(part: Part, pair: int, side: int, first: int, fork: int, every: bool) -> Scored:
    """The scored tokens of a part whose first token stands at `first` of the row, and follows the one before `fork`."""
    keep = (part.likelihood != 0) | (part.credit != 0)
    if every:
        keep = keep | part.agent
    if side == PROMPT:
        keep[:1] = False  # nothing predicts the first token
    index = keep.nonzero()[:, 0]
    predictors = torch.where(index == 0, fork - 1, first + index - 1)
    return Scored(predictors=predictors, targets=part.ids[index], pair=torch.full_like(index, pair),
                  side=torch.full_like(index, side), likelihood=part.likelihood[index], credit=part.credit[index],
                  span=part.span[index], agent=part.agent[index])


def _row(documents: Sequence[Document], ids: Sequence[Tensor], scored: Sequence[Scored]) -> Row:
    return Row(documents=tuple(documents), input_ids=torch.cat(list(ids))[None], position_ids=positions(documents),
               scored=joined(scored))


def joined(scored: Sequence[Scored]) -> Scored:
    """One after the other; `predictors` stay as they are, each in its own row."""
    return Scored(**{field.name: torch.cat([getattr(each, field.name) for each in scored]) for field in fields(Scored)})
