"""The loss: L = L_SFT(τ⁺) + λ · L_mDPO (Magnet §4), over per-token weights.

    L_SFT  = - Σ likelihood · log π / Σ likelihood                            over prompts and chosen sides
    L_mDPO = - mean over pairs of log σ(β · margin)
    margin = Σ credit · (log π - log π_ref) on the chosen side - the same on the rejected side

Which published method it is depends on the weights alone: credit on every action after the fault is M-DPO (Xiong et al.,
arXiv 2409.02392), on the first diverging message Step-DPO (arXiv 2406.18629), discounted by turn DMPO (arXiv 2406.14868).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from magnetc.train.preference.pack import CHOSEN, REJECTED, Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The settings of the loss.

    `floor` is λ of DPO-Positive (arXiv 2402.13228): it takes floor · max(0, log π_ref - log π) of the chosen side from the
    margin, so that a preference cannot be met by making both sides unlikely. None leaves it out.
    """

    beta: float = 0.1
    preference: float = 1.0
    likelihood: float = 1.0
    floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the loss of a whole optimiser step is divided by: scored likelihood, and pairs."""

    likelihood: Tensor | float
    pairs: Tensor | float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLosses:
    """Of a batch: its part of the loss of the step, and what it consists of; (pairs,) each but `loss`."""

    loss: Tensor
    likelihood: Tensor
    preference: Tensor
    margin: Tensor
    chosen: Tensor
    rejected: Tensor


def credited(log_probs: Tensor, scored: Scored, pairs: int) -> tuple[Tensor, Tensor]:
    """Sums of credit · log p on the chosen and on the rejected side, (pairs,) each."""
    weighed = log_probs * scored.credit.to(log_probs.dtype)
    chosen, rejected = (_by_pair(torch.where(scored.side == side, weighed, 0.0), scored, pairs)
                        for side in (CHOSEN, REJECTED))
    return chosen, rejected


def mdpo_loss(log_probs: Tensor, scored: Scored, reference: Tensor, objective: Objective, totals: Totals) -> PairLosses:
    """The loss of a batch.

    Args:
        log_probs: log π of the scored tokens, (n,).
        scored: their weights.
        reference: sums of credit · log π_ref, (pairs, 2): chosen, rejected.
        objective: the settings.
        totals: of the optimiser step that the batch is part of.
    """
    pairs = len(reference)
    reference = reference.to(log_probs.dtype)
    chosen, rejected = credited(log_probs, scored, pairs)
    gained, lost = chosen - reference[:, 0], rejected - reference[:, 1]
    margin = objective.beta * (gained - lost)
    held = margin if objective.floor is None else margin - objective.beta * objective.floor * F.relu(-gained)
    preference = -F.logsigmoid(held)
    likelihood = -_by_pair(log_probs * scored.likelihood.to(log_probs.dtype), scored, pairs)
    loss = (objective.likelihood * likelihood.sum() / totals.likelihood
            + objective.preference * preference.sum() / totals.pairs)
    return PairLosses(loss=loss, likelihood=likelihood, preference=preference, margin=margin, chosen=chosen, rejected=rejected)


def _by_pair(values: Tensor, scored: Scored, pairs: int) -> Tensor:
    return values.new_zeros(pairs).index_add(0, scored.pair, values)
