"""A run that is killed goes on where it stopped, and ends in the weights of one that was not."""

import json
import shutil
import signal
import time

import pytest
from dataset import magnetc
from safetensors.torch import load_file
from small import QUICK, changed, furthest, started

from magnetc.train.run import stages

pytestmark = pytest.mark.train

SETTINGS = [*QUICK, "sft.steps=8", "mdpo.steps=8", "sft.packing=false", "sft.micro_batch=2", "mdpo.micro_batch=2",
            "lora={rank: 2, dropout: 0.1}"]


def command(out, run, *others):
    return ["train", out, "-o", run, *others]


@pytest.fixture(scope="module")
def whole(library, tmp_path_factory):
    """A run of both stages that nothing interrupts."""
    run = tmp_path_factory.mktemp("whole") / "run"
    result = magnetc(*command(library, run, *changed(*SETTINGS)))
    assert result.exit_code == 0, result.output
    return run


def final(run):
    return load_file(run / "final" / "model.safetensors")


def history(run, stage):
    """What a stage logged, without times."""
    kept = json.loads((run / stage / "history.json").read_text())
    return [{name: value for name, value in entry.items() if not name.endswith(("runtime", "per_second"))}
            for entry in kept if "train_runtime" not in entry]


def killed_at(run, stage, arguments):
    """Start a run in a process of its own and kill it once a stage has a whole checkpoint."""
    process = started(["-m", "magnetc", *arguments])
    deadline = time.monotonic() + 60
    while not list(run.glob(f"{stage}/checkpoint-*/trainer_state.json")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (run / stage / "model").exists()


def test_killed_in_each_stage(library, whole, tmp_path):
    run = tmp_path / "run"
    arguments = command(library, run, *changed(*SETTINGS))
    for stage in ("sft", "mdpo"):
        killed_at(run, stage, arguments)
        checkpoint = max(run.glob(f"{stage}/checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))
        # As if the process had been killed while it wrote the next one.
        cut = checkpoint.with_name("checkpoint-999")
        shutil.copytree(checkpoint, cut)
        (cut / "trainer_state.json").unlink()
    result = magnetc(*arguments)
    assert result.exit_code == 0, result.output
    assert furthest(final(whole), final(run)) == 0
    for stage in ("sft", "mdpo"):
        assert history(run, stage) == history(whole, stage)
        assert not list(run.glob(f"{stage}/checkpoint-*"))


def test_interrupted_between_the_last_step_and_the_model(library, whole, tmp_path, monkeypatch):
    run = tmp_path / "run"
    shutil.copytree(whole, run, ignore=shutil.ignore_patterns("mdpo", "final"))

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages, "_keep", interrupt)
        assert magnetc(*command(library, run, *changed(*SETTINGS))).exit_code == 130
    assert (run / "mdpo" / "checkpoint-8").is_dir()
    result = magnetc(*command(library, run, *changed(*SETTINGS)))
    assert result.exit_code == 0, result.output
    assert furthest(final(whole), final(run)) == 0
    assert history(run, "mdpo") == history(whole, "mdpo")


def test_a_run_that_is_done_is_not_done_again(library, whole):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in whole.glob("*/model/*") if path.is_file()}
    weights = final(whole)
    started_at = time.monotonic()
    result = magnetc(*command(library, whole, *changed(*SETTINGS)))
    assert result.exit_code == 0
    assert time.monotonic() - started_at < 10
    assert furthest(weights, final(whole)) == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before


def test_other_settings_are_refused_and_fresh_begins_anew(library, whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    result = magnetc(*command(library, run, *changed(*SETTINGS, "mdpo.beta=0.3")))
    assert result.exit_code == 1
    assert "MG717" in result.output
    assert "settings.mdpo.beta: 0.1, not 0.3" in result.output
    assert furthest(final(whole), final(run)) == 0
    result = magnetc(*command(library, run, "--fresh", "--stage", "sft", *changed(*SETTINGS, "sft.steps=2")))
    assert result.exit_code == 0, result.output
    assert not (run / "mdpo").exists()
    assert furthest(final(whole), final(run)) > 0


def test_fresh_removes_nothing_but_a_run(library, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    result = magnetc(*command(library, tmp_path / "mine", "--fresh", *changed(*SETTINGS)))
    assert result.exit_code == 1
    assert "MG010" in result.output
    assert (tmp_path / "mine" / "thesis.txt").exists()
