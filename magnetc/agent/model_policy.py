"""A language model as a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.models.chat import Chat
from magnetc.models.generate import Generator
from magnetc.models.prefixes import Prefixes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a policy's messages are drawn (`magnetc.models.drawn`): greedily at `temperature` 0."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw(Sampling):
    seed: int


class ModelPolicy:
    """Acts as a causal language model does, in the words of its own chat template (see `Generator`).

    What is drawn depends on the request alone, its `sample` among it.
    """

    def __init__(self, model: Any, chat: Chat, *, most_tokens: int = 256, batch: int = 16, sampling: Sampling | None = None, prefixes: Prefixes | None = None):
        self._generator = Generator(model, chat, most_tokens=most_tokens, batch=batch, prefixes=prefixes)
        self._sampling = sampling or Sampling()

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        how = self._sampling
        draws = [_Draw(seed=request.seed(), temperature=how.temperature, top_p=how.top_p, top_k=how.top_k) for request in requests]
        answers = self._generator.answer([(request.messages, request.tools) for request in requests], draws if how.temperature else ())
        return [Action(content=said.content, calls=said.calls, malformed=said.malformed, reasoning=said.reasoning, text=said.text) for said in answers]
