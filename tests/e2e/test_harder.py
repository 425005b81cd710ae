"""A recipe's `difficulty`: enough conversations hang on what came before, and what is lacking is told."""

import json
import shutil
from dataclasses import replace

import pytest
import yaml
from dataset import LIBRARY, magnetc, rows, verify

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.emit.difficulty import difficulty_of
from magnetc.ir.text import print_script
from magnetc.passes.context import CompileContext
from magnetc.passes.hardness import Hardness, longest_chain
from magnetc.passes.pipeline import compile_unit

pytestmark = pytest.mark.slow


def build(folder, out, difficulty, paths):
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "difficulty": difficulty, "paths": {"loan": paths}, "negatives": {}}, sort_keys=False))
    result = magnetc("build", folder, "--trust", "-o", out, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["made"]["difficulty"], result.stderr


def test_the_shares_are_reached_and_every_proof_holds(own_home, tmp_path):
    plain, _ = build(tmp_path / "plain", tmp_path / "easy", {"chain": {"least": 2, "share": 0.01}}, 24)
    told, said = build(tmp_path / "library", tmp_path / "out", {"chain": {"least": 3, "share": 0.4}, "long": 0.3}, 24)
    for each in told["asked"].values():
        assert each["times"] >= 0.9 * each["share"] * each["of"], told
    assert "MG619" not in said
    assert told["long"] > plain["long"]
    assert verify(tmp_path / "out")["failures"] == []
    bases = [difficulty_of(row) for row in rows(tmp_path / "out", "sft/") if not row["tags"]["copy_of"] and not row["id"].rpartition(".")[2].isdecimal()
             and sum(message["role"] == "user" for message in row["messages"]) > 1]
    assert told["asked"]["chain"] == {"least": 3, "share": 0.4, "times": sum(each.chain >= 3 for each in bases), "of": len(bases)}
    assert "a chain of 3 calls or more" in (tmp_path / "out" / "report.html").read_text()


def test_what_paths_never_have_is_a_warning(own_home, tmp_path):
    told, said = build(tmp_path / "library", tmp_path / "out", {"chain": {"least": 12, "share": 1.0}}, 8)
    assert told["asked"]["chain"]["times"] == 0
    assert "warning[MG619]: the recipe asks for a chain of 12 calls in 100%" in said


def test_units_that_are_told_nothing_stay_and_the_others_have_what_they_are_told():
    spec = compile_recipe(LIBRARY, Sink()).spec
    hard = replace(spec, recipe=replace(spec.recipe, difficulty=(("chain", 0.5),), chain=3))
    before, after = CompileContext(spec), CompileContext(hard)
    told = [ordinal for ordinal in range(24) if any(after.hardness.told("loan", ordinal))]
    assert 10 <= len(told) <= 14
    chains = []
    for ordinal in range(24):
        unit = compile_unit(after, "loan", ordinal)
        if ordinal in told:
            chains += [longest_chain(path) for path in unit.paths[:1]]
        else:
            assert list(map(print_script, unit.scripts)) == list(map(print_script, compile_unit(before, "loan", ordinal).scripts))
    assert sum(chain >= 3 for chain in chains) >= 0.9 * len(chains)


@pytest.mark.parametrize("share", [0.1, 0.37, 1.0])
def test_any_first_units_are_near_the_share(share):
    hardness = Hardness(7, (("long", share),))
    for units in (30, 200):
        assert abs(sum(1 for ordinal in range(units) for _ in hardness.told("loan", ordinal)) - share * units) < 3
