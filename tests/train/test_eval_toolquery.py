"""`magnetc eval toolquery` with a checkpoint on this machine."""

import json

import pytest
from dataset import magnetc

pytestmark = pytest.mark.train


def test_a_checkpoint_acts_and_its_conversations_do_not_depend_on_the_batch(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    for batch in (1, 4):
        result = magnetc("eval", "toolquery", "--model", base, "--limit", 1, "--steps", 2, "--max-tokens", 12, "--batch", batch, "-o", f"{batch}.json", "--json")
        assert result.exit_code == 0, result.output
        told.append(json.loads((tmp_path / f"{batch}.json").read_text()))
    assert told[0] == told[1]
    assert [task["steps"] for task in told[0]["tasks"]] == [2, 2, 2]
    assert told[0]["groups"]["all"]["success_rate"] == 0.0
