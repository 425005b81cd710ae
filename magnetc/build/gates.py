"""Gates: what the recipe says of a dataset as a whole, shares that it has to cover and what may tell the sides of its pairs apart, judged
when it is whole, each told at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from magnetc.build.findings import NEEDED
from magnetc.diagnostics import Diagnostic, Label, Severity, Sink
from magnetc.distill.contamination.index import KINDS
from magnetc.emit.coverage import Coverage
from magnetc.emit.missed import why
from magnetc.emit.shortcut import Shortcut
from magnetc.ir.json import Json
from magnetc.ir.spec import Decontamination, Recipe

SHOWN = 5
"""Missed items that a diagnostic lists."""

NOUNS = {
    "tools": "tools that its paths can reach",
    "edges": "edges that its paths can take",
    "distances": "distances of edges that its paths have room for",
    "enum_values": "values of `enum` arguments",
    "operations": "kinds of operation that it asks for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A thing's share of what is possible: `asked`, and what the dataset has."""

    thing: str
    asked: float
    covered: int
    possible: int

    @property
    def reached(self) -> float:
        return self.covered / self.possible if self.possible else 1.0

    @property
    def met(self) -> bool:
        return self.covered >= self.asked * self.possible - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutGate:
    """What may tell the sides of pairs apart, `asked` at the most, and what does: `reached`, None of too few pairs, and by each feature."""

    asked: float
    reached: float | None
    telling: Mapping[str, float]

    @property
    def met(self) -> bool:
        return self.reached is None or self.reached <= self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanGate:
    """How many rows may overlap with a benchmark, `asked` at the most (below 1 a share), and how many did, of `rows` that were made."""

    asked: float
    removed: int
    rows: int

    @property
    def reached(self) -> float:
        """In the unit of `asked`."""
        return self.removed / self.rows if 0 < self.asked < 1 and self.rows else self.removed

    @property
    def met(self) -> bool:
        return self.reached <= self.asked


@dataclass(frozen=True, slots=True)
class Gates:
    """The recipe's gates, in its order, judged."""

    coverage: tuple[Gate, ...] = ()
    shortcut: ShortcutGate | None = None
    clean: CleanGate | None = None

    @property
    def is_clean(self) -> bool:
        """Whether no more overlaps with a benchmark than may."""
        return self.clean is None or self.clean.met

    @property
    def met(self) -> bool:
        return all(gate.met for gate in self.coverage) and (self.shortcut is None or self.shortcut.met) and self.is_clean

    def document(self) -> dict[str, Json]:
        """As the manifest and `--json` have them. `status` is met or missed; empty without gates."""
        found: dict[str, Json] = {}
        if self.coverage:
            found["coverage"] = {gate.thing: {"asked": gate.asked, "reached": gate.reached} for gate in self.coverage}
        if self.shortcut:
            found["shortcut"] = {"asked": self.shortcut.asked, "reached": self.shortcut.reached}
        if self.clean:
            found["decontaminate"] = {"asked": self.clean.asked, "reached": self.clean.reached}
        return {"status": "met" if self.met else "missed", **found} if found else {}


def judge(recipe: Recipe, coverage: Coverage, shortcut: Shortcut, contamination: Mapping[str, Any] = MappingProxyType({})) -> Gates:
    """What the dataset comes to, by the recipe's gates. `contamination`: what overlaps with benchmarks (`build/clean.py`)."""
    most, clean = recipe.decontaminate and recipe.decontaminate.most, None
    if most is not None and contamination:
        removed = contamination["removed"]
        clean = CleanGate(asked=most, removed=removed["rows"] + removed["pairs"], rows=removed["of"])
    shares = tuple(Gate(thing=thing, asked=asked, covered=len(coverage.covered[thing]), possible=len(coverage.possible[thing]))
                   for thing, asked in recipe.coverage)
    if recipe.shortcut is None:
        return Gates(shares, clean=clean)
    reached = shortcut.auc()
    telling = {} if reached is None else shortcut.telling()
    return Gates(shares, ShortcutGate(asked=recipe.shortcut, reached=reached, telling=telling), clean)


def report_gates(gates: Gates, recipe: Recipe, coverage: Coverage, dropped: Mapping[str, int], sink: Sink,
                 contamination: Mapping[str, Any] = MappingProxyType({})) -> None:
    """MG630 for each share, MG631 for a shortcut that is missed. A warning where the command line asked for fewer paths than the recipe:
    its gates speak of all of them. MG632 for more overlaps than the recipe allows, however many paths there are."""
    severity = Severity.WARNING if recipe.scale < 1 else Severity.ERROR
    _report_shares(gates.coverage, recipe, coverage, dropped, sink)
    if gates.shortcut and not gates.shortcut.met:
        told = sorted(gates.shortcut.telling.items(), key=lambda item: -item[1])
        sink.emit(Diagnostic(
            code="MG631", severity=severity,
            message=f"which side of a pair is the chosen one can be told without reading it: an area of {gates.shortcut.reached:.2f} under the ROC "
                    f"curve; the gate allows {gates.shortcut.asked:.2f}",
            primary=Label(recipe.origin.child("gates", "shortcut")), notes=tuple(f"by {name} alone: {area:.2f}" for name, area in told),
            help="pairs that do too little outnumber those that do too much, or the other way round (`faults` of the summary): offer tools that "
                 "change something, and values that a user can withhold"))


    if gates.clean and not gates.clean.met and recipe.decontaminate:
        _report_overlaps(gates.clean, recipe.decontaminate, contamination, sink)


def _report_overlaps(gate: CleanGate, asked: Decontamination, contamination: Mapping[str, Any], sink: Sink) -> None:
    """With what rows overlap, and the first of them."""
    allowed = f"{gate.asked:.2%} of them" if 0 < gate.asked < 1 else f"{gate.asked:g}"
    counts = [f"with `{each['name']}`: {', '.join(f'{count} by {KINDS[kind]}' for kind, count in each['overlaps'].items())}"
              for each in contamination["against"] if each["overlaps"]]
    sink.emit(Diagnostic(
        code="MG632", severity=Severity.ERROR,
        message=f"{gate.removed} of {gate.rows} rows overlap with a benchmark and were removed; the recipe allows {allowed}",
        primary=Label(asked.origin), notes=(*counts, *contamination["examples"]),
        help="change the phrases or values that say what the benchmark does, or allow more with `most`"))


def _report_shares(gates: tuple[Gate, ...], recipe: Recipe, coverage: Coverage, dropped: Mapping[str, int], sink: Sink) -> None:
    """Asked and reached, the first missed items with why, and what to do."""
    partly = recipe.scale < 1
    for gate in gates:
        if gate.met:
            continue
        missed = coverage.missed(gate.thing)
        notes = [f"`{name}`: {why(coverage, gate.thing, name, dropped)}" for name in missed[:SHOWN]]
        if len(missed) > SHOWN:
            notes.append(f"and {len(missed) - SHOWN} more, in `coverage.json`")
        if partly:
            count = sum(count for _, count in recipe.paths)
            notes.append(f"a build of {count} of the recipe's {count / recipe.scale:.0f} paths; of all of them, it would be an error")
        sink.emit(Diagnostic(
            code="MG630", severity=Severity.WARNING if partly else Severity.ERROR,
            message=f"the dataset has {gate.covered} of {gate.possible} {NOUNS[gate.thing]}, {gate.reached:.1%}; "
                    f"the gate asks for {gate.asked:.0%}",
            primary=Label(recipe.origin.child("gates", "coverage", gate.thing)), notes=tuple(notes),
            help=_help(gate.thing, missed, coverage)))


def warn_of_gates(out: Path, manifest: Mapping[str, Any], sink: Sink) -> None:
    """MG630, as a warning, for an output that was written though it misses a gate of its recipe."""
    match manifest.get("gates"):
        case {"status": "missed", "coverage": dict()} | {"status": "missed", "shortcut": dict()} | {"status": "missed", "decontaminate": dict()} as gates:
            shares = gates.get("coverage", {})
            notes = [note for thing, share in shares.items() if (note := _short_of(thing, share))] if isinstance(shares, dict) else []
            match gates.get("shortcut"):
                case {"asked": int() | float() as asked, "reached": int() | float() as reached} if reached > asked:
                    notes.append(f"shortcut: {asked:.2f} allowed, {reached:.2f} reached")
            match gates.get("decontaminate"):
                case {"asked": int() | float() as asked, "reached": int() | float() as reached} if reached > asked:
                    notes.append(f"decontaminate: {asked:g} allowed, {reached:g} removed")
            sink.warning("MG630", f"the dataset in `{out}` misses a gate of its recipe", notes=tuple(notes),
                         help=f"`{out / 'coverage.json'}` says what is missed, and why")


def _short_of(thing: str, share: Any) -> str:
    match share:
        case {"asked": int() | float() as asked, "reached": int() | float() as reached} if reached < asked:
            return f"{thing}: {asked:.0%} asked, {reached:.1%} reached"
        case _:
            return ""


def _help(thing: str, missed: list[str], coverage: Coverage) -> str:
    """What may bring the first missed item in: it is not drawn often enough, or dropped for a reason."""
    if thing == "enum_values":
        tool = missed[0].partition(".")[0]
        return f"ask for more paths of `{coverage.reach.tools[tool]}`, which can call `{tool}`, or lower the gate"
    if thing == "operations":
        return f"ask for more paths, or see to the reason: {NEEDED[missed[0]]}"
    if thing == "distances":
        longest = max(coverage.reach.longest, key=lambda path: coverage.reach.longest[path])
        return f"ask for more paths of `{longest}`, the longest, or let them be longer"
    name, lost = missed[0], coverage.lost[thing].get(missed[0])
    path = coverage.reach.tools[name] if thing == "tools" else coverage.reach.edges[_pair(name)]
    target = name if thing == "tools" else _pair(name)[1]
    if lost:
        return f"see to what `{name}` is dropped for: add phrases (`turn {target}`), or change the world or a constraint"
    return f"ask for more paths of `{path}`, which can come to `{name}`, or give it `sample: coverage`; or add templates for `{target}`"


def _pair(name: str) -> tuple[str, str]:
    source, _, target = name.partition(" -> ")
    return source, target
