"""`magnetc eval bfcl` with a checkpoint: one that says nothing sensible, and one whose window is too small."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from small import SIZES

from magnetc.cli.main import main
from magnetc.diagnostics import MagnetError
from magnetc.distill.contamination.bfcl import PACKAGES
from magnetc.eval.bfcl.entries import read_benchmark
from magnetc.eval.bfcl.evaluate import VERSION
from magnetc.models.scratch import scratch_model, scratch_texts, scratch_tokenizer
from magnetc.tools.environments import ensure_environment

pytestmark = [pytest.mark.train, pytest.mark.bfcl]


@pytest.fixture(scope="module")
def entries():
    try:
        return read_benchmark(ensure_environment(PACKAGES[VERSION], lambda text: None), ["base"], 3).entries
    except MagnetError as error:
        pytest.skip(f"the BFCL environment cannot be made: {error}")


def saved(folder, entries, positions):
    messages = [message for entry in entries for turn in entry.turns for message in turn]
    tokenizer = scratch_tokenizer(scratch_texts([{"messages": [*messages, {"role": "assistant", "content": "ok"}], "tools": entries[0].offered(0)}]), SIZES.vocabulary)
    scratch_model(replace(SIZES, positions=positions), tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def judged(model, out, *more):
    result = CliRunner().invoke(main, ["eval", "bfcl", "--model", str(model), "-c", "base", "-n", "2", "--max-tokens", "6", "-o", str(out), "--json", *more])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_texts_of_a_checkpoint_are_read_twice(entries, tmp_path):
    saved(tmp_path / "model", entries, 32768)
    report = judged(tmp_path / "model", tmp_path / "out")
    assert report["model"].startswith("model@")
    assert (report["parser"]["read_by"], report["parser"]["compared_with"]) == ("hermes", "QwenFCHandler")
    assert report["parser"]["texts"] == report["all"]["read"] >= 4
    assert (report["all"]["empty"], report["all"]["official"]["passed"]) == (0, 0)
    assert judged(tmp_path / "model", tmp_path / "out") == report, "what is answered is read from the folder, how it was read too"


def test_a_window_that_is_too_small_is_told(entries, tmp_path):
    saved(tmp_path / "model", entries, 512)
    report = judged(tmp_path / "model", tmp_path / "out")
    assert report["all"]["empty"] > 0
    assert report["parser"]["texts"] == 0
