"""Clutter: a share of conversations begins in a world with more in it, and hears more than it needs in results.

Before:

    turn t1 normal
      offered list_messages get_distance

After:

    clutter state results
    turn t1 normal
      offered list_messages get_distance

The world's own method `clutter` makes both, before the conversation begins: what is executed and proven is the cluttered world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.script import CLUTTER, Script
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


@dataclass(frozen=True, slots=True)
class Clutter:
    """The share of base paths with a bigger `state`, and that with longer `results`: drawn each by itself."""

    state: float = 0.0
    results: float = 0.0
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "clutter"
    version: str = "1"

    def run(self, context: CompileContext, script: Script) -> Script:
        key = (context.spec.recipe.seed, self.name, script.path.base)
        return replace(script, clutter=tuple(what for what in CLUTTER if draw.fraction(*key, what) < getattr(self, what)))
