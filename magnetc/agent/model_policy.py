"""A language model as a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.models.chat import Chat
from magnetc.models.generate import Generator


class ModelPolicy:
    """Acts as a causal language model does, greedily, in the words of its own chat template (see `Generator`)."""

    def __init__(self, model: Any, chat: Chat, *, most_tokens: int = 256, batch: int = 16):
        self._generator = Generator(model, chat, most_tokens=most_tokens, batch=batch)

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        answers = self._generator.answer([(request.messages, request.tools) for request in requests])
        return [Action(content=said.content, calls=said.calls, malformed=said.malformed) for said in answers]
