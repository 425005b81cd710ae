"""Log-probabilities of chosen tokens only: the head and its softmax run at the positions that carry weight, in chunks.

A full head makes logits of shape (tokens, vocabulary), in several copies, and keeps them for the backward pass; here a chunk
of them is made and reduced at a time. A head that is trained needs them again in the backward pass: so many are kept, and
the rest are made a second time. Of a head that is not (LoRA), the gradient of the hidden states is made at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from magnetc.diagnostics import Diagnostic, MagnetError

LOGITS = 1 << 24
"""Logits of a chunk: 64 MiB in float32."""

KEPT = 1 << 27
"""Logits that a forward pass leaves to its backward pass: 512 MiB in float32."""

RESCALING = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
"""Settings of models that change the logits behind their head, where `score` would not see it."""


ADAPTED = "leave `lm_head` out of `lora: {targets: ...}` and of quantisation"


def log_prob(hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, kept: int = KEPT) -> Tensor:
    """log softmax(hidden · weightᵀ + bias) at one target per row, in float32 or better.

    Args:
        hidden: (n, width).
        weight: (vocabulary, width).
        bias: (vocabulary,) or None.
        targets: (n,).
        kept: logits that may be kept for the backward pass.

    Returns: (n,).
    """
    made = _LinearLogProb.apply(hidden, weight, bias, targets, kept, torch.is_grad_enabled())
    assert isinstance(made, Tensor)
    return made


class _LinearLogProb(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, kept: int,
                differentiated: bool) -> Tensor:
        ctx.computed = torch.get_autocast_dtype(hidden.device.type) if torch.is_autocast_enabled(
            hidden.device.type) else hidden.dtype
        ctx.chunks, ctx.kept = _chunks(len(hidden), len(weight)), {}
        head = differentiated and any(ctx.needs_input_grad[1:3])
        with torch.autocast(hidden.device.type, enabled=False):
            found = hidden.new_empty(len(hidden), dtype=_precise(hidden.dtype))
            normalisers = torch.empty_like(found)
            slopes = torch.empty_like(hidden) if differentiated and not head else None
            narrow = weight.to(ctx.computed)
            for rows in ctx.chunks:
                logits = _logits(hidden[rows].to(ctx.computed), narrow, bias, found.dtype)
                normalisers[rows] = logits.logsumexp(-1)
                found[rows] = logits.gather(1, targets[rows, None])[:, 0] - normalisers[rows]
                if slopes is not None:
                    chances = logits.sub_(normalisers[rows, None]).exp_().to(ctx.computed)
                    slopes[rows] = (narrow[targets[rows]] - chances @ narrow).to(hidden.dtype)
                elif head and logits.numel() <= kept:
                    ctx.kept[rows.start] = logits
                    kept -= logits.numel()
        ctx.save_for_backward(hidden, weight, bias, targets, normalisers, slopes)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets, normalisers, slopes = ctx.saved_tensors
        (gradient,) = gradients
        if slopes is not None:
            return (slopes * gradient[:, None]).to(hidden.dtype), *[None] * 5
        with torch.autocast(hidden.device.type, enabled=False):
            narrow = weight.to(ctx.computed)
            to_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
            to_weight = torch.zeros_like(weight, dtype=normalisers.dtype) if ctx.needs_input_grad[1] else None
            to_bias = torch.zeros_like(bias, dtype=normalisers.dtype) if ctx.needs_input_grad[2] else None
            for rows in ctx.chunks:
                own = hidden[rows].to(ctx.computed)
                logits = ctx.kept.pop(rows.start, None)
                if logits is None:
                    logits = _logits(own, narrow, bias, normalisers.dtype)
                # d log p(t) / d logits = onehot(t) - softmax, written over the logits
                wide = logits.sub_(normalisers[rows, None]).exp_().mul_(-gradient[rows, None])
                wide[torch.arange(len(wide), device=wide.device), targets[rows]] += gradient[rows]
                narrowed = wide.to(ctx.computed)
                if to_hidden is not None:
                    to_hidden[rows] = (narrowed @ narrow).to(hidden.dtype)
                if to_weight is not None:
                    if narrowed.dtype == to_weight.dtype:
                        to_weight.addmm_(narrowed.T, own)
                    else:
                        to_weight += narrowed.T @ own
                if to_bias is not None:
                    to_bias += wide.sum(0)
        return to_hidden, _as(to_weight, weight), _as(to_bias, bias), None, None, None


def _as(gradient: Tensor | None, parameter: Tensor | None) -> Tensor | None:
    return None if gradient is None or parameter is None else gradient.to(parameter.dtype)


def _precise(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype == torch.float64 else torch.float32


def _chunks(rows: int, vocabulary: int) -> list[slice]:
    size = max(16, LOGITS // vocabulary)
    return [slice(start, start + size) for start in range(0, rows, size)]


def _logits(hidden: Tensor, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
    logits = (hidden @ weight.T).to(dtype)
    return logits if bias is None else logits.add_(bias)


def score(model: nn.Module, head: nn.Linear, inputs: dict[str, Any], predictors: Tensor, targets: Tensor,
          kept: int = KEPT) -> Tensor:
    """log p of `targets` after the tokens at `predictors`, both (n,), in a forward of one sequence; shape (n,).

    `kept` is as `log_prob` has it. `model` is called as it is, wrapped for distributed training or adapted by PEFT; `head` is its output embedding. The
    head only sees the hidden states at `predictors`, which may repeat.
    """
    with _scoring(head, targets, kept):
        return model(**inputs, logits_to_keep=predictors, use_cache=False).logits[0, :, 0]


@contextmanager
def _scoring(head: nn.Linear, targets: Tensor, kept: int) -> Iterator[None]:
    """While it lasts, the head gives log-probabilities (1, n, 1) instead of logits.

    The head's own `forward` is replaced, and not the model's call around it, so that wrappers of the model (DDP) see one
    forward that uses all its parameters.
    """
    def log_probs(hidden: Tensor) -> Tensor:
        return log_prob(hidden[0], head.weight, head.bias, targets, kept)[None, :, None]

    head.forward = log_probs  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        del head.forward


def scoring_head(model: nn.Module) -> nn.Linear:
    """The output embedding of a model, once it is sure that scores taken there are the model's own.

    Raises:
        MagnetError: MG714 for a head that is adapted, quantised or followed by another operation.
    """
    head = model.get_output_embeddings()  # pyright: ignore[reportCallIssue]
    config = model.config.get_text_config()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    if type(head) is not nn.Linear:
        found = f"its output embedding is a `{type(head).__name__}`"
        raise MagnetError(unsupported(found, ADAPTED))
    for name in RESCALING:
        value = getattr(config, name, None)
        if value not in (None, 1, 1.0):
            raise MagnetError(unsupported(f"its configuration has `{name}: {value}`", "train another base model"))
    return head


def unsupported(found: str, help: str) -> Diagnostic:
    """MG714: why the head of a model cannot be scored."""
    return Diagnostic(code="MG714", message=f"the model's head cannot be scored token by token: {found}", help=help)
