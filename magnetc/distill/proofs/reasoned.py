"""Part of proof 3: what an agent thinks aloud names nothing that stands nowhere before it, and does not speak of a hint."""

from __future__ import annotations

from magnetc.distill.proofs.view import ConversationView
from magnetc.teachers.reasoned import KEY, problems, seen_before

__all__ = ["KEY", "check"]


def check(view: ConversationView) -> list[str]:
    """Messages that are trained; the others are history, whose tools may have been others."""
    found: list[str] = []
    for index, message in enumerate(view.messages):
        if KEY not in message:
            continue
        text = message[KEY]
        if message["role"] != "assistant" or not isinstance(text, str) or not text.strip():
            found.append(f"message {index} has a `{KEY}` that is none")
        elif message.get("weight"):
            found += [f"message {index}: {problem}" for problem in problems(text, seen_before(view.messages, index, view.tools))]
    return found
