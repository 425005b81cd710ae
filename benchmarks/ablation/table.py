"""What the cells of a run come to: arms by endpoint, differences, corrected tests, and categories by arm, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .analysis import Estimate, Outcome, Outcomes, difference, holm, rate
from .arms import CONTRASTS, FULL, HEADLINE, Size
from .cell import Cell

Played = Mapping[str, Any]
Counted = Callable[[Played], tuple[int, int]]

LOW, HIGH = 0.1, 0.9
"""Between these an arm can be told from another."""

ENDPOINTS: Mapping[str, Counted] = {
    "turns": lambda one: (one["turn_successes"], one["turns"]),
    "conversations": lambda one: (int(one["success"]), 1),
    "calls recalled": lambda one: (one["recalled"], one["reference_calls"]),
    "calls right": lambda one: (one["recalled"], one["made"]),
    "asked": lambda one: (one["asked_rightly"], one["asks"]),
    "declined": lambda one: (one["declined_rightly"], one["declines"]),
}
"""Hits and cases of a conversation. The first is the primary endpoint; the differences are of it."""
PRIMARY = "turns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A confirmatory one: `p` is Holm's, over the family. `marked`: why it is not to be interpreted, if so."""

    family: str
    set: str
    arm: str
    other: str
    estimate: Estimate
    p: float
    marked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Results:
    """`cells` that are done: by arm, by seed, by set, what was played."""

    size: Size
    cells: Mapping[str, Mapping[int, Mapping[str, Sequence[Played]]]]
    facts: Mapping[str, Mapping[int, Mapping[str, Any]]]

    @staticmethod
    def read(work: Path, size: Size) -> Results:
        cells: dict[str, dict[int, dict[str, list[Played]]]] = {}
        facts: dict[str, dict[int, dict[str, Any]]] = {}
        for name, seed in size.cells():
            cell = Cell(work, size, name, seed)
            if cell.is_done():
                cells.setdefault(name, {})[seed] = {each: list(cell.played(each)) for each in size.played}
                facts.setdefault(name, {})[seed] = json.loads((cell.folder / "facts.json").read_text())
        return Results(size=size, cells=cells, facts=facts)

    @property
    def complete(self) -> bool:
        return sum(map(len, self.cells.values())) == len(self.size.cells())

    @property
    def arms(self) -> list[str]:
        return [name for name in self.size.arms if name in self.cells]

    def outcomes(self, arm: str, name: str, counted: Counted = ENDPOINTS[PRIMARY], operation: str = "") -> Outcomes:
        """Of an arm in a set; with an `operation`, of the conversations that it made."""
        return {seed: {one["id"]: Outcome(one["base"] or one["id"], *counted(one)) for one in sets[name] if not operation or operation in one["operations"]}
                for seed, sets in self.cells[arm].items()}

    def share(self, arm: str, name: str, endpoint: str = PRIMARY, operation: str = "") -> Estimate | None:
        """None where there is nothing that it is a share of."""
        key = (arm, name, endpoint, operation)
        if key not in self._shares:
            found = self.outcomes(arm, name, ENDPOINTS[endpoint], operation)
            self._shares[key] = rate(found) if any(one.of for of_seed in found.values() for one in of_seed.values()) else None
        return self._shares[key]

    @cached_property
    def _shares(self) -> dict[tuple[str, str, str, str], Estimate | None]:
        """What `share` has found: a bootstrap of two thousand conversations takes most of a second."""
        return {}

    def operations(self, name: str) -> list[str]:
        """The categories of a set."""
        return sorted({each for seeds in self.cells.values() for sets in seeds.values() for one in sets[name] for each in one["operations"]})

    @cached_property
    def contrasts(self) -> list[Contrast]:
        """All confirmatory contrasts of which both arms have a seed in common, corrected by family."""
        found: list[Contrast] = []
        for family, pairs in CONTRASTS.items():
            known = [(name, arm, other, estimate) for arm, other in pairs for name in HEADLINE
                     if name in self.size.played and {arm, other} <= self.cells.keys()
                     and (estimate := difference(self.outcomes(arm, name), self.outcomes(other, name))) is not None]
            for (name, arm, other, estimate), p in zip(known, holm([each[3].p for each in known])):
                found.append(Contrast(family=family, set=name, arm=arm, other=other, estimate=estimate, p=p, marked=self._marked(name, arm, other, estimate)))
        return found

    def _marked(self, name: str, arm: str, other: str, estimate: Estimate) -> tuple[str, ...]:
        out = [each for each in (arm, other) if (found := self.share(each, name)) is not None and not LOW <= found.value <= HIGH]
        wanted = min(self.size.seeds_of(arm), self.size.seeds_of(other))
        return (*(f"{each} is outside {LOW:.0%} to {HIGH:.0%}" for each in out), *((f"{estimate.seeds} of {wanted} seeds",) if estimate.seeds < wanted else ()))


def markdown(results: Results) -> str:
    """The tables, as text."""
    if not results.cells:
        return "No cell is done."
    done = sum(map(len, results.cells.values()))
    parts = [f"{done} of {len(results.size.cells())} cells are done." + ("" if results.complete else " Incomplete: nothing is claimed of it."),
             *(_arms(results, name) for name in results.size.played), _contrasts(results), *(_matrix(results, name) for name in results.size.played),
             _trained(results)]
    return "\n\n".join(part for part in parts if part)


def _arms(results: Results, name: str) -> str:
    head = ["arm", "seeds", *(f"{each}, %" for each in ENDPOINTS), f"turns − `{FULL}`, points"]
    rows = [[f"`{arm}`", str(len(results.cells[arm])), _share(results.share(arm, name), interval=True),
             *(_share(results.share(arm, name, each)) for each in list(ENDPOINTS)[1:]), _against_full(results, arm, name)] for arm in results.arms]
    return f"**Set `{name}`**" + (" (headline)" if name in HEADLINE else "") + "\n\n" + _grid(head, rows)


def _against_full(results: Results, arm: str, name: str) -> str:
    if arm == FULL or FULL not in results.cells:
        return ""
    found = difference(results.outcomes(arm, name), results.outcomes(FULL, name))
    return _points(found) if found else ""


def _contrasts(results: Results) -> str:
    if not results.contrasts:
        return ""
    rows = [[each.family, f"`{each.set}`", f"`{each.arm}` − `{each.other}`", _points(each.estimate), f"{each.estimate.p:.4f}", f"{each.p:.4f}",
             "; ".join(each.marked)] for each in results.contrasts]
    return "**Contrasts** of turn success, 95 % intervals, Holm's p over a family\n\n" + _grid(["family", "set", "contrast", "points", "p", "Holm", "marked"], rows)


def _matrix(results: Results, name: str) -> str:
    operations = results.operations(name)
    rows = [[f"`{arm}`", *(_share(results.share(arm, name, operation=each)) for each in operations)] for arm in results.arms]
    return f"**Turn success by operation of the conversation, `{name}`**, %\n\n" + _grid(["arm", *operations], rows)


def _trained(results: Results) -> str:
    """Means over seeds of what arms were trained on. A preference arm has pairs, and what it goes on from is `full`."""
    keys = ("steps", "rows", "conversations", "tokens", "trained", "pairs")
    rows = []
    for arm in results.arms:
        known = list(results.facts[arm].values())
        mean = {key: sum(each[key] for each in known) / len(known) for key in (*keys, "turns", "calls") if all(key in each for each in known)}
        passes = mean["steps"] * results.size.packing / mean["tokens"] if mean.get("tokens") else 0
        rows.append([f"`{arm}`", *(f"{mean[key]:,.0f}" if key in mean else "" for key in keys), f"{passes:.2f}" if passes else "",
                     f"{passes * mean['trained']:,.0f}" if passes else "", f"{mean['calls'] / mean['turns']:.2f}" if mean.get("turns") else ""])
    head = ["arm", "steps", "rows", "base paths", "tokens of a pass", "of them trained", "pairs", "passes at most", "trained tokens seen at most", "calls a turn"]
    return "**What arms were trained on**, means over seeds; passes and tokens seen are those of full packing\n\n" + _grid(head, rows)


def document(results: Results) -> dict[str, Any]:
    """The results as JSON: no clock, no host, no path."""
    sets = {name: {arm: {"seeds": sorted(results.cells[arm]),
                         "endpoints": {each: _told(results.share(arm, name, each)) for each in ENDPOINTS},
                         "operations": {each: _told(results.share(arm, name, operation=each)) for each in results.operations(name)},
                         "distances": _distances(results.cells[arm][seed][name] for seed in results.cells[arm])}
                   for arm in results.arms} for name in results.size.played}
    return {"kind": "ablation", "complete": results.complete, "size": asdict(results.size), "sets": sets,
            "contrasts": [asdict(each) for each in results.contrasts], "facts": {arm: dict(facts) for arm, facts in results.facts.items()}}


def _distances(plays: Iterable[Sequence[Played]]) -> dict[str, dict[str, int]]:
    """Turns, and those that succeed, by the distance of their dependency, over all seeds."""
    found: dict[str, dict[str, int]] = {}
    for play in plays:
        for one in play:
            for distance, (successes, turns) in one["distances"].items():
                sums = found.setdefault(distance, {"turns": 0, "successes": 0})
                sums["turns"] += turns
                sums["successes"] += successes
    return dict(sorted(found.items()))


def _told(estimate: Estimate | None) -> dict[str, Any] | None:
    return {key: value for key, value in asdict(estimate).items() if key != "p"} if estimate else None


def _share(estimate: Estimate | None, *, interval: bool = False) -> str:
    if estimate is None:
        return "–"
    low, high = max(estimate.low, 0.0), min(estimate.high, 1.0)
    return f"{estimate.value * 100:.1f}" + (f" ({low * 100:.1f} to {high * 100:.1f})" if interval else "")


def _points(estimate: Estimate) -> str:
    return f"{estimate.value * 100:+.1f} ({estimate.low * 100:+.1f} to {estimate.high * 100:+.1f})" + (" one seed" if estimate.seeds == 1 else "")


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)])
