"""Content: what of a row or a benchmark's task is compared, read from the forms in which such rows are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.ir.json import Json

Call = tuple[str, Mapping[str, Json]]
"""A tool's name and the arguments that it is given."""

QUESTIONS = ("question", "query", "goal", "instruction", "text", "prompt")
"""Members that hold a task's words where it is no conversation."""

STATES = ("initial_config", "initial_state")
"""Members that hold where a task's world begins."""

_USERS = ("user", "human")
_CALLS = re.compile(r"<tool_call>\s*(\{.*?\})\s*</tool_call>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What users say, message by message; what is called, by user turn; where the world begins, None where that is not known; and the
    tools that are offered, by name with the names of their parameters."""

    users: tuple[str, ...] = ()
    turns: tuple[tuple[Call, ...], ...] = ()
    state: Json = None
    tools: frozenset[tuple[str, tuple[str, ...]]] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not any(self.users) and not any(self.turns)


def contents(row: Mapping[str, Any], state: Json = None) -> tuple[Content, ...]:
    """The content of a row in a form of TRL, OpenAI or ShareGPT, or of a task with a question; of a pair, that of both of its sides.

    `state` is where its world begins; without it, a row may say so itself. What has none of these forms is empty.
    """
    if state is None:
        state = next((row[name] for name in STATES if row.get(name)), None)
    tools = frozenset(_tools(row.get("tools")))
    sides = [_conversation(messages) for messages in _sides(row)]
    if not sides:
        question = next((row[name] for name in QUESTIONS if isinstance(row.get(name), str)), "")
        sides = [((question,), ())]
    return tuple(Content(users=users, turns=turns, state=state, tools=tools) for users, turns in sides)


def _sides(row: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    """The messages of a row, with `role` and `content`; nothing where it is no conversation."""
    for name in ("messages", "conversations"):
        if isinstance(row.get(name), list):
            yield _messages(row[name])
            return
    if isinstance(row.get("question"), list):   # of BFCL: a list of messages for each turn
        yield _messages([message for turn in row["question"] if isinstance(turn, list) for message in turn])
        return
    prompt = row.get("prompt")
    begin = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else _messages(prompt)
    sides = [row[name] for name in ("chosen", "rejected", "completion") if isinstance(row.get(name), list)]
    if sides or isinstance(prompt, list):
        yield from (begin + _messages(side) for side in sides or [[]])


def _messages(listed: Any) -> list[Mapping[str, Any]]:
    return [message for message in listed if isinstance(message, Mapping)] if isinstance(listed, list) else []


def _conversation(messages: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[Call, ...], ...]]:
    """What users say, and what is called after each of them."""
    users: list[str] = []
    turns: list[list[Call]] = []
    for message in messages:
        role, said = message.get("role", message.get("from")), _text(message.get("content", message.get("value")))
        if role in _USERS:
            users.append(said)
            turns.append([])
        elif made := [*_openai_calls(message.get("tool_calls")), *_said_calls(role, said)]:
            if not turns:
                turns.append([])
            turns[-1] += made
    return tuple(users), tuple(map(tuple, turns))


def _text(content: Any) -> str:
    """The words of a message: its text, or that of its parts."""
    if isinstance(content, list):
        return " ".join(part["text"] for part in content if isinstance(part, Mapping) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def _openai_calls(listed: Any) -> Iterator[Call]:
    for call in _messages(listed):
        yield from _call(call.get("function", call))


def _said_calls(role: Any, said: str) -> Iterator[Call]:
    """Calls that stand in a message's text: the whole of it as ShareGPT has them, or between tags."""
    for text in [said] if role == "function_call" else _CALLS.findall(said) if role in ("assistant", "gpt") else []:
        found = _parsed(text)
        for call in found if isinstance(found, list) else [found]:
            yield from _call(call)


def _call(function: Any) -> Iterator[Call]:
    if isinstance(function, Mapping) and isinstance(name := function.get("name"), str):
        arguments = function.get("arguments", function.get("parameters"))
        arguments = _parsed(arguments) if isinstance(arguments, str) else arguments
        yield name, arguments if isinstance(arguments, Mapping) else {}


def _parsed(text: str) -> Json:
    """JSON; None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _tools(listed: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and parameters of each tool, in the form of OpenAI or bare."""
    for tool in _messages(_parsed(listed) if isinstance(listed, str) else listed):
        yield from tool_shape(tool.get("function", tool))


def tool_shape(function: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A function's name with the sorted names of its parameters; nothing for what is no function."""
    match function:
        case {"name": str() as name, "parameters": {"properties": dict() as properties}}:
            yield name, tuple(sorted(properties))
        case {"name": str() as name}:
            yield name, ()
