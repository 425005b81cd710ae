"""What differs between servers of chat completions: how an output schema is asked for, and names of decoding options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from magnetc.teachers.ask import Request

MORE = {"vllm": ("top_k", "min_p", "repetition_penalty"), "sglang": ("top_k", "min_p", "repetition_penalty"), "ollama": ("top_k",)}
"""Decoding options that OpenAI does not know."""

COMMON = ("temperature", "top_p", "max_tokens", "seed", "stop", "presence_penalty", "frequency_penalty")


def chat_body(dialect: str, request: Request) -> dict[str, Any]:
    """The JSON body of a request. Decoding options that the dialect does not know are left out."""
    known = (*COMMON, *MORE.get(dialect, ()))
    body: dict[str, Any] = {"model": request.model, "messages": [dict(message) for message in request.messages]}
    body |= {name: value for name, value in request.decoding.items() if name in known}
    if dialect == "openai" and "max_tokens" in body:
        body["max_completion_tokens"] = body.pop("max_tokens")
    if dialect == "gemini":
        body.pop("seed", None)
    if request.tools:
        body["tools"] = [dict(tool) for tool in request.tools]
    return {**body, **_schema(request)}


def _schema(request: Request) -> Mapping[str, Any]:
    """How the output's schema is asked for: all of these servers take OpenAI's `response_format`.

    Not `strict`: it forbids objects whose keys are not known in advance, and a reply is checked in any case.
    """
    if not request.schema or request.tools:
        return {}
    schema = {"name": request.program, "schema": dict(request.schema)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def reply_text(answer: Any) -> str:
    """What the model said in a complete answer. Raises ValueError where it is no answer of the protocol."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text = message.get("content") or message.get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("the answer has no `choices` with a message") from error
    if not isinstance(text, str):
        raise ValueError("the answer's content is no text")
    return text.encode("utf-8", "replace").decode()


def reply_message(answer: Any) -> str:
    """The message of a complete answer to a request with tools, as JSON: `content`, `reasoning_content`, and `tool_calls` as (name, arguments),
    the arguments in the text that the model wrote. Raises ValueError where it is no answer of the protocol."""
    content = reply_text(answer)
    message = answer["choices"][0]["message"]
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    try:
        calls = [(call["function"]["name"], call["function"].get("arguments") or "{}") for call in message.get("tool_calls") or ()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the answer has `tool_calls` without a function") from error
    if not isinstance(thought, str) or not all(isinstance(name, str) for name, _ in calls):
        raise ValueError("the answer's message is malformed")
    stated = [[name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)] for name, arguments in calls]
    message = {"content": content, "reasoning_content": thought, "tool_calls": stated}
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace").decode()


def usage(answer: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens asked and answered, as the server counts them; 0 where it does not."""
    counts = answer.get("usage") if isinstance(answer.get("usage"), dict) else {}
    both = (counts.get(name, 0) for name in ("prompt_tokens", "completion_tokens"))  # pyright: ignore[reportOptionalMemberAccess]
    asked, answered = (count if isinstance(count, int) and count >= 0 else 0 for count in both)
    return asked, answered
