"""System: how a conversation's system message reads.

Before:

    turn t0 normal
      offered get_distance convert_unit

After:

    system policy
    turn t0 normal
      offered get_distance convert_unit

`none`: there is none. That holds only where no argument comes from it; where words say a day that only makes sense to who
knows today's date, the translation goes back to `plain`, since a script has no words yet. `plain`: the date and the user's
data, as the recipe shows them. `paraphrased`: the same inside other words. `policy`: with rules beside, which the agent
follows in any case. The wordings are those of the locale's frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.path import SystemSource
from magnetc.ir.script import Script, SystemKind
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


@dataclass(frozen=True, slots=True)
class System:
    """The share of base paths with each kind of system message; what is left of 1 is `plain`."""

    none: float = 0.0
    plain: float = 0.0
    paraphrased: float = 0.0
    policy: float = 0.0
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "system"
    version: str = "1"

    def run(self, context: CompileContext, script: Script) -> Script:
        at = draw.fraction(context.spec.recipe.seed, self.name, script.path.base)
        for kind, share in ((SystemKind.NONE, self.none), (SystemKind.PARAPHRASED, self.paraphrased), (SystemKind.POLICY, self.policy)):
            at -= share
            if at < 0:
                return replace(script, system=SystemKind.PLAIN if kind is SystemKind.NONE and _needed(script) else kind)
        return script


def _needed(script: Script) -> bool:
    """Whether an argument of the conversation comes from the system message."""
    calls = (call for turn in script.path.turns for call in (*turn.calls, *turn.says))
    return any(isinstance(argument.source, SystemSource) for call in calls for argument in call.arguments)
