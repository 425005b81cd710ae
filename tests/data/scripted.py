"""Policies for tests: each conversation of a list of rows follows a script of its own, or a function of what is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from magnetc.agent.policy import Action, Request

Row = dict[str, Any]
Script = list[list[Action]]
"""By user turn of the row, the agent's messages in it."""


def call(name: str, **arguments: Any) -> Action:
    return Action(calls=((name, arguments),))


def marked(rows: Sequence[Row]) -> list[Row]:
    """Copies of rows whose system message says their id: a policy is shown no other name of a conversation."""
    made = deepcopy(list(rows))
    for row in made:
        row["messages"][0]["content"] += f" #{row['id']}"
    return made


def script_of(row: Row) -> Script:
    """What the agent of a row does."""
    turns: Script = []
    for message in row["messages"]:
        if message["role"] == "user":
            turns.append([])
        elif message["role"] == "assistant":
            made = [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in message.get("tool_calls", ())]
            turns[-1].append(Action(content=message["content"], calls=tuple(made)))
    return turns


class Scripted:
    """Follows the script of each marked row; behind a turn's last message it says that it is done."""

    def __init__(self, rows: Sequence[Row], change: Callable[[Row, Script], Script] = lambda row, script: script):
        self.scripts = {row["id"]: change(row, script_of(row)) for row in rows}
        self.sizes: list[int] = []

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        self.sizes.append(len(requests))
        return [self._next(request.messages) for request in requests]

    def _next(self, messages: Sequence[dict[str, Any]]) -> Action:
        turns = self.scripts[messages[0]["content"].rpartition("#")[2]]
        users = [index for index, message in enumerate(messages) if message["role"] == "user"]
        said = sum(message["role"] == "assistant" for message in messages[users[-1] :])
        turn = turns[len(users) - 1]
        return turn[said] if said < len(turn) else Action(content="done")


class Reactive:
    """Answers each conversation by a function of what it is shown, and keeps what it was shown."""

    def __init__(self, answer: Callable[[Request], Action]):
        self.answer = answer
        self.seen: list[Request] = []

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        self.seen += requests
        return [self.answer(request) for request in requests]
