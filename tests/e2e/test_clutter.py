"""Conversations in fuller worlds: they are proven there, their lists are longer, and a world that cannot is named."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, magnetc, rows, verify

pytestmark = pytest.mark.slow

TRAVEL = Path(__file__).parents[2] / "examples" / "travel"


@pytest.fixture(scope="module")
def cluttered(own_home, tmp_path_factory):
    folder = shutil.copytree(TRAVEL, tmp_path_factory.mktemp("clutter") / "travel", ignore=shutil.ignore_patterns("out*"))
    graph = folder / "graph.magnet"
    graph.write_text(graph.read_text().replace("operations {", "operations {\n  clutter(state=0.6, results=0.6)", 1))
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("variants: 8", "variants: 2", 1))
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "--paths", 40, "-o", out)
    assert result.exit_code == 0, result.output
    return out


def state(out, row):
    return json.loads((out / "states" / f"{row['certificate']['world']['initial']}.json").read_text())


def test_every_proof_holds(cluttered):
    assert verify(cluttered)["failures"] == []


def test_worlds_are_fuller_and_results_say_more(cluttered):
    sizes, kinds = {}, set()
    for row in rows(cluttered):
        initial = state(cluttered, row)
        big, details = len(initial["bookings"]) > 10, "details" in initial
        kinds.add((big, details))
        for message in row.get("messages") or row["prompt"] + row["chosen"]:
            if message["role"] != "tool" or message["name"] not in ("list_messages", "search_hotels", "search_flights"):
                continue
            result = json.loads(message["content"])
            items = next((value for value in result.values() if isinstance(value, list)), [])
            assert all(("reference" in item) == details for item in items)
            sizes.setdefault((message["name"], big), []).append(len(items))
    assert kinds == {(big, details) for big in (True, False) for details in (True, False)}
    assert max(sizes["list_messages", True]) > 3 >= max(sizes["list_messages", False])
    assert max(sizes["search_hotels", True]) > 3 >= max(sizes["search_hotels", False])


def test_copies_and_pairs_begin_in_the_world_of_their_base(cluttered):
    initial = {}
    for row in rows(cluttered):
        assert initial.setdefault(row["tags"]["base"], row["certificate"]["world"]["initial"]) == row["certificate"]["world"]["initial"]


def test_a_world_that_cannot_is_named(tmp_path):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe")
    path = folder / "operations.yaml"
    document = yaml.safe_load(path.read_text())
    document["operations"].append({"clutter": {"state": 0.5}})
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "error[MG617]" in result.stderr
    assert "operations.yaml" in result.stderr
