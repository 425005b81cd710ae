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

A tool that is withheld in a turn stays out of it. The draws hang on the base path, so that a copy offers what its base does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.script import Script
from magnetc.ir.spec import Spec
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

NEAREST = 3
"""How many tools count as alike to a called one."""


@dataclass(frozen=True, slots=True)
class Distract:
    """Between the bounds of `count` distractors, a share `near` of them like a called tool, in the spec's order.

    `most` caps what is offered in all, but for the tools that the path calls: they stay. Near tools are those that take
    the arguments of a called one, and when these are used up, those most like one.
    """

    count: tuple[int, int] = (0, 5)
    most: int | None = None
    near: float = 0.5
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "distract"
    version: str = "1"

    def run(self, context: CompileContext, script: Script) -> Script:
        called = {call.function for call in script.path.calls()}
        kept = called | set(self._distractors(context.spec, script.path.base, called))
        offered = tuple(tuple(tool for tool in tools if tool in kept) for tools in script.offered)
        return replace(script, offered=offered)

    def _distractors(self, spec: Spec, base: str, called: set[str]) -> list[str]:
        """Names of the tools to offer beside the called ones, as many as there are and may be."""
        key = (spec.recipe.seed, "distract", base)
        others = {tool.name for tool in spec.tools} - called
        count = min(draw.integer(*self.count, *key, "count"), len(others))
        if self.most is not None:
            count = min(count, max(self.most - len(called), 0))
        fitting = {tool.name for mine in called for tool in spec.nearest(mine) if spec.tool[mine].could_be(tool)} - called
        alike = {name for mine in called for name in _most_like(spec, mine, others)} - fitting
        near = draw.shuffle(fitting, *key) + draw.shuffle(alike, *key)
        far = draw.shuffle(others - fitting - alike, *key)
        share = int(count * self.near + draw.fraction(*key, "near"))
        share = max(min(share, len(near)), count - len(far))
        return near[:share] + far[: count - share]


def _most_like(spec: Spec, function: str, others: set[str]) -> list[str]:
    return [tool.name for tool in spec.nearest(function) if tool.name in others][:NEAREST]
