"""Chances: the kinds of operation that a recipe asks for, by the names that tags give them, and how likely each is."""

from __future__ import annotations

from magnetc.ir.path import AbstentionKind
from magnetc.ir.spec import Spec
from magnetc.passes.correct import Correct
from magnetc.passes.insert import Insert
from magnetc.passes.merge import Merge
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


def chances(spec: Spec) -> dict[str, float]:
    """The chance of each of `KINDS` that the recipe asks for: per pair of turns, per turn, or per path."""
    asked = {operation.name: dict(operation.options) for operation in spec.operations}
    defaults = {made.name: made for made in (Merge(), Insert(), Parallel(), Split(), NoTool(), Correct(), Recover())}
    found = {}
    for kind, (operation, option) in KINDS.items():
        if operation in asked:
            given = asked[operation].get(option, getattr(defaults[operation], option))
            found[kind] = float(given) if isinstance(given, (int, float)) else 0.0
    return found
