"""A hosted model as a policy: chat completions with tools, through the journal."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.ir.json import Json
from magnetc.teachers.ask import Asker
from magnetc.teachers.ask import Request as Asked
from magnetc.teachers.openai.client import Refused

PROGRAM = "agent"
"""The name under which the journal has what a model said as the agent."""

_THIS_ONE = frozenset({400, 413, 422})
"""Refusals that may be of one request: it is longer than the model's window."""

REFUSALS = 5
"""So many of them, with nothing answered, are not of single requests: the endpoint does not take what is sent."""

_OURS = frozenset({"weight", "credit", "reasoning_content"})


class EndpointPolicy:
    """Acts as the model behind an endpoint does; the server reads its calls. `counts` says how requests fared: `journal`, `endpoint`, and
    `refused` for those that the server would not answer, which are empty messages of the agent.

    What the model thought aloud in earlier messages is not sent again: servers differ in whether they take it.
    """

    def __init__(self, asker: Asker, decoding: Mapping[str, Any]):
        self._asker, self._decoding = asker, decoding
        self.counts: Counter[str] = asker.yields.setdefault(PROGRAM, Counter())

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        """As `Policy`.

        Raises:
            MagnetError: MG510 and MG511 for an endpoint that answers nothing, MG508 for a budget that is spent.
        """
        return list(await asyncio.gather(*map(self._act, requests)))

    async def _act(self, request: Request) -> Action:
        tools = tuple(json.loads(request.tools)) if request.tools else ()
        seed = {"seed": request.sample} if request.sample else {}
        asked = Asked(program=PROGRAM, model=self._asker.model.name(PROGRAM), messages=tuple(map(_sent, request.messages)), tools=tools,
                      decoding={**self._decoding, **seed}, sample=request.sample)
        try:
            reply = await self._asker.reply(asked, self.counts)
        except Refused as error:
            self.counts["refused"] += 1
            if error.status not in _THIS_ONE or (self.counts["answered"] == 0 and self.counts["refused"] >= REFUSALS):
                raise
            return Action()
        self.counts["answered"] += 1
        return read_message(reply.text) if tools else Action(content=reply.text)


def _sent(message: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in _OURS}


def read_message(text: str) -> Action:
    """The action that a message of a server states: calls whose arguments are no JSON object are malformed."""
    said = json.loads(text)
    calls: list[tuple[str, dict[str, Json]]] = []
    malformed: list[str] = []
    for name, stated in said["tool_calls"]:
        try:
            arguments = json.loads(stated)
        except (ValueError, RecursionError):
            arguments = None
        if isinstance(arguments, dict):
            calls.append((name, arguments))
        else:
            malformed.append(f"{name} {stated}")
    return Action(content=said["content"], calls=tuple(calls), malformed="\n".join(malformed), reasoning=said["reasoning_content"])
