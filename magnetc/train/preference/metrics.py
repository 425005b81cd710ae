"""What preference training is watched by: losses, margins, and how likely the agent's words are, by fault class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from magnetc.train.preference.loss import Objective, PairLosses
from magnetc.train.preference.pack import CHOSEN, REJECTED, Scored

SIDES = {"chosen": CHOSEN, "rejected": REJECTED}
TAKEN = ("sft_loss", "mdpo_loss", "margin", "accuracy", "chosen_gain", "rejected_gain")


@dataclass(slots=True)
class PairMetrics:
    """Sums over training steps since they were last taken. They stay on their device, which need not be waited for."""

    parts: list[Tensor] = field(default_factory=list)
    pairs: int = 0

    @torch.no_grad()
    def add(self, losses: PairLosses, scored: Scored, reference: Tensor) -> None:
        found = (scored.likelihood, losses.likelihood, losses.preference, losses.margin, losses.margin > 0,
                 losses.chosen - reference[:, 0], losses.rejected - reference[:, 1])
        self.parts.append(torch.stack([value.detach().sum().to(losses.margin.dtype) for value in found]))
        self.pairs += len(reference)

    def taken(self, accelerator: Any) -> dict[str, float]:
        """Means per pair (of `sft_loss`, per token) over all processes; the sums begin anew."""
        if not self.parts:
            return {}
        sums = torch.stack(self.parts).to("cpu", torch.float64).sum(0)
        own = torch.cat([torch.tensor([self.pairs], dtype=torch.float64), sums])
        pairs, tokens, *totals = accelerator.reduce(own.to(accelerator.device), "sum").tolist()
        self.parts, self.pairs = [], 0
        return {name: value / max(tokens if name == "sft_loss" else pairs, 1) for name, value in zip(TAKEN, totals)}


def measured(losses: PairLosses, log_probs: Tensor, scored: Scored, reference: Tensor,
             faults: Sequence[str]) -> list[dict[str, Any]]:
    """A record per pair. Needs every token of the agent scored, not only the weighted ones."""
    columns = {
        "mdpo_loss": losses.preference, "margin": losses.margin, "sft_loss": losses.likelihood,
        "chosen": losses.chosen, "rejected": losses.rejected,
        "chosen_gain": losses.chosen - reference[:, 0], "rejected_gain": losses.rejected - reference[:, 1],
        "tokens": _sums(scored.likelihood.to(log_probs.dtype), scored, len(faults)),
    }
    for name, side in SIDES.items():
        for place, where in (("span", scored.span), ("elsewhere", scored.agent & ~scored.span)):
            own = ((scored.side == side) & where).to(log_probs.dtype)
            columns[f"{name}_{place}"] = _sums(log_probs * own, scored, len(faults))
            columns[f"{name}_{place}_tokens"] = _sums(own, scored, len(faults))
    values = {name: column.tolist() for name, column in columns.items()}
    return [{"fault": fault, **{name: column[i] for name, column in values.items()}} for i, fault in enumerate(faults)]


def _sums(values: Tensor, scored: Scored, pairs: int) -> Tensor:
    return values.new_zeros(pairs).index_add(0, scored.pair, values)


def summary(records: Sequence[Mapping[str, Any]], objective: Objective) -> dict[str, float]:
    """Metrics of pairs.

    `loss`, `sft_loss` (per token), `mdpo_loss`, `margin`, `accuracy`; `chosen` and `rejected`: credited log-probability, and
    its `gain` over the reference, per pair. Then `FAULT/chosen_span`, `FAULT/rejected_elsewhere` and so on: log-probability
    per token where the sides differ and elsewhere in what the agent says after they part, with `FAULT/pairs`.
    """
    if not records:
        return {}
    mean = {name: sum(record[name] for record in records) / len(records)
            for name in ("mdpo_loss", "margin", "chosen", "rejected", "chosen_gain", "rejected_gain")}
    likelihood = sum(r["sft_loss"] for r in records) / max(sum(r["tokens"] for r in records), 1)
    found = {"loss": objective.likelihood * likelihood + objective.preference * mean["mdpo_loss"], "sft_loss": likelihood,
             "accuracy": sum(record["margin"] > 0 for record in records) / len(records), **mean}
    by_fault: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        by_fault[record["fault"]].append(record)
    for fault, own in sorted(by_fault.items()):
        found[f"{fault}/pairs"] = len(own)
        found[f"{fault}/margin"] = sum(record["margin"] for record in own) / len(own)
        for place in (f"{name}_{where}" for name in SIDES for where in ("span", "elsewhere")):
            tokens = sum(record[f"{place}_tokens"] for record in own)
            if tokens:
                found[f"{fault}/{place}"] = sum(record[place] for record in own) / tokens
    return found
