"""Known: what a build knows of a dataset beside its rows, added to the figures of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from magnetc.emit.coverage import THINGS
from magnetc.emit.report.figures import (
    Asked,
    Clean,
    Compared,
    Counted,
    Covered,
    Difficulty,
    Duplicates,
    Figures,
    OperationMade,
    PathMade,
    Rejected,
    Removed,
    Share,
)
from magnetc.emit.report.measure import ranked
from magnetc.ir.json import Json
from magnetc.ir.spec import Recipe


def with_build(figures: Figures, recipe: Recipe, counted: Mapping[str, Any], coverage: Mapping[str, Any], compiler: str) -> Figures:
    """The figures with what the recipe asked. `counted` is `figures.json` of an output, `coverage` its `coverage.json`."""
    return replace(
        figures, difficulty=_difficulty(figures.difficulty, counted), name=recipe.name, version=recipe.version, description=recipe.description, compiler=compiler, seed=recipe.seed,
        asked=Asked(
            paths=tuple(_path(name, made) for name, made in counted["made"]["paths"].items()),
            operations=tuple(_operations(counted)),
            partitions=tuple(_partitions(recipe, figures.shape.files)),
            locales=tuple(_shares(recipe.locales, dict(figures.shape.locales))),
            mixture=tuple((kind.replace("_", " "), each["asked"], each["times"]) for kind, each in counted["made"].get("mixture", {}).items())),
        coverage=tuple(_covered(thing, found, dict(recipe.coverage).get(thing)) for thing, found in coverage.items() if thing in THINGS),
        rejected=tuple(_rejected(counted["dropped"])), removed=tuple(_removed(counted.get("proofs", {}))), faults=_checked(counted.get("proofs", {}).get("faults")), clean=_clean(counted["contamination"]) if "contamination" in counted else None,
        duplicates=_duplicates(counted["duplicates"]) if "duplicates" in counted else None)


def _path(name: str, made: Mapping[str, Any]) -> PathMade:
    return PathMade(name=name, asked=made["asked"], made=made["made"], turns_asked=tuple(made["turns"]["asked"]),
                    turns=_range(made["turns"]), calls=_range(made["calls"]))


def _clean(found: Mapping[str, Any]) -> Clean:
    removed = found["removed"]
    return Clean(near=found["near"], removed=(removed["rows"] + removed["pairs"], removed["of"]), against=tuple(
        Compared(name=each["name"], version=each["version"], tasks=each["tasks"], overlaps=tuple(each["overlaps"].items()),
                 own_tools=tuple(each["own_tools"]), conversations=each["conversations_with_own_tools"]) for each in found["against"]))


def _difficulty(found: Difficulty | None, counted: Mapping[str, Any]) -> Difficulty | None:
    asked = counted["made"].get("difficulty", {}).get("asked", {})
    words = {"chain": "a chain of {least} calls or more", "long": "a long dependency", "implicit": "an implicit helper"}
    return found and replace(found, asked=tuple((words[thing].format(**each), each["share"], (each["times"], each["of"])) for thing, each in asked.items()))


def _duplicates(found: Mapping[str, Any]) -> Duplicates:
    removed = found["removed"]
    return Duplicates(near=found["near"], conversations=(removed["conversations"], found["of"]), copies=removed["copies"], pairs=removed["pairs"],
                      examples=tuple(found["examples"]))


def _range(found: Mapping[str, Any]) -> str:
    return f"{found['least']} to {found['greatest']}, {found['mean']:.1f} on average" if "mean" in found else ""


def _operations(counted: Mapping[str, Any]) -> Iterator[OperationMade]:
    made = counted["made"]["operations"]
    for name, found in made.items():
        yield OperationMade(name=name, times=found["times"], asked=found["asked"], of=found["of"], per=found["per"])
    for name, times in counted["operations"].items():
        if name not in made:
            yield OperationMade(name=name, times=times)


def _partitions(recipe: Recipe, files: Counted) -> Iterator[tuple[str, float | None, int]]:
    rows: Counter[str] = Counter()
    for name, count in files:
        folder, _, part = name.removesuffix(".jsonl").rpartition("/")
        if folder == "sft":
            rows[part] += count
    return _shares(recipe.partitions, rows)


def _shares(asked: tuple[tuple[str, float], ...], made: Mapping[str, int]) -> Iterator[tuple[str, float | None, int]]:
    """By name the share that was asked, of the whole, and how many there are."""
    whole = sum(share for _, share in asked) or 1.0
    for name, share in asked:
        yield name, share / whole, made.get(name, 0)
    for name in sorted(made.keys() - dict(asked).keys()):
        yield name, None, made[name]


def _covered(thing: str, found: Mapping[str, Any], gate: float | None) -> Covered:
    return Covered(thing=thing.replace("_", " "), covered=(found["covered"], found["possible"]), gate=gate,
                   missed=_reasons(found["missed"]), beyond=_reasons(found.get("out_of_reach", ())))


def _reasons(listed: Any) -> tuple[tuple[str, str], ...]:
    return tuple((each["name"], each["why"]) for each in listed)


def _removed(proofs: Mapping[str, Any]) -> Iterator[Removed]:
    """A line for each proof, in order; of an output of another version, which has none, nothing."""
    by = {kind: {each["proof"]: each for each in proofs.get(kind, ())} for kind in ("conversations", "pairs")}
    for proof, found in sorted((by["conversations"] | by["pairs"]).items()):
        yield Removed(proof=str(proof), name=found["name"], conversations=_checked(by["conversations"].get(proof)), pairs=_checked(by["pairs"].get(proof)))


def _checked(line: Mapping[str, Any] | None) -> Share | None:
    return (line["removed"], line["checked"]) if line else None


def _rejected(dropped: Mapping[str, Json]) -> Iterator[Rejected]:
    kinds: dict[str, Counter[str]] = {}
    for reason, times in dropped.items():
        kind, _, why = reason.partition(": ")
        kinds.setdefault(kind, Counter())[why] += times
    for kind, reasons in sorted(kinds.items(), key=lambda item: (-item[1].total(), item[0])):
        yield Rejected(kind=kind, times=reasons.total(), reasons=ranked(reasons))
