"""An output opened to be executed again: its manifest, the recipe it was built from, its states, its environment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.failure import Failure
from magnetc.frontend import load
from magnetc.ir.json import Json, digest
from magnetc.ir.spec import Spec
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.trust import require_trust
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.pool import Start, WorldPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`states` has the initial states by digest; `failures` says which the manifest lists and the folder does not have.

    `start` starts one more world of it.
    """

    folder: Path
    manifest: Mapping[str, Any]
    spec: Spec
    states: Mapping[str, Json]
    start: Start
    failures: tuple[Failure, ...] = ()

    def pool(self, jobs: int | None = None) -> WorldPool:
        """Workers of the output's world, as many as the machine has processors unless `jobs` says; the caller closes it."""
        levels = world_kind(self.spec.recipe.world).levels(self.spec.recipe.world)
        return WorldPool(self.start, size=levels.at_most(jobs or os.cpu_count() or 1))


def open_output(out: Path, sink: Sink, *, trust: bool = False, announce: Callable[[str], None] = print) -> Opened | None:
    """Read what the rows of the output in `out` are executed with. None when its recipe does not load: see `sink`.

    Raises:
        MagnetError: MG620 when `out` is no output, MG606 when its code is not trusted.
    """
    manifest = read_manifest(out)
    spec = load(out / "recipe", sink, IMPORTERS)
    if spec is None or sink.has_errors:
        return None
    spec = replace(spec, recipe=replace(spec.recipe, world=replace(spec.recipe.world, sealed=True)))
    require_trust(out / "recipe", spec.recipe.world, trust)
    start = world_kind(spec.recipe.world).prepare(spec.recipe.world, out / "recipe" / spec.recipe.world.folder, announce)
    states, failures = read_states(out, manifest)
    return Opened(folder=out, manifest=manifest, spec=spec, states=states, start=start,
                  failures=tuple(failures))


def read_states(out: Path, manifest: Mapping[str, Any]) -> tuple[dict[str, Json], list[Failure]]:
    """The initial states that the manifest lists, by digest, and a failure for each that is not there as it was."""
    states: dict[str, Json] = {}
    failures: list[Failure] = []
    for expected in manifest["states"]:
        name = f"states/{expected}.json"
        try:
            state = json.loads((out / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            failures.append(Failure(name, 0, "the initial state cannot be read"))
            continue
        if digest(state) != expected:
            failures.append(Failure(name, 0, "the initial state does not have its digest"))
        else:
            states[expected] = state
    return states, failures
