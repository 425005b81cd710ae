"""What the models did, read from the files of their evaluations, and compared in the same conversations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .equal import NAME
from .paired import Estimate, Outcome, difference, share
from .steps import BASE, OFFLINE, Plan

Sets = dict[str, dict[str, Outcome]]
"""By set, by conversation, what became of it."""


def figures(plan: Plan) -> dict[str, Any]:
    """All that the comparison found: of each arm its data, of each arm and stage how often its models succeed and by how much more than others."""
    outcomes = {key: _outcomes(plan, names) for key, names in plan.models.items()}
    data = {arm: {stage: json.loads((plan.equal(arm, stage) / NAME).read_text(encoding="utf-8")) for stage in plan.stages(arm)} for arm in plan.arms}
    return {"base": plan.base, "recipe": plan.recipe.name, "seeds": plan.seeds, "left_out": plan.left_out, "data": data,
            "restyled": _restyled(plan), "models": [_model(key, outcomes) for key in outcomes]}


def _restyled(plan: Plan) -> dict[str, int]:
    """How many messages the restyler said otherwise, and how many it left: one that is too weak changes nothing."""
    from magnetc.build.read_manifest import read_manifest

    return dict(read_manifest(plan.data("restyled"))["restyled"])


def _model(key: tuple[str, str], outcomes: Mapping[tuple[str, str], Sets]) -> dict[str, Any]:
    arm, stage = key
    references = {"base": (BASE, ""), "offline": (OFFLINE, stage), "sft": (arm, "sft")}
    wanted = {name: other for name, other in references.items() if other in outcomes and other != key and (name != "sft" or stage == "mdpo")}
    return {"arm": arm, "stage": stage, "sets": {name: _set(name, own, {each: outcomes[other][name] for each, other in wanted.items()})
                                                 for name, own in outcomes[key].items()}}


def _set(name: str, own: Mapping[str, Outcome], others: Mapping[str, Mapping[str, Outcome]]) -> dict[str, Any]:
    seeds = [sum(each) / len(own) for each in zip(*(outcome.by_seed for outcome in own.values()), strict=True)]
    return {"succeed": _told(share(own)), "by_seed": seeds, "more_than": {each: _told(difference(own, other)) for each, other in others.items()}}


def _told(found: Estimate) -> dict[str, Any]:
    return {"value": found.value, "interval": found.interval, "conversations": found.cases, "base_paths": found.clusters}


def _outcomes(plan: Plan, models: Sequence[str]) -> Sets:
    """What the models of an arm, one a seed, did."""
    read = {"heldout": _heldout, "toolquery": _toolquery, "bfcl": _bfcl}
    asked = ("heldout", *(("toolquery",) if plan.toolquery else ()), *(("bfcl",) if plan.bfcl else ()))
    found: Sets = {}
    for kind in asked:
        by_seed = [read[kind](plan.results(kind, model)) for model in models]
        for name, first in by_seed[0].items():
            found[name] = {case: Outcome(cluster, tuple(float(each[name][case][1]) for each in by_seed)) for case, (cluster, _) in first.items()}
    return found


Read = dict[str, dict[str, tuple[str, bool]]]
"""By set and case, its cluster and whether it succeeded."""


def _heldout(place: Path) -> Read:
    told = json.loads(place.read_text(encoding="utf-8"))
    return {each["set"]: {case["id"]: (case["base"] or case["id"], case["trials"][0]["success"]) for case in each["conversations"]} for each in told["sets"]}


def _toolquery(place: Path) -> Read:
    told = json.loads(place.read_text(encoding="utf-8"))
    return {told["set"]: {task["id"]: (task["id"], task["success"]) for task in told["tasks"]}}


def _bfcl(place: Path) -> Read:
    """Official scores, by entry."""
    failed = {each["id"] for each in json.loads((place / "report.json").read_text(encoding="utf-8"))["failed"] if not each["official"]}
    lines = [json.loads(line) for file in sorted((place / "result").rglob("*_result.json")) for line in file.read_text(encoding="utf-8").splitlines()]
    return {"BFCL": {line["id"]: (line["id"], line["id"] not in failed) for line in lines}}


def table(found: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [f"# {found['base']} on {found['recipe']}", "", *(f"On {_machine(each)}." for each in found["machines"]), f"Seeds of an arm: {found['seeds']}.", "", "## Data", "",
             "| arm | stage | trained tokens, by seed | passes over its rows | tokens computed | left out |", "|---|---|---|---|---|---|"]
    lines += [_data_line(arm, stage, told) for arm, stages in found["data"].items() for stage, told in stages.items()]
    lines += ["", f"Restyling said {found['restyled']['messages']:,} messages otherwise and kept {found['restyled']['kept']:,}.",
              *(f"Left out: {arm}, since {reason}." for arm, reason in found["left_out"].items())]
    for name in found["models"][0]["sets"]:
        size = found["models"][0]["sets"][name]["succeed"]
        lines += ["", f"## {name}: {size['conversations']:,} conversations of {size['base_paths']:,} base paths", "",
                  "| arm | stage | succeed | by seed | more than the base | more than offline | more than its SFT |", "|---|---|---|---|---|---|---|"]
        lines += [_line(each["arm"], each["stage"], each["sets"][name]) for each in found["models"]]
    return "\n".join([*lines, ""])


def _machine(machine: Mapping[str, Any]) -> str:
    return ", ".join([*machine["gpu"], *(f"{name} {version}" for name, version in machine.items() if name != "gpu")])


def _data_line(arm: str, stage: str, told: Mapping[str, Any]) -> str:
    seeds = list(told["seeds"].values())
    left = ", ".join(f"{count:,} {why}" for why, count in told["data"]["left_out"].items()) or "–"
    return (f"| {arm} | {stage} | {_span([each['trained'] for each in seeds])} of {told['asked']:,} asked | {sum(each['passes'] for each in seeds) / len(seeds):.2f} | "
            f"{_span([each['tokens'] for each in seeds])} | {left} |")


def _span(values: Sequence[int]) -> str:
    return f"{min(values):,}" if min(values) == max(values) else f"{min(values):,} to {max(values):,}"


def _line(arm: str, stage: str, told: Mapping[str, Any]) -> str:
    more = [_shown(told["more_than"][each], "+") if each in told["more_than"] else "" for each in ("base", "offline", "sft")]
    return f"| {arm} | {stage} | {_shown(told['succeed'])} | {', '.join(f'{each:.1%}' for each in told['by_seed'])} | {' | '.join(more)} |"


def _shown(told: Mapping[str, Any], sign: str = "") -> str:
    low, high = told["interval"]
    return f"{told['value']:{sign}.1%} ({low:{sign}.1%} to {high:{sign}.1%})"
