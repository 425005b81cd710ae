"""A recipe in Japanese builds, verifies, and reads as Japanese is written."""

import json
import re

import pytest
from dataset import RECIPES, magnetc, rows


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ryokan") / "out"
    result = magnetc("build", RECIPES / "ryokan", "--trust", "-o", folder, "--json")
    assert result.exit_code == 0, result.stderr
    assert set(json.loads(result.stdout)["made"]["operations"]) >= {"merge", "correct.before", "split.miss_params", "split.miss_func"}
    return folder


def test_every_proof_holds(out):
    assert magnetc("verify", out, "--trust").exit_code == 0


def test_words_have_no_spaces_and_no_stop_twice(out):
    said = [m["content"] for row in rows(out, "sft") for m in row["messages"] if m["role"] in ("user", "assistant") and m["content"]]
    assert len(said) > 100
    for text in said:
        assert not re.search(r"[ 　]|。。|[?!.]$|、、|、。|{", text), text
    assert any("ください" in text for text in said)
    assert any(text.endswith("ですか？") for text in said)


def test_a_withheld_value_is_asked_for_and_given(out):
    asked = [row for row in rows(out, "sft") if any("miss_params" in name for name in row["tags"]["operations"])]
    assert asked
    for row in asked:
        assert any(m["role"] == "assistant" and m["content"].endswith("？") for m in row["messages"])
