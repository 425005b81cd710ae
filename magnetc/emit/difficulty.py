"""Difficulty: how much of a conversation hangs on what came before, read off its row.

    chain        calls of the longest chain in which each takes a value of the one before it: 1 where no value flows, 0 without a call
    dependency   how far the farthest result is that a value is taken from: `nested` in the same user turn, `short` in the turn before,
                 `long` in an earlier one; `none` (the terms of `distill/fault_between.py`)
    helpers      calls that nobody asked for by name, which only give what another needs (Insert, short)
    calls        calls in all
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.ir.json import Json

DEPENDENCIES = ("none", "nested", "short", "long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """That of one conversation."""

    calls: int
    chain: int
    helpers: int
    dependency: str


def difficulty_of(row: Mapping[str, Any]) -> Difficulty | None:
    """None for a row whose certificate does not say where values come from."""
    sources = (row.get("certificate") or {}).get("arguments")
    if not isinstance(sources, dict) or "messages" not in row:
        return None
    turn, turns, chains, farthest = -1, {}, {}, -1
    slips = (row["certificate"]).get("slips", {})
    for message in row["messages"]:
        turn += message["role"] == "user"
        for call in message.get("tool_calls") or ():
            if call["id"] in slips:
                continue
            given = {entry["output"] for entry in sources.get(call["id"], {}).values() if entry.get("output") in turns}
            farthest = max([farthest, *(turn - turns[producer] for producer in given)])
            chains[call["id"]] = 1 + max((chains[producer] for producer in given), default=0)
            turns[call["id"]] = turn
    operations = (row.get("tags") or {}).get("operations") or ()
    return Difficulty(calls=len(chains), chain=max(chains.values(), default=0), helpers=sum(each.startswith("insert.short@") for each in operations),
                      dependency=DEPENDENCIES[min(farthest + 1, len(DEPENDENCIES) - 1)])


@dataclass(slots=True)
class Difficulties:
    """Counts conversations as they come, by each of what makes them difficult. `asked`: the recipe's least shares, of base conversations of several
    turns, where a chain has `least` calls; `bases` are such, and `reached` those that have what is asked."""

    asked: tuple[tuple[str, float], ...] = ()
    least: int = 0
    bases: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    calls: Counter[int] = field(default_factory=Counter)
    chains: Counter[int] = field(default_factory=Counter)
    helpers: Counter[int] = field(default_factory=Counter)
    dependencies: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a conversation: of its rows the one that holds all of it."""
        found = difficulty_of(row)
        if found is not None:
            self.calls[found.calls] += 1
            self.chains[found.chain] += 1
            self.helpers[found.helpers] += 1
            self.dependencies[found.dependency] += 1
            if not row["tags"].get("copy_of") and sum(message["role"] == "user" for message in row["messages"]) > 1:
                self.bases += 1
                has = {"chain": found.chain >= self.least, "long": found.dependency == "long", "implicit": found.helpers > 0}
                self.reached.update(thing for thing, _ in self.asked if has[thing])

    @property
    def total(self) -> int:
        return self.calls.total()

    def document(self) -> dict[str, Json]:
        """How many conversations there are of each; shares of those with a helper, and with a long dependency."""
        whole = self.total or 1
        numbers = {name: {str(number): times for number, times in sorted(counts.items())}
                   for name, counts in (("calls", self.calls), ("chain", self.chains), ("helpers", self.helpers))}
        asked: dict[str, Json] = {"asked": {thing: self._against(thing, share) for thing, share in self.asked}} if self.asked else {}
        return {**numbers, **asked, "dependency": {name: self.dependencies[name] for name in DEPENDENCIES},
                "implicit": (self.total - self.helpers[0]) / whole, "long": self.dependencies["long"] / whole}

    def _against(self, thing: str, share: float) -> dict[str, Json]:
        """What is asked of a thing, and made: of so many base conversations of several turns."""
        least: dict[str, Json] = {"least": self.least} if thing == "chain" else {}
        return {**least, "share": share, "times": self.reached[thing], "of": self.bases}
