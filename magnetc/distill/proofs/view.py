"""One conversation of a row, parsed: what every proof looks at. A pair has two, its chosen and its rejected side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec


@dataclass(frozen=True, slots=True)
class CallView:
    """A call in real names; `raw_…` as the row shows it. `message`, `result_message` are indices into the conversation."""

    id: str
    name: str
    arguments: Mapping[str, Json]
    raw_arguments: str
    result: Json
    raw_result: str
    message: int
    result_message: int
    trained: bool


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation and its certificate. `position` is a call's index among `calls`, by its id.

    Calls, results and `offered` have the real names, `messages` and `tools` are as the row shows them.
    """

    messages: list[dict[str, Any]]
    calls: list[CallView]
    tools: str
    offered: tuple[str, ...]
    certificate: Mapping[str, Any]
    position: dict[str, int]
    shown: Shown

    @property
    def users(self) -> list[int]:
        return [i for i, message in enumerate(self.messages) if message["role"] == "user"]

    @property
    def sources(self) -> Mapping[str, Mapping[str, Mapping[str, Json]]]:
        return self.certificate["arguments"]

    @property
    def slips(self) -> Mapping[str, Mapping[str, Json]]:
        """Wrong calls of the agent's own, by id: what its certificate says of them."""
        return self.certificate.get("slips", {})

    @property
    def denied(self) -> Mapping[str, Mapping[str, Json]]:
        """Right calls that the world refuses, by id: what its certificate says of them."""
        return self.certificate.get("denied", {})

    @property
    def traceless(self) -> frozenset[str]:
        """The ids of calls that leave the world as it was."""
        return frozenset((*self.slips, *self.denied))

    def turn_end(self, message: int) -> int:
        """The index after the last message of the user turn that `message` belongs to."""
        return next((i for i in self.users if i > message), len(self.messages))


def parse(messages: list[dict[str, Any]], tools: str, certificate: Mapping[str, Any], spec: Spec) -> ConversationView:
    """Read a conversation: calls paired with their results by id, through what its certificate has as `shown`.

    Raises:
        ValueError: roles out of order, a call without its result right behind it, an id twice, a missing weight.
    """
    shown = Shown(spec, Presentation.read(certificate.get("shown", {})))
    calls: list[CallView] = []
    index = 0
    previous = ""
    while index < len(messages):
        message = messages[index]
        made = _turns(message, previous, index)
        for offset, call in enumerate(made, 1):
            at = index + offset
            calls.append(_call(call, message, index, messages[at] if at < len(messages) else {}, at, shown))
        previous = "result" if made else message["role"]
        index += 1 + len(made)
    if previous != "assistant":
        raise ValueError("the conversation does not end with the agent's words")
    offered = tuple(map(shown.read_name, _offered(tools)))
    position = {call.id: i for i, call in enumerate(calls)}
    if len(position) != len(calls):
        raise ValueError("two calls have the same id")
    return ConversationView(messages, calls, tools, offered, certificate, position, shown)


@lru_cache(maxsize=256)
def _offered(tools: str) -> tuple[str, ...]:
    return tuple(tool["function"]["name"] for tool in json.loads(tools))


_FOLLOWS = {
    "system": ("",),
    "user": ("", "system", "assistant"),
    "assistant": ("user", "result"),
}
"""What a role may come after; "" is the beginning, "result" the results of calls."""


def _turns(message: dict[str, Any], previous: str, index: int) -> Sequence[dict[str, Any]]:
    """The calls of a message that stands where it may."""
    role, calls = message["role"], message.get("tool_calls", ())
    if previous not in _FOLLOWS.get(role, ()):
        raise ValueError(f"message {index} of role `{role}` does not belong there")
    if not isinstance(message["content"], str):
        raise ValueError(f"message {index} has no text")
    if role == "assistant" and (type(message["weight"]) is not int or message["weight"] not in (0, 1)):
        raise ValueError(f"message {index} has a weight that is neither 0 nor 1")
    if "tool_calls" in message and (role != "assistant" or not calls):
        raise ValueError(f"message {index} has no calls to make")
    return calls


def _call(call: dict[str, Any], message: dict[str, Any], index: int, result: dict[str, Any], at: int,
          shown: Shown) -> CallView:
    function = call["function"]
    expected = ("tool", call["id"], function["name"])
    if (result.get("role"), result.get("tool_call_id"), result.get("name")) != expected:
        raise ValueError(f"call `{call['id']}` has no result behind it")
    arguments = json.loads(function["arguments"])
    if not isinstance(call["id"], str) or not isinstance(arguments, dict):
        raise ValueError(f"call `{call['id']}` is not a call")
    name = shown.read_name(function["name"])
    return CallView(
        id=call["id"], name=name, arguments=shown.read_arguments(name, arguments), raw_arguments=function["arguments"],
        result=shown.read_result(name, json.loads(result["content"])), raw_result=result["content"], message=index, result_message=at,
        trained=bool(message["weight"] or message.get("credit")),
    )
