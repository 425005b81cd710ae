"""Shuffle: the order of the offered tools, and of each tool's parameters, is drawn anew for every base path.

Before:

    turn t1 normal
      offered get_booking get_distance convert_unit

After:

    shown order get_distance destination origin
    turn t1 normal
      offered convert_unit get_booking get_distance

Rows show tools and arguments in these orders. Each tool and parameter has its own draw, so that one that comes to a recipe
leaves the others in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.script import Script
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


@dataclass(frozen=True, slots=True)
class Shuffle:
    """Draws the order of `tools`, and that of their `properties`: their parameters."""

    tools: bool = True
    properties: bool = True
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "shuffle"
    version: str = "1"

    def run(self, context: CompileContext, script: Script) -> Script:
        key = (context.spec.recipe.seed, "shuffle", script.path.base)
        if self.tools:
            rank = {tool: at for at, tool in enumerate(draw.shuffle({t for tools in script.offered for t in tools}, *key))}
            offered = tuple(tuple(sorted(tools, key=rank.__getitem__)) for tools in script.offered)
            script = replace(script, offered=offered)
        if self.properties:
            script = replace(script, shown=replace(script.shown, orders=tuple(self._orders(context, script, key))))
        return script

    def _orders(self, context: CompileContext, script: Script, key: tuple[object, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """By tool, its parameters as drawn, where that is not their declared order."""
        for tool in sorted({tool for tools in script.offered for tool in tools}):
            declared = tuple(parameter.name for parameter in context.spec.tool[tool].parameters)
            drawn = tuple(draw.shuffle(declared, *key, tool))
            if drawn != declared:
                yield tool, drawn
