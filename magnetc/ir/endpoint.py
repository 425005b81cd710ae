"""Endpoint: where a hosted model answers, what it may be asked, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.ir.model import Model

DIALECTS = ("openai", "vllm", "sglang", "ollama", "gemini")
"""Servers that speak chat completions, each with ways of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Model):
    """`key` names the environment variable that holds the key; a recipe never holds the key itself.

    `requests` and `tokens` are bounds a minute, 0 for
    none; `timeout` seconds a request; `price` money for a million tokens, (asked, answered). `most_tokens` and `most_money` are the
    budget of one command, 0 for none.
    """

    url: str = "https://api.openai.com/v1"
    key: str = ""
    dialect: str = "openai"
    concurrency: int = 64
    requests: int = 0
    tokens: int = 0
    timeout: float = 120.0
    price: tuple[float, float] = (0.0, 0.0)
    most_tokens: int = 0
    most_money: float = 0.0
