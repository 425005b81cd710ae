"""OpenAI's fine-tuning files: chats with `weight` for supervised training, and preferences for DPO.

    {"messages": [{"role": "user", …}, {"role": "assistant", "content": null, "tool_calls": […], "weight": 1}, …], "tools": […],
     "parallel_tool_calls": true}
    {"input": {"messages": […], "tools": […], "parallel_tool_calls": true}, "preferred_output": [{…}], "non_preferred_output": [{…}]}

`parallel_tool_calls` says of every row whether the agent of the dataset ever makes several calls at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from magnetc.emit.exports.dataset import Dataset, Message, Row, read_json
from magnetc.emit.exports.pairs import first_difference
from magnetc.emit.exports.sheet import Sheet
from magnetc.ir.json import Json, wire

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What OpenAI takes for a function's name."""

TOOLS = 128
"""Functions that a request may offer."""

UNTRAINED = "no message of the row is trained"


def openai(dataset: Dataset, sheet: Sheet) -> None:
    """Files as those of the dataset."""
    for kind, made in (("sft", _chat), ("preference", _preference)):
        for name in dataset.files(kind):
            for row in dataset.rows(name):
                example = _refused(row) or made(row, dataset.calls_at_once)
                if isinstance(example, str):
                    sheet.dropped[example] += 1
                else:
                    sheet.row(name, wire(example))


def _refused(row: Row) -> str:
    """Why OpenAI would refuse the tools of a row; empty when it does not."""
    tools = read_json(row["tools"])
    if len(tools) > TOOLS:
        return f"more than {TOOLS} tools are offered"
    return "" if all(NAME.fullmatch(tool["function"]["name"]) for tool in tools) else "a tool's name is none of [a-zA-Z0-9_-]{1,64}"


def _chat(row: Row, at_once: bool) -> dict[str, Json] | str:
    messages = row["messages"]
    if not any(message.get("weight") for message in messages):
        return UNTRAINED
    if messages[-1]["role"] != "assistant":
        return "the last message is not the agent's"
    return _request(row, [{**_message(message), **_weight(message)} for message in messages], at_once)


def _preference(row: Row, at_once: bool) -> dict[str, Json] | str:
    """The pair cut to the first messages in which its sides differ: OpenAI takes one a side."""
    cut = first_difference(row)
    if isinstance(cut, str):
        return cut
    prompt, chosen, rejected = cut
    return {"input": _request(row, [_message(message) for message in prompt], at_once),
            "preferred_output": [_message(chosen)], "non_preferred_output": [_message(rejected)]}


def _request(row: Row, messages: Sequence[Message], at_once: bool) -> dict[str, Json]:
    """Messages with the tools offered; where there are none, OpenAI takes no word about them."""
    tools = read_json(row["tools"])
    return {"messages": messages, **({"tools": tools, "parallel_tool_calls": at_once} if tools else {})}


def _message(message: Message) -> Message:
    """A message with the keys that OpenAI knows for its role, and null for no words beside calls."""
    match message["role"]:
        case "tool":
            return {key: message[key] for key in ("role", "tool_call_id", "content")}
        case "assistant" if message.get("tool_calls"):
            return {"role": "assistant", "content": message["content"] or None, "tool_calls": message["tool_calls"]}
    return {key: message[key] for key in ("role", "content")}


def _weight(message: Message) -> dict[str, int]:
    return {"weight": message["weight"]} if "weight" in message else {}
