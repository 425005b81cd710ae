"""What the agent of the tests says to a conversation with tools: it has read a dataset, and errs as often as it is told to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

ROWS: dict[tuple[frozenset[str], tuple[str, ...]], list[dict]] = {}
"""By the tools of a conversation, none where its row does not say, and what its user has said so far, the agent's messages that follow the last of it."""

VALUES: dict[tuple[str, str], list] = {}
"""By tool and parameter, what calls of the dataset have there."""

MISTAKES: list[float] = []
"""The share of messages that go wrong, if any do."""


def read_rows(folder: Path) -> None:
    """Learn what the agent of a dataset says."""
    for path in sorted((folder / "sft").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            heard: tuple[str, ...] = ()
            row = json.loads(line)
            offered = _names(json.loads(row.get("tools", "[]")))
            for message in row["messages"]:
                if message["role"] == "user":
                    heard = (*heard, message["content"])
                    turn: list[dict] = []
                elif message["role"] == "assistant":
                    turn.append(message)
                    ROWS.setdefault((offered, heard), turn)
                    _learn(message)


def _learn(message: dict) -> None:
    for call in message.get("tool_calls") or ():
        for name, value in json.loads(call["function"]["arguments"]).items():
            known = VALUES.setdefault((call["function"]["name"], name), [])
            known += [] if value in known else [value]


def _names(tools: list[dict]) -> frozenset[str]:
    return frozenset(tool["function"]["name"] for tool in tools)


def message(body: dict) -> dict:
    """The agent's next message. What it does not know it answers without a call."""
    shown = body["messages"]
    heard = tuple(each["content"] for each in shown if each["role"] == "user")
    users = [index for index, each in enumerate(shown) if each["role"] == "user"]
    said = sum(each["role"] == "assistant" for each in shown[users[-1] :])
    turn = ROWS.get((_names(body["tools"]), heard)) or ROWS.get((frozenset(), heard), [])
    if said >= len(turn):
        return {"role": "assistant", "content": "That is all."}
    made = {"role": "assistant", "content": turn[said]["content"] or None}
    calls = [{"id": f"chatcmpl-tool-{said}-{number}", "type": "function", "function": dict(each["function"])}
             for number, each in enumerate(turn[said].get("tool_calls") or ())]
    digest = hashlib.sha256(json.dumps([shown, body.get("seed", 0)], sort_keys=True).encode()).digest()
    errs = MISTAKES and digest[0] < 256 * MISTAKES[0]
    if not calls:
        return {**made, "content": f"{made['content']} And 4711 of them."} if errs else made
    if errs:
        calls = _wrong(calls, digest[2])
    return {**made, "tool_calls": calls} if calls else {"role": "assistant", "content": "I would rather not."}


def _wrong(calls: list[dict], way: int) -> list[dict]:
    """The calls with one mistake: the last left out, arguments that are no JSON, another value that there is, or one that there is not."""
    last = calls[-1]["function"]
    if way % 4 == 0:
        return calls[:-1]
    if way % 4 == 1:
        last["arguments"] = last["arguments"][:-1] + ", "
        return calls
    arguments = json.loads(last["arguments"])
    for name, value in sorted(arguments.items()):
        if isinstance(value, bool):
            continue
        others = [other for other in VALUES.get((last["name"], name), []) if other != value]
        if way % 4 == 2 and others:
            arguments[name] = others[way // 4 % len(others)]
            break
        arguments[name] = value + 1 if isinstance(value, (int, float)) else value[::-1] if isinstance(value, str) else value
        break
    last["arguments"] = json.dumps(arguments)
    return calls
