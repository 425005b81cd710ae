"""Tokens drawn by numbers of their own: who else is in the batch plays no part."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

from magnetc.extras import required


class Draw(Protocol):
    """How a text is drawn: with `temperature` 0 the likeliest token each time, otherwise by `seed` from the `top_k` likeliest (0: all) that
    share `top_p` of the probability."""

    @property
    def seed(self) -> int: ...

    @property
    def temperature(self) -> float: ...

    @property
    def top_p(self) -> float: ...

    @property
    def top_k(self) -> int: ...


class Drawn:
    """Leaves of each row's scores the one token that is taken, by one number a token from the row's own sequence."""

    def __init__(self, draws: Sequence[Draw]):
        (self._torch,) = required("torch")
        self._draws = draws
        self._numbers = [Random(draw.seed) for draw in draws]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        torch = self._torch

        def column(values: Sequence[float]) -> Any:
            return torch.tensor(list(values), dtype=torch.float32, device=scores.device).unsqueeze(1)

        warmth = column([draw.temperature for draw in self._draws])
        ranked, order = scores.float().sort(dim=-1, descending=True, stable=True)
        shares = (ranked / warmth.where(warmth > 0, 1.0)).softmax(dim=-1)
        before = shares.cumsum(dim=-1) - shares
        rank = torch.arange(scores.shape[-1], device=scores.device).unsqueeze(0)
        most = column([draw.top_k or scores.shape[-1] for draw in self._draws])
        likely = (rank < most) & (before < column([draw.top_p for draw in self._draws])) & (warmth > 0)
        kept = shares.where((rank == 0) | likely, 0.0)
        upto = kept.cumsum(dim=-1)
        wanted = column([numbers.random() for numbers in self._numbers]) * upto[:, -1:]
        last = (kept > 0).sum(dim=-1, keepdim=True) - 1   # the shares that are kept are the first
        taken = order.gather(1, (upto <= wanted).sum(dim=-1, keepdim=True).minimum(last))
        return torch.full_like(scores, float("-inf")).scatter(1, taken, 0.0)
