"""Rounds: which calls of a turn go out together. One round is one assistant message (Magnet §3.4: at most 3 calls)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from magnetc.ir.path import Call, OutputSource
from magnetc.ir.signature import Effect

if TYPE_CHECKING:
    from magnetc.ir.spec import Spec

CAP = 3


def rounds(spec: Spec, calls: Sequence[Call], prerequisites: frozenset[tuple[str, str]]) -> tuple[tuple[Call, ...], ...]:
    """Topological layers of a turn's calls, each cut into chunks of at most three, stable by call index.

    A call follows those whose results it takes and those its tool has as prerequisites. A write follows every earlier
    call, and every call follows the writes before it: reads may share a round, writes never change places.
    With `calls: sequential` each call is a round of its own.
    """
    if spec.recipe.calls == "sequential":
        return tuple((call,) for call in calls)
    layers: list[list[Call]] = []
    level: list[int] = []
    for index, call in enumerate(calls):
        after = [level[j] for j in range(index) if _follows(spec, call, calls[j], prerequisites)]
        level.append(1 + max(after, default=-1))
        if level[-1] == len(layers):
            layers.append([])
        layers[level[-1]].append(call)
    return tuple(tuple(layer[i:i + CAP]) for layer in layers for i in range(0, len(layer), CAP))


def _follows(spec: Spec, call: Call, earlier: Call, prerequisites: frozenset[tuple[str, str]]) -> bool:
    if any(isinstance(a.source, OutputSource) and a.source.call == earlier.id for a in call.arguments):
        return True
    if (earlier.function, call.function) in prerequisites:
        return True
    return Effect.WRITES in (spec.tool[call.function].effect, spec.tool[earlier.function].effect)
