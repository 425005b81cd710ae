"""manifest.yaml: the data files with digests and counts, the model to train, and the stages (TrainingManifest)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from magnetc import __version__
from magnetc.ir.spec import Spec, WorldSpec
from magnetc.tools.worlds.kind import world_kind
from magnetc.translate.scenario import Scenario

VERSION = 1


def manifest(spec: Spec, files: dict[str, dict[str, Any]], scenarios: Sequence[Scenario],
             others: dict[str, str], exports: dict[str, Any], gates: dict[str, Any], contamination: dict[str, Any],
             mix: list[dict[str, Any]], held_out: dict[str, Any]) -> dict[str, Any]:
    """What is in the output, and how it is meant to be trained. No clock, no host, no duration.

    `others` are the files that are no rows (the recipe's, the exports', the graph, the coverage), with their SHA-256.
    `exports` has by name what each holds, by file, and what it dropped, by reason.
    `gates` says whether those of the recipe are met, `contamination` what rows were compared with and what of it was found, `mix` whose rows stand among
    the training rows and prove nothing, `held_out` which tools no row to train on has, and the share of compositions; any is left out when the
    recipe has none.
    """
    recipe = spec.recipe
    return {
        "version": VERSION,
        "name": recipe.name,
        "recipe_version": recipe.version,
        "description": recipe.description,
        "compiler": f"magnetc {__version__}",
        "seed": recipe.seed,
        "paths": dict(recipe.paths),
        "teacher": recipe.teacher,
        "world": _world(recipe.world),
        "states": [scenario.initial for scenario in scenarios],
        "files": files,
        "others": others,
        **({"exports": exports} if exports else {}),
        **({"held_out": held_out} if held_out else {}),
        **({"gates": gates} if gates else {}),
        **({"contamination": contamination} if contamination else {}),
        **({"mix": mix} if mix else {}),
        "train": {"stages": stages(files), **json.loads(recipe.train)},
    }


def _world(spec: WorldSpec) -> dict[str, Any]:
    """What the rows are executed in, and what its replays promise."""
    levels = world_kind(spec).levels(spec)
    normalised = {"normalised": list(levels.normalised)} if levels.normalised else {}
    own = {"python": spec.python, "packages": list(spec.packages)} if spec.kind == "python" else {spec.kind: json.loads(spec.settings)}
    return {**own, "replay": levels.replay, **normalised}


def stages(files: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """SFT on conversations, then mDPO on pairs (Magnet §4): each stage names its files."""
    stages = []
    for name, folder in (("sft", "sft"), ("mdpo", "preference")):
        own = {part: f"{folder}/{part}.jsonl" for part in ("train", "validation") if f"{folder}/{part}.jsonl" in files}
        if "train" in own:
            stages.append({"stage": name, **own})
    return stages
