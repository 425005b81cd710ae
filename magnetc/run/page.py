"""report.html of a run: what each step told, what each model does in what is held out, and the curves of its training."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magnetc import __version__
from magnetc.build.interval import LEVEL
from magnetc.emit.markdown import page
from magnetc.source.resources import resource

if TYPE_CHECKING:
    from magnetc.run.driver import WholeRun
    from magnetc.train.run.settings import TrainSettings

NAMES = {"base": "base", "sft": "SFT", "mdpo": "SFT, mDPO"}
"""What a model is called, by the stage that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two models in the same conversations of a held-out set: in how many both succeed, one alone, the other alone, neither; and how often a
    difference as large comes about where there is none (McNemar's test, exact)."""

    set: str
    one: str
    other: str
    both: int
    one_alone: int
    other_alone: int
    neither: int
    p: float


def compared(models: Mapping[str, Mapping[str, Any]]) -> list[Compared]:
    """Each two models, set by set, by the first trial of each conversation."""
    return [_compared(own["set"], (NAMES[one], own), (NAMES[other], theirs))
            for (one, first), (other, second) in combinations(models.items(), 2) for own, theirs in zip(first["sets"], second["sets"])]


def _compared(name: str, first: tuple[str, Mapping[str, Any]], second: tuple[str, Mapping[str, Any]]) -> Compared:
    from scipy.stats import binomtest

    (one, own), (other, theirs) = first, second
    succeeded = {each["id"]: each["trials"][0]["success"] for each in theirs["conversations"]}
    pairs = [(each["trials"][0]["success"], succeeded[each["id"]]) for each in own["conversations"] if each["id"] in succeeded]
    alone = (pairs.count((True, False)), pairs.count((False, True)))
    p = float(binomtest(alone[0], sum(alone)).pvalue) if sum(alone) else 1.0
    return Compared(set=name, one=one, other=other, both=pairs.count((True, True)), one_alone=alone[0], other_alone=alone[1],
                    neither=pairs.count((False, False)), p=p)


def run_page(run: WholeRun, recipe: str, settings: TrainSettings) -> str:
    """The page of a run, for its folder: it links to the pages of its datasets there."""
    css = resource("specs", "std", "report", "report.css").read_text(encoding="utf-8")
    base = settings.base if isinstance(settings.base, str) else "a model from nothing"
    return page("run/run.html", css=css, recipe=recipe, base=base, figures=run.told["build"]["figures"], mined=run.told["mine"], models=run.models,
                names=NAMES, compared=compared(run.models), left_out=run.told["mdpo"].get("left_out", ""), level=LEVEL, compiler=f"magnetc {__version__}",
                stages={name: run.told[name] for name in ("sft", "mdpo") if "left_out" not in run.told[name]}, curves=_curves(run.folder, ("sft", "mdpo")))


def _curves(folder: Path, stages: Sequence[str]) -> dict[str, str]:
    """By stage, the picture of its curves as a data URL."""
    found = {stage: folder / stage / "curves.png" for stage in stages}
    return {stage: "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode() for stage, path in found.items() if path.is_file()}
