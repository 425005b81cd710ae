"""Chances: the kinds of operation that a recipe asks for, by the names that tags give them, and how likely each is; where it says `mixture`,
how likely that makes them."""

from __future__ import annotations

from magnetc.ir.path import AbstentionKind
from magnetc.ir.spec import Spec
from magnetc.passes.correct import Correct
from magnetc.passes.insert import Insert
from magnetc.passes.merge import Merge
from magnetc.passes.mixture import DECLINES, Mixture
from magnetc.passes.no_tool import NoTool
from magnetc.passes.parallel import Parallel
from magnetc.passes.recover import Recover
from magnetc.passes.split import Split

KINDS = {
    "merge": ("merge", "p"),
    "insert.short": ("insert", "short"),
    "insert.long": ("insert", "long"),
    "parallel": ("parallel", "p"),
    "correct.before": ("correct", "before"),
    "correct.after": ("correct", "after"),
    "recover.slip": ("recover", "slip"),
    "recover.environment": ("recover", "environment"),
    "split.miss_func": ("split", "miss_func"),
    "split.miss_params": ("split", "miss_params"),
    **{f"no_tool.{kind}": ("no_tool", str(kind)) for kind in AbstentionKind},
}
"""The operation and the option that a kind in tags stands for."""


COPIES = ("split.miss_func", "split.miss_params", f"no_tool.{AbstentionKind.CHITCHAT}", f"no_tool.{AbstentionKind.CONTEXT}")
"""Kinds that make copies that go on, each with a turn more than its base; where a mixture is asked for, of paths of several turns alone."""

SEVERAL = ("merge", "insert.long", "correct.after", "recover.environment")
"""Kinds that are applied in conversations of several turns alone, where a mixture is asked for."""


def chances(spec: Spec) -> dict[str, float]:
    """The chance of each of `KINDS` that the recipe asks for: per pair of turns, per turn, or per path."""
    found, mixture = _asked(spec), mixture_of(spec)
    if not mixture.asked:
        return found
    found |= {kind: found[kind] * (1 - mixture.single) for kind in COPIES if kind in found}
    declining = {f"no_tool.{kind}": found.get(f"no_tool.{kind}", 0.0) for kind in DECLINES}
    whole = sum(declining.values())
    if mixture.abstentions or whole:
        found |= {kind: mixture.abstentions * (chance / whole if whole else 1 / len(declining)) for kind, chance in declining.items()}
    return found


def mixture_of(spec: Spec) -> Mixture:
    """What the recipe's mixture comes to for its units."""
    asked = _asked(spec) if spec.recipe.mixture else {}
    return Mixture.of(spec.recipe.seed, spec.recipe.mixture, sum(asked.get(kind, 0.0) for kind in COPIES))


def _asked(spec: Spec) -> dict[str, float]:
    """The chances as operations say them."""
    asked = {operation.name: dict(operation.options) for operation in spec.operations}
    defaults = {made.name: made for made in (Merge(), Insert(), Parallel(), Split(), NoTool(), Correct(), Recover())}
    found = {}
    for kind, (operation, option) in KINDS.items():
        if operation in asked:
            given = asked[operation].get(option, getattr(defaults[operation], option))
            found[kind] = float(given) if isinstance(given, (int, float)) else 0.0
    return found
