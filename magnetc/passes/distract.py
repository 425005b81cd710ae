"""Distract: a conversation offers the tools that it calls and a few others, instead of every tool of the recipe.

Before:

    turn t1 normal
      offered list_bookings get_booking book_flight cancel_booking get_distance convert_unit send_message
      goal c1 c3
      round c1
      round c3

After, one near tool and one far tool drawn beside the two that the path calls:

    turn t1 normal
      offered get_booking get_distance convert_unit send_message
      goal c1 c3
      round c1
      round c3

A tool that is withheld in a turn stays out of it. The draws hang on the base path, so that a copy offers what its base does,
also where it stops early (`cut`), and beside what it has to offer (`offers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, log
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.script import Script
from magnetc.ir.spec import ALIKE, Spec
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

BYTES_PER_TOKEN = 4
"""Of the UTF-8 text of tools. Measured with a vocabulary of 150,000 on the tools of `examples/travel` and `specs/bfcl`: 4.5 and 4.8
as the rows have them, 3.4 and 3.9 as a chat template writes them, with blanks."""


@dataclass(frozen=True, slots=True)
class Distract:
    """Between the bounds of `count` distractors, a share `near` of them like a called tool, in the spec's order.

    How many is drawn log-uniformly, so that a wide range is mostly short lists and sometimes a long one. `most` caps how
    many tools are offered in all, `tokens` what their JSON text comes to, by an estimate: but the tools that the path calls
    stay. Near tools are those that take the arguments of a called one, and when these are used up, those most like one.
    """

    count: tuple[int, int] = (0, 5)
    most: int | None = None
    near: float = 0.5
    tokens: int = 4000
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "distract"
    version: str = "2"

    def run(self, context: CompileContext, script: Script) -> Script:
        called = {call.function for call in script.path.calls()} | set(script.path.cut)
        kept = called | set(self._distractors(context.spec, script.path.base, called, context.hidden(script.path))) | set(script.path.offers)
        offered = tuple(tuple(tool for tool in tools if tool in kept) for tools in script.offered)
        return replace(script, offered=offered)

    def _distractors(self, spec: Spec, base: str, called: set[str], held: frozenset[str]) -> list[str]:
        """Names of the tools to offer beside the called ones, as many as there are and may be, none of those that are held out."""
        key = (spec.recipe.seed, "distract", base)
        others = {tool.name for tool in spec.tools} - called - held
        count = min(log_uniform(*self.count, *key, "count"), len(others))
        if self.most is not None:
            count = min(count, max(self.most - len(called), 0))
        fitting = {tool.name for mine in called for tool in spec.nearest(mine) if spec.tool[mine].could_be(tool)} & others
        alike = {name for mine in called for name in _most_like(spec, mine, others)} - fitting
        near = draw.shuffle(fitting, *key) + draw.shuffle(alike, *key)
        far = draw.shuffle(others - fitting - alike, *key)
        share = int(count * self.near + draw.fraction(*key, "near"))
        share = max(min(share, len(near)), count - len(far))
        drawn = draw.shuffle([*near[:share], *far[: count - share]], *key, "tokens")
        return list(self._within_budget(spec, called, drawn))

    def _within_budget(self, spec: Spec, called: set[str], drawn: list[str]) -> Iterator[str]:
        """Those of `drawn`, near and far alike, that fit beside the called tools and those before them."""
        left = self.tokens - sum(estimated_tokens(spec.tool_texts[tool]) for tool in called)
        for tool in drawn:
            cost = estimated_tokens(spec.tool_texts[tool])
            if cost <= left:
                left -= cost
                yield tool


def log_uniform(low: int, high: int, *key: object) -> int:
    """A whole number in [low, high]: n with a chance in proportion to log((n + 2) / (n + 1))."""
    bottom, top = log(low + 1), log(high + 2)
    return min(max(int(exp(bottom + draw.fraction(*key) * (top - bottom))) - 1, low), high)


def estimated_tokens(text: str) -> int:
    """How many tokens a text of tools is, without a tokenizer: a whole number, rounded up."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def _most_like(spec: Spec, function: str, others: set[str]) -> list[str]:
    return [tool.name for tool in spec.nearest(function) if tool.name in others][:ALIKE]
