"""Pairs in which a model is misled: what it does is its own, and proven to go wrong once."""

import json
import re
from collections import Counter

import pytest
from dataset import failing, forge, magnetc, rows, verify
from running import teacher
from test_act import recipe

from magnetc.distill.misled import HINTS
from magnetc.distill.taxonomy import taxonomy

pytestmark = pytest.mark.slow

PATHS = 10


def built(work, library, negatives="{mislead: 1}", **server):
    with teacher(rows=library / "sft", **server) as running:
        student = f'{{openai: {{model: small, endpoint: "{running.url}", models: {{mislead: my-student}}}}}}'
        folder = recipe(work / "recipe", running.url, "", negatives=negatives, teacher=student)
        result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", work / "out", "--json")
    assert result.exit_code == 0, result.output
    return work / "out", json.loads(result.stdout), folder


@pytest.fixture(scope="module")
def misled(library, tmp_path_factory):
    return built(tmp_path_factory.mktemp("misled"), library, "{mutate: 0.5, mislead: 1}")


def test_who_is_misled_makes_pairs_that_are_proven(misled):
    out, figures, _ = misled
    pairs = list(rows(out, "preference/"))
    made = Counter(row["fault"]["made"] for row in pairs)
    assert set(made) == {"mutate", "mislead"}
    assert made["mislead"] >= PATHS // 2
    assert verify(out)["failures"] == []
    hinted = {kind for kinds in HINTS for kind in kinds}
    for row in pairs:
        if row["fault"]["made"] == "mislead":
            assert row["fault"]["kind"] in hinted
            assert row["fault"]["shows"] in taxonomy()[row["fault"]["kind"]].proof
            assert not re.search("hint", json.dumps(row), re.IGNORECASE)
    assert figures["teacher"]["mislead"]["used"] >= 2 * made["mislead"]


def test_the_student_is_asked_where_it_is_named(misled):
    said = json.loads(magnetc("journal", "list", misled[2], "--json").stdout)
    asked = {(each["program"], each["model"]) for each in said}
    assert ("mislead", "my-student") in asked
    assert ("reply", "small") in asked
    assert ("mislead", "small") not in asked


@pytest.mark.slow
def test_a_replay_comes_to_the_same(misled, tmp_path):
    out, _, folder = misled
    result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", tmp_path / "again", "--replay")
    assert result.exit_code == 0, result.output
    assert list(rows(tmp_path / "again", "preference/")) == list(rows(out, "preference/"))


def test_what_a_model_did_is_no_mutation_and_no_control_of_another_kind(misled, tmp_path):
    def other(row):
        if row.get("fault", {}).get("made") == "mislead":
            for change in ({"made": "random"}, {"made": "another"}, {"kind": "stopped_early"}):
                yield {**row, "fault": {**row["fault"], **change}}

    ids = forge(misled[0], tmp_path / "out", other)
    found = failing(tmp_path / "out")
    assert ids
    assert set(found) == set(ids)
    assert all(7 in proofs for proofs in found.values())


def test_who_is_not_misled_makes_none(library, tmp_path):
    out, figures, _ = built(tmp_path, library, actor="resisting")
    assert list(rows(out, "preference/")) == []
    reasons = Counter(reason for reason in figures["dropped"] if reason.startswith(("mislead dropped", "pair dropped")))
    assert "mislead dropped: the model is not misled" in reasons
    assert figures["conversations"] >= PATHS
