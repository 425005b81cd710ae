"""What a proof may ask of a world depends on what the world promises."""

import asyncio
import json
from pathlib import Path

import pytest

from magnetc.build.driver import build
from magnetc.build.opened import open_output
from magnetc.build.options import BuildOptions
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.prover import Prover
from magnetc.tools.worlds.world import Levels

RECIPE = Path(__file__).parents[1] / "data" / "recipes" / "library"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A small output, opened."""
    out = tmp_path_factory.mktemp("levels") / "out"
    asyncio.run(build(BuildOptions(folder=RECIPE, out=out, trust=True, paths=12, gated=False, jobs=1, announce=str), Sink()))
    found = open_output(out, Sink(), trust=True, announce=str)
    assert found is not None
    return found


def rows(opened):
    return [json.loads(line) for file in sorted((opened.folder / "sft").glob("*.jsonl")) for line in file.read_text().splitlines()]


def at_level(opened, levels, check):
    """What `check(prover, world)` finds in a world of the output that promises `levels`."""
    async def body():
        world = await opened.start()
        world.levels = levels
        try:
            return await check(Prover(opened.spec, opened.states), world)
        finally:
            await world.close()

    return asyncio.run(body())


def test_a_row_does_not_claim_more_than_its_world_promises(opened):
    row = rows(opened)[0]
    assert at_level(opened, Levels(), lambda prover, world: prover.verify(row, world, None)) == []
    failures = at_level(opened, Levels(replay="normalised"), lambda prover, world: prover.verify(row, world, None))
    assert [(f.proof, f.message) for f in failures] == [(1, "the row claims the replay level `exact`; its world's is `normalised`")]


def test_a_world_that_only_repeats_what_was_recorded_proves_no_necessity_by_failing(opened):
    data = [row for row in rows(opened) if row["certificate"]["arguments"]]
    necessary = [entry for row in data for leaves in row["certificate"]["arguments"].values() for entry in leaves.values() if "output" in entry]
    assert True in [entry["necessary"] for entry in necessary]
    recorded = Levels(reset="none", replay="recorded")
    for row in data:
        copy = json.loads(json.dumps(row))
        copy["certificate"]["world"]["replay"] = "recorded"
        at_level(opened, recorded, lambda prover, world, copy=copy: prover.certify(copy, world))
        for leaves in copy["certificate"]["arguments"].values():
            assert {entry["necessary"] for entry in leaves.values() if "output" in entry} <= {False, "context"}
