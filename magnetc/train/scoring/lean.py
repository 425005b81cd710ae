"""Norms and gated MLPs of a model with fewer kernels and less kept for the backward pass; equal to rounding.

On a GPU a small model spends much of a step in them. Under autocast with weights in float32, the norm of a layer hands on what
autocast would make of it anyway, once and not for each of the linear layers behind it.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GATED = {"gate_proj", "up_proj", "down_proj", "act_fn"}


def lean(model: nn.Module) -> None:
    """Replace the forwards of the norms and MLPs that compute, on random inputs, what the ones here do."""
    repeated = {id(module) for layers in model.modules() if isinstance(layers, nn.ModuleList) for module in layers.modules()}
    for module in model.modules():
        if "forward" in vars(module):
            continue
        if _is_norm(module):
            # What the last norm makes goes to the head, whose gradient is summed in full precision.
            _replace(module, _narrow_norm if id(module) in repeated else _norm, len(module.weight))  # pyright: ignore
        elif _is_gated(module):
            _replace(module, _gated, getattr(module.gate_proj, "in_features", 0))


def _replace(module: nn.Module, forward: Any, width: int) -> None:
    weight = next(module.parameters())
    if not width or not weight.is_floating_point() or weight.is_meta:
        return
    probe = torch.randn(8, width, generator=torch.Generator().manual_seed(0)).to(weight.device, weight.dtype)
    try:
        with torch.no_grad():
            found, expected = forward(module, probe), module(probe)
    except (RuntimeError, TypeError):  # it takes something else, or is not here to be run
        return
    loose = 0.02 if weight.dtype in (torch.bfloat16, torch.float16) else 1e-4
    if found.dtype == expected.dtype and torch.allclose(found, expected, rtol=loose, atol=loose * float(expected.abs().max())):
        module.forward = MethodType(forward, module)  # a method, so that a copy of the model gets its own


def _is_norm(module: nn.Module) -> bool:
    parameters = dict(module.named_parameters())
    return (type(module).__name__.endswith("RMSNorm") and list(parameters) == ["weight"]
            and parameters["weight"].ndim == 1 and _epsilon(module) is not None)


def _epsilon(module: nn.Module) -> float | None:
    return getattr(module, "variance_epsilon", None) or getattr(module, "eps", None)


def _norm(self: Any, hidden_states: Tensor) -> Tensor:
    if hidden_states.dtype != self.weight.dtype:
        return type(self).forward(self, hidden_states)
    with torch.autocast(hidden_states.device.type, enabled=False):
        return F.rms_norm(hidden_states, self.weight.shape, self.weight, _epsilon(self))


def _narrow_norm(self: Any, hidden_states: Tensor) -> Tensor:
    made, device = _norm(self, hidden_states), hidden_states.device.type
    return made.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else made


def _is_gated(module: nn.Module) -> bool:
    return ({name for name, _ in module.named_children()} == GATED
            and type(module.act_fn).__name__ in ("SiLU", "SiLUActivation"))


def _gated(self: Any, x: Tensor) -> Tensor:
    return self.down_proj(_Gate.apply(self.gate_proj(x), self.up_proj(x)))


class _Gate(torch.autograd.Function):
    """silu(gate) · up, which keeps its two inputs and not silu(gate)."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,), (gate, up) = gradients, ctx.saved_tensors
        to_up = F.silu(gate).mul_(gradient)
        to_silu = gradient * up
        return torch.ops.aten.silu_backward.grad_input(to_silu, gate, grad_input=to_silu), to_up
