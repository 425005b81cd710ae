"""The user turns of a row that a student is asked to answer, each alone: all before it is as the row has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.ir.json import Json, digest

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTurn:
    """User turn `turn` of a row, counted from 0: messages `start` to `end` answer it."""

    row: Row
    turn: int
    start: int
    end: int

    @property
    def conversation(self) -> str:
        """The id of the conversation that the row is of, whole or a beginning."""
        whole, _, turns = str(self.row["id"]).rpartition(".")
        return whole if turns.isdecimal() else str(self.row["id"])

    def question(self) -> str:
        """A digest of what the student is asked and of the row's answer: all of the conversation up to the turn's end, and the offered tools."""
        return digest([self.row["tools"], *said(self.row["messages"][: self.end])])

    def playable(self) -> dict[str, Any]:
        """The row up to the end of the turn, in which this turn alone is played."""
        messages = [{**message, "weight": int(index >= self.start)} if message["role"] == "assistant" else message
                    for index, message in enumerate(self.row["messages"][: self.end])]
        return {**self.row, "messages": messages}


def asked_turns(row: Row) -> Iterator[AskedTurn]:
    """The turns of a row that it trains and that can be compared by execution.

    Not those with calls of which one is wrong on purpose (slips, what the world refuses), nor those in which nothing is called because
    nothing need be: what a student does there leaves nothing that execution could hold against it.
    """
    messages, certificate = row["messages"], row["certificate"]
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    odd = {*certificate.get("slips", {}), *certificate.get("denied", {}), *(entry["repair"] for entry in certificate.get("denied", {}).values())}
    for turn, user in enumerate(users):
        end = users[turn + 1] if turn + 1 < len(users) else len(messages)
        answer = messages[user + 1 : end]
        made = {call["id"] for message in answer for call in message.get("tool_calls") or ()}
        abstains = any(str(index) in certificate.get("abstains", {}) for index in range(user + 1, end))
        if any(message.get("weight") for message in answer) and not made & odd and not abstains:
            yield AskedTurn(row=row, turn=turn, start=user + 1, end=end)


def said(messages: Iterable[Mapping[str, Any]]) -> list[Json]:
    """What messages say and call, without marks of training, thoughts and the ids of calls."""
    return [[message["role"], message["content"], [list(call) for call in calls_of(message)]] for message in messages]


def calls_of(message: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(tool, arguments) of a message, as it shows them."""
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls") or ()]
