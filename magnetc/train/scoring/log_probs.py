"""Log-probabilities of chosen tokens only: the head and its softmax run at the positions that carry weight, in chunks.

A full head makes logits of shape (tokens, vocabulary), in several copies, and keeps them for the backward pass; here a chunk
of them is made and reduced at a time. A head that is trained needs them again in the backward pass: on a CPU so many are kept,
and the rest are made a second time. Of a head that is not (LoRA), the gradient of the hidden states is made at once.
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

LOGITS_CUDA = 1 << 26
"""The same on a GPU, which reads the whole head for each chunk: 256 MiB."""

KEPT = 1 << 27
"""Logits that a forward pass leaves to its backward pass: 512 MiB in float32."""

RESCALING = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
"""Settings of models that change the logits behind their head, where `score` would not see it."""


ADAPTED = "leave `lm_head` out of `lora: {targets: ...}` and of quantisation"


def log_prob(hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, kept: int = KEPT,
             into_grad: bool = False) -> Tensor:
    """log softmax(hidden · weightᵀ + bias) at one target per row, in float32 or better.

    Args:
        hidden: (n, width).
        weight: (vocabulary, width).
        bias: (vocabulary,) or None.
        targets: (n,).
        kept: logits that may be kept for the backward pass; a GPU keeps none.
        into_grad: the backward pass may add the weight's gradient to `weight.grad` itself, where there is one: no second
            tensor of its size then waits for the other layers. For `backward` in one process, not for `autograd.grad`.

    Returns: (n,).
    """
    made = _LinearLogProb.apply(hidden, weight, bias, targets, kept, torch.is_grad_enabled(), into_grad)
    assert isinstance(made, Tensor)
    return made


class _LinearLogProb(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, kept: int,
                differentiated: bool, into_grad: bool) -> Tensor:
        ctx.computed = torch.get_autocast_dtype(hidden.device.type) if torch.is_autocast_enabled(
            hidden.device.type) else hidden.dtype
        ctx.chunks, ctx.kept, ctx.into_grad = _chunks(hidden, len(weight)), {}, into_grad
        kept = 0 if hidden.is_cuda else kept  # a GPU makes them a second time sooner than it reads them
        head = differentiated and any(ctx.needs_input_grad[1:3])
        with torch.autocast(hidden.device.type, enabled=False):
            found = hidden.new_empty(len(hidden), dtype=_precise(hidden.dtype))
            normalisers = torch.empty_like(found)
            slopes = torch.empty_like(hidden) if differentiated and not head else None
            narrow = weight.to(ctx.computed)
            for rows in ctx.chunks:
                logits = _logits(hidden[rows].to(ctx.computed), narrow, bias, found.dtype)
                found[rows], normalisers[rows] = _reduced(logits, targets[rows])
                if slopes is not None:
                    less = _less(logits, normalisers[rows], found[rows], targets[rows], ctx.computed)
                    slopes[rows] = _product(less, narrow, found.dtype).neg_().to(hidden.dtype)
                elif head and logits.numel() <= kept:
                    ctx.kept[rows.start] = logits
                    kept -= logits.numel()
        ctx.save_for_backward(hidden, weight, bias, targets, found, normalisers, slopes)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets, found, normalisers, slopes = ctx.saved_tensors
        (gradient,) = gradients
        if slopes is not None:
            return (slopes * gradient[:, None]).to(hidden.dtype), *[None] * 6
        with torch.autocast(hidden.device.type, enabled=False):
            narrow = weight.to(ctx.computed)
            to_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
            into = ctx.into_grad and weight.grad is not None and weight.grad.dtype == normalisers.dtype
            to_weight = None if not ctx.needs_input_grad[1] else weight.grad if into else torch.zeros_like(
                weight, dtype=normalisers.dtype)
            to_bias = torch.zeros_like(bias, dtype=normalisers.dtype) if ctx.needs_input_grad[2] else None
            for rows in ctx.chunks:
                own, upstream = hidden[rows].to(ctx.computed), -gradient[rows, None]
                logits = ctx.kept.pop(rows.start, None)
                if logits is None:
                    logits = _logits(own, narrow, bias, normalisers.dtype)
                less = _less(logits, normalisers[rows], found[rows], targets[rows], ctx.computed)
                del logits
                if to_hidden is not None:
                    to_hidden[rows] = _product(less, narrow, normalisers.dtype).mul_(upstream).to(hidden.dtype)
                if to_weight is not None:
                    _add_product(to_weight, less.T, (own * upstream).to(ctx.computed))
                if to_bias is not None:
                    to_bias += (less * upstream).sum(0)
        return to_hidden, None if into else _as(to_weight, weight), _as(to_bias, bias), *[None] * 4


def _reduced(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """log softmax at the targets, and the logarithms of the sums it is made with."""
    found = logits.log_softmax(-1).gather(1, targets[:, None])[:, 0]  # fewer passes than `logsumexp`
    return found, logits.gather(1, targets[:, None])[:, 0] - found


def _less(logits: Tensor, normalisers: Tensor, found: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
    """softmax - onehot(target), which is - d log p(target) / d logits. The logits are written over.

    At the target it is made from log p itself: 1 - p would have lost its digits where p is near to 1.
    """
    shifted = logits.sub_(normalisers[:, None])
    less = torch.exp(shifted, out=shifted if shifted.dtype == dtype else torch.empty_like(shifted, dtype=dtype))
    return less.scatter_(1, targets[:, None], torch.expm1(found)[:, None].to(dtype))


def _product(left: Tensor, right: Tensor, dtype: torch.dtype) -> Tensor:
    """left · right in a wider dtype, without rounding in between where the device can."""
    return torch.mm(left, right, out_dtype=dtype) if _widens(left, dtype) else (left @ right).to(dtype)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left · right, without a product of the total's size in between where the device can."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    elif _widens(left, total.dtype):
        torch.addmm(total, left, right, out_dtype=total.dtype, out=total)
    else:
        total += left @ right


def _widens(narrow: Tensor, dtype: torch.dtype) -> bool:
    return (narrow.is_cuda and torch.version.cuda is not None and narrow.dtype in (torch.float16, torch.bfloat16)
            and dtype == torch.float32 and "dtype_out" in torch.ops.aten.addmm.overloads())


def _as(gradient: Tensor | None, parameter: Tensor | None) -> Tensor | None:
    return None if gradient is None or parameter is None else gradient.to(parameter.dtype)


def _precise(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype == torch.float64 else torch.float32


def _chunks(hidden: Tensor, vocabulary: int) -> list[slice]:
    size = max(16, (LOGITS_CUDA if hidden.is_cuda else LOGITS) // vocabulary)
    return [slice(start, start + size) for start in range(0, len(hidden), size)]


def _logits(hidden: Tensor, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
    logits = _product(hidden, weight.T, dtype)
    return logits if bias is None else logits.add_(bias)


def score(model: nn.Module, head: nn.Linear, inputs: dict[str, Any], predictors: Tensor, targets: Tensor,
          kept: int = KEPT, into_grad: bool = False) -> Tensor:
    """log p of `targets` after the tokens at `predictors`, both (n,), in a forward of one sequence; shape (n,).

    `kept` and `into_grad` are as `log_prob` has them. `model` is called as it is, wrapped for distributed training or adapted
    by PEFT; `head` is its output embedding. The head only sees the hidden states at `predictors`, which may repeat.
    """
    with _scoring(head, targets, kept, into_grad):
        return model(**inputs, logits_to_keep=predictors, use_cache=False).logits[0, :, 0]


@contextmanager
def _scoring(head: nn.Linear, targets: Tensor, kept: int, into_grad: bool) -> Iterator[None]:
    """While it lasts, the head gives log-probabilities (1, n, 1) instead of logits.

    The head's own `forward` is replaced, and not the model's call around it, so that wrappers of the model (DDP) see one
    forward that uses all its parameters.
    """
    def log_probs(hidden: Tensor) -> Tensor:
        return log_prob(hidden[0], head.weight, head.bias, targets, kept, into_grad)[None, :, None]

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
