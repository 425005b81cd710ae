"""A recipe in Japanese builds, verifies, and reads as Japanese is written."""

import json
import re
import shutil

import pytest
from dataset import RECIPES, magnetc, rows

from magnetc.diagnostics import Sink
from magnetc.frontend import load


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


def test_forms_and_weights_are_the_same_in_both_syntaxes(tmp_path):
    folder = tmp_path / "ryokan"
    shutil.copytree(RECIPES / "ryokan", folder, ignore=shutil.ignore_patterns("__pycache__"))
    first = load(folder, Sink(), {})
    for syntax in ("yaml", "dsl"):
        assert magnetc("fmt", "--to", syntax, folder).exit_code == 0
        assert load(folder, Sink(), {}).turns == first.turns
    assert magnetc("fmt", "--check", folder).exit_code == 0
    assert any(phrase.weight != 1 for turn in first.turns for phrase in turn.phrases)
    assert all(dict(phrase.forms).keys() == {"te"} for turn in first.turns for phrase in turn.phrases if phrase.mood == "do")
