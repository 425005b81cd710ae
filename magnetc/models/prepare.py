"""Messages of a row in the form that chat templates take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]

_OURS = frozenset({"weight", "credit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a template refuses: several calls in one message, and call ids that are not nine letters or digits."""

    one_call: bool = False
    short_ids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Messages for a template; `origins[j]` is the index of the message that `messages[j]` comes from.

    A message with n calls becomes n messages, each before its result, where the template takes one call at once.
    """

    messages: tuple[Message, ...]
    origins: tuple[int, ...]


def prepare(messages: Sequence[Mapping[str, Any]], demands: Demands) -> Prepared:
    """`messages` without our own keys, arguments as objects, and as `demands` has it.

    The beginning of a conversation prepares to the beginning of the prepared conversation, where no result is cut from
    its call.
    """
    plain = [_plain(message) for message in messages]
    if demands.short_ids:
        _shorten(plain)
    order = _one_call_each(plain) if demands.one_call else list(enumerate(plain))
    return Prepared(messages=tuple(message for _, message in order), origins=tuple(index for index, _ in order))


def _plain(message: Mapping[str, Any]) -> Message:
    made = {key: value for key, value in message.items() if key not in _OURS and value is not None}
    made["content"] = message.get("content") or ""
    calls = made.pop("tool_calls", None)
    if calls:
        made["tool_calls"] = [_plain_call(call) for call in calls]
    return made


def _plain_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {**call, "function": {"name": function["name"], "arguments": _object(function["arguments"])}}


def _object(arguments: Any) -> Any:
    """Arguments as an object: a template that encodes them would encode their text twice. Other text stays as it is."""
    if not isinstance(arguments, str):
        return arguments
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments


def _shorten(messages: list[Message]) -> None:
    """Number call ids by first appearance: the same in a conversation and in each beginning of it."""
    short: dict[str, str] = {}
    for message in messages:
        for call in message.get("tool_calls", ()):
            call["id"] = short.setdefault(call.get("id", ""), f"call{len(short):05d}")
        if "tool_call_id" in message:
            known = message["tool_call_id"]
            message["tool_call_id"] = short.setdefault(known, f"call{len(short):05d}")


def _one_call_each(messages: list[Message]) -> list[tuple[int, Message]]:
    order: list[tuple[int, Message]] = []
    position = 0
    while position < len(messages):
        message = messages[position]
        calls = message.get("tool_calls", ())
        end = position + 1
        while len(calls) > 1 and end < len(messages) and messages[end]["role"] == "tool":
            end += 1
        order += _interleaved(position, messages[position:end]) if len(calls) > 1 else [(position, message)]
        position = end
    return order


def _interleaved(first: int, group: list[Message]) -> list[tuple[int, Message]]:
    """An agent's message with several calls and its results, as messages of one call, each before its result."""
    agent, results = group[0], list(enumerate(group[1:], first + 1))
    order: list[tuple[int, Message]] = []
    for number, call in enumerate(agent["tool_calls"]):
        order.append((first, {**agent, "content": "" if number else agent["content"], "tool_calls": [call]}))
        mine = [item for item in results if item[1].get("tool_call_id") == call.get("id")]
        order += mine
        results = [item for item in results if item not in mine]
    return order + results
