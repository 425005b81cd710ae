"""Which calls reach the world: those of offered tools, with arguments that suit them. The others are answered with an error."""

from __future__ import annotations

import json

from magnetc.ir.conform import violations
from magnetc.ir.json import Json, wire
from magnetc.ir.shown import Shown

_DEPTH = 64
"""Levels of nesting in arguments: deeper ones are no call that a tool declares."""


def as_json(value: Json) -> Json | None:
    """The value as it comes over the wire; None when it cannot: NaN, half characters, a nesting without end."""
    try:
        if _is_deep(value, _DEPTH):
            return None
        text = wire(value)
        text.encode()
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _is_deep(value: Json, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    return levels == 0 or any(_is_deep(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))


def refusal(name: str, arguments: dict[str, Json], offered: frozenset[str], shown: Shown) -> str | None:
    """Why a call, in shown names, does not reach the world, in words; None when it does. `offered` has real names."""
    real = {shown.name(tool): tool for tool in offered}.get(name, "")
    if real not in shown.spec.tool:
        return f"unknown tool `{name}`"
    tool = shown.signature(real)
    problems = [f"`{p.name}` is missing" for p in tool.parameters if p.required and p.name not in arguments]
    for key, value in arguments.items():
        parameter = tool.parameter(key)
        if parameter is None:
            problems.append(f"there is no parameter `{key}`")
        else:
            problems += violations(value, parameter.type, shown.spec.type_table, f"/{key}")
    return f"`{name}`: " + "; ".join(problems) if problems else None
