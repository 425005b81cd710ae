"""One conversation of a row, parsed: what every proof looks at. A pair has two, its chosen and its rejected side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.ir.json import Json


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as the row shows it. `message` and `result_message` are indices into the conversation."""

    id: str
    name: str
    arguments: Mapping[str, Json]
    raw_arguments: str
    result: Json
    message: int
    result_message: int
    trained: bool


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation and its certificate. Raises ValueError (`parse`) when it is not a well-formed row."""

    messages: list[dict[str, Any]]
    calls: list[CallView]
    offered: tuple[str, ...]
    certificate: Mapping[str, Any]
    position: dict[str, int] = field(default_factory=dict)

    @property
    def users(self) -> list[int]:
        return [i for i, message in enumerate(self.messages) if message["role"] == "user"]

    @property
    def sources(self) -> Mapping[str, Mapping[str, Mapping[str, Json]]]:
        return self.certificate["arguments"]


def parse(messages: list[dict[str, Any]], tools: str, certificate: Mapping[str, Any]) -> ConversationView:
    """Read a conversation: calls paired with their results by id."""
    results = {m["tool_call_id"]: i for i, m in enumerate(messages) if m["role"] == "tool"}
    calls: list[CallView] = []
    for index, message in enumerate(messages):
        for call in message.get("tool_calls") or ():
            if call["id"] not in results:
                raise ValueError(f"call `{call['id']}` has no result")
            at = results[call["id"]]
            function = call["function"]
            calls.append(
                CallView(
                    id=call["id"], name=function["name"], arguments=json.loads(function["arguments"]),
                    raw_arguments=function["arguments"], result=json.loads(messages[at]["content"]), message=index,
                    result_message=at, trained=bool(message.get("weight") or message.get("credit")),
                )
            )
    offered = tuple(tool["function"]["name"] for tool in json.loads(tools))
    return ConversationView(messages, calls, offered, certificate, {call.id: i for i, call in enumerate(calls)})
