"""The trainer benchmarks run, at toy sizes, and their steps agree on the loss. Nothing here depends on how long they take."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.train

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(script, *arguments, fails=False):
    done = subprocess.run([sys.executable, BENCHMARKS / script, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0 or (fails and done.returncode == 1), done.stdout + done.stderr
    return done.stdout


def test_steps_of_all_peers_are_the_same_computation(tmp_path):
    printed = run("trainer.py", "--quick", "--json", tmp_path / "found.json")
    for ratio in ("TRL DPOTrainer / MDPOTrainer, time", "TRL SFTTrainer / WeightedSFTTrainer, time"):
        assert re.search(rf"^{ratio}, vocabulary 5,000: [\d.]+x \(target: at least [\d.]+x, \w+\)$", printed, re.M)
    found = json.loads((tmp_path / "found.json").read_text())
    assert [step["step"] for step in found["steps"]] == [
        "trl", "trl-precomputed", "naive", "action", "action-precomputed", "mask", "ours", "sft-model", "sft-trl", "sft-ours"]
    assert found["disagreement"] < 1e-4
    assert found["environment"]["trl"]


def test_the_cuda_benchmark_outlives_a_variant_that_fails(tmp_path):
    printed = run("trainer_cuda.py", "--cpu-smoke", "--micro-batch", "2", "--variants", "trl", "flex", "blocks",
                  "--json", tmp_path / "found.json")
    assert re.search(r"`blocks` / TRL, pairs per second: [\d.]+x \(target: at least 1.5x, \w+\)", printed)
    found = json.loads((tmp_path / "found.json").read_text())["weights"]["float32"]
    assert "backward" in found["flex"]["error"]  # torch has no backward pass of FlexAttention on a CPU
    assert abs(found["blocks"]["loss"] / found["trl"]["loss"] - 1) < 1e-4
    assert len(found["blocks"]["step_seconds"]) == 3


def test_what_preference_adds_is_measured(tmp_path):
    settings = ("base.scratch={vocabulary: 500, hidden: 16, layers: 1, heads: 2, kv_heads: 1, intermediate: 16, positions: 2048}",
                "sft.steps=2", "mdpo.steps=2", "select={conversations: 1, most_tokens: 16, every: 2}", "length=2000")
    changes = [word for setting in settings for word in ("--set", setting)]
    printed = run("travel_training.py", "--paths", "30", "--folder", tmp_path, *changes, fails=True)
    for claim in ("held-out margin grows", "chosen log-probability does not fall", "success is not below SFT's"):
        assert re.search(rf"^(holds|FAILS)  {claim}: -?[\d.]+ -> -?[\d.]+$", printed, re.M), printed


def test_a_play_comes_to_the_same_whether_it_is_read_anew(library, base, tmp_path):
    run("play.py", library, base, "-n", 2, "--most-tokens", 24, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["conversations"], found["alike"]) == (2, 1.0)
    assert found["ratio"] == round(found["seconds_anew"] / found["seconds_kept"], 2)
