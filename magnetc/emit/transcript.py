"""A conversation as text for people: the terminal, the card, the README."""

from __future__ import annotations

from typing import Any

SHOWN = 280
"""Characters of a tool result that are shown."""


def transcript(messages: list[dict[str, Any]], *, markdown: bool = False, shown: int = SHOWN) -> str:
    """One line a message; calls as `name(arguments)`; of a tool result its first `shown` characters."""
    lines = []
    for message in messages:
        lines += _lines(message, markdown, shown)
    return "\n".join(lines)


def _lines(message: dict[str, Any], markdown: bool, shown: int) -> list[str]:
    role = "agent" if message["role"] == "assistant" else message["role"]
    if message.get("tool_calls"):
        calls = [f"{c['function']['name']}({c['function']['arguments']})" for c in message["tool_calls"]]
        return [_line(role, ("→ " + (f"`{call}`" if markdown else call)), markdown) for call in calls]
    content = message["content"]
    if message["role"] == "tool":
        content = content if len(content) <= shown else content[:shown] + " …"
        content = f"`{content}`" if markdown else content
    return [_line(role, content, markdown)]


def _line(role: str, text: str, markdown: bool) -> str:
    return f"**{role}** {text}  " if markdown else f"{role:>7}  {text}"
