"""Made: what a recipe asks for against what its conversations came to, counted from rows as they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind
from magnetc.ir.spec import Spec
from magnetc.passes.chances import chances
from magnetc.passes.mixture import Kind, kind_of

PER = {
    "merge": "pairs of consecutive turns",
    "insert.short": "turns",
    "insert.long": "turns",
    "parallel": "turns",
    "correct.before": "turns",
    "correct.after": "turns",
    "recover.slip": "turns",
    "recover.environment": "turns",
    "split.miss_func": "paths",
    "split.miss_params": "paths",
    **{f"no_tool.{kind}": "paths" for kind in AbstentionKind},
}
"""What the chance of a kind of operation is per."""

ADDED = ("insert.long", "correct.after", "recover.environment")
"""Kinds of operation that add a turn."""


class Made:
    """Counts conversations as they come. Copies are counted as such; lengths and other operations are those of base paths."""

    def __init__(self, spec: Spec):
        self._spec = spec
        self._turns: dict[str, Counter[int]] = {}
        self._calls: dict[str, Counter[int]] = {}
        self._applied: Counter[str] = Counter()
        self._room: Counter[str] = Counter()
        self._kinds: Counter[Kind] = Counter()

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a conversation: of its rows the one that holds all of it."""
        tags, messages = row["tags"], row["messages"]
        kinds = Counter(operation.partition("@")[0] for operation in tags["operations"])
        turns = sum(message["role"] == "user" for message in messages)
        is_single = (kind := kind_of(tags["operations"], turns)) is Kind.SINGLE_TURN
        self._kinds[kind] += 1
        if tags["copy_of"]:
            self._applied.update(kind for kind in kinds if kind.startswith(("split.", "no_tool.")))
            return
        calls = sum(len(message.get("tool_calls", ())) for message in messages) - len(row["certificate"].get("slips", ()))
        self._turns.setdefault(tags["path"], Counter())[turns] += 1
        self._calls.setdefault(tags["path"], Counter())[calls] += 1
        self._room["paths"] += 1
        if is_single and self._spec.recipe.mixture:   # most are cut, and so tell nothing of chances in walks
            return
        self._applied.update(kinds)
        drawn = turns - sum(kinds[kind] for kind in ADDED)
        self._room.update({"turns": drawn, "pairs of consecutive turns": drawn + kinds["merge"] - 1})

    def document(self) -> dict[str, Json]:
        """By path, by kind of operation and, where the recipe says `mixture`, by kind of conversation, what is asked and what is made."""
        mixture: dict[str, Json] = {"mixture": self.mixture()} if self._spec.recipe.mixture else {}
        return {"paths": {name: self._path(name, count) for name, count in self._spec.recipe.paths},
                "operations": {kind: self._operation(kind, chance) for kind, chance in chances(self._spec).items()}, **mixture}

    def mixture(self) -> dict[str, dict[str, float]]:
        """By kind of conversation that the recipe has shares of: the share that is asked for, how many there are, and their share."""
        whole = self._kinds.total() or 1
        return {kind: {"asked": share, "times": self._kinds[Kind(kind)], "made": self._kinds[Kind(kind)] / whole} for kind, share in self._spec.recipe.mixture}

    def _path(self, name: str, count: int) -> dict[str, Json]:
        asked = next(path.turns for path in self._spec.paths if path.name == name)
        turns, calls = self._turns.get(name, Counter()), self._calls.get(name, Counter())
        return {"asked": count, "made": sum(turns.values()), "turns": {"asked": list(asked), **_spread(turns)},
                "calls": _spread(calls)}

    def _operation(self, kind: str, chance: float) -> dict[str, Json]:
        room = self._room[PER[kind]]
        return {"asked": chance, "made": self._applied[kind] / room if room else 0.0, "times": self._applied[kind],
                "of": room, "per": PER[kind]}


def _spread(counts: Counter[int]) -> dict[str, Json]:
    """Least, mean and greatest of numbers counted; nothing when there are none."""
    total = sum(counts.values())
    if not total:
        return {}
    return {"least": min(counts), "mean": round(sum(n * count for n, count in counts.items()) / total, 3), "greatest": max(counts)}
