"""A dataset whose words a hosted model writes: `teacher:` is the only line that changes, and nothing that it says goes unchecked."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from dataset import TRAVEL, files, magnetc, rows, verify
from hosted import hosted, point, said_offline
from running import teacher

from magnetc.engine.journal import NAME
from magnetc.teachers.openai import client as client_module

pytestmark = pytest.mark.slow

PATHS = 12


@pytest.fixture(scope="module")
def offline(own_home, tmp_path_factory):
    return said_offline(tmp_path_factory.mktemp("offline") / "out", PATHS)


@pytest.fixture(scope="module")
def built(offline, tmp_path_factory):
    """(folder, out, what the build printed, what the server counted): through a server in which nothing goes wrong."""
    work = tmp_path_factory.mktemp("hosted")
    with teacher(rows=offline / "sft") as server:
        folder = hosted(work / "travel", server.url)
        result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", work / "out", "--json")
        assert result.exit_code == 0, result.output
        return folder, work / "out", result, server.stats()


def test_the_models_words_make_the_same_conversations(built, offline):
    _, out, result, stats = built
    spoken = [{row["id"]: [m["content"] for m in row["messages"]] for row in rows(made, "sft/")} for made in (out, offline)]
    assert spoken[0] == spoken[1], "this model says everything the plain way"
    yields = json.loads(result.stdout)["teacher"]
    assert set(yields) == {"back_translate", "forward_translate", "reply"}
    assert sum(counts["endpoint"] for counts in yields.values()) == stats["requests"]
    assert all(counts["used"] and not counts.get("refused") for counts in yields.values())
    assert "replies paid for" in result.stderr
    assert verify(out)["failures"] == []


def test_a_replay_asks_nobody_and_comes_to_the_same_bytes(built, tmp_path):
    folder, out, _, _ = built
    point(folder, "http://127.0.0.1:9/v1")   # nobody is there any more
    result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", tmp_path / "again", "--replay")
    assert result.exit_code == 0, result.output
    assert files(tmp_path / "again" / "sft") == files(out / "sft")
    assert files(tmp_path / "again" / "preference") == files(out / "preference")


def test_a_replay_without_its_journal_says_so(built, tmp_path):
    folder = shutil.copytree(built[0], tmp_path / "travel")
    (folder / NAME).unlink()
    result = magnetc("build", folder, "--trust", "--paths", 2, "-o", tmp_path / "out", "--replay")
    assert result.exit_code == 1
    assert "error[MG513]" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_faults_cost_repairs_and_no_conversation(offline, tmp_path, monkeypatch):
    monkeypatch.setattr(client_module, "_growing", lambda state: 0.01)
    with teacher(faults=0.3, rows=offline / "sft") as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", tmp_path / "out", "--json")
        stats = server.stats()
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["conversations"] >= PATHS - 1
    assert sum(counts["refused"] for counts in figures["teacher"].values()) >= 10
    assert {"refusal", "invented", "wrong language", "500"} <= stats.keys()
    assert verify(tmp_path / "out")["failures"] == []


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["stepwise", "doubling"])
def test_a_reader_may_come_to_the_same_by_other_calls(reader, built, offline, tmp_path):
    """One call at a time, or reads that were not needed: what is executed is the same, and so are the rows."""
    with teacher(rows=offline / "sft", reader=reader) as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    asked = [json.loads(each.stdout)["teacher"]["forward_translate"]["used"] for each in (built[2], result)]
    assert asked[1] > asked[0] if reader == "stepwise" else asked[1] >= asked[0]
    assert files(tmp_path / "out" / "sft") == files(built[1] / "sft")


@pytest.mark.slow
def test_a_model_that_says_nothing_of_use_costs_a_reason(tmp_path):
    with teacher(faults=1.0, only=("invented",)) as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "no words of the teacher: back_translate" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_what_was_paid_for_outlives_kill(built, offline, tmp_path):
    """Killed at whatever moment, a build goes on from its journal: no reply that came back is paid for twice."""
    with teacher(latency=0.02, rows=offline / "sft") as server:
        folder = hosted(tmp_path / "travel", server.url, concurrency=4)
        command = [sys.executable, "-m", "magnetc", "build", str(folder), "--trust", "--paths", str(PATHS), "-o", str(tmp_path / "out")]
        for killed_after in (15, 60, 110):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            while process.poll() is None and server.stats().get("requests", 0) < killed_after:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        assert server.stats()["repeats"] <= 3 * 4
    assert files(tmp_path / "out" / "sft") == files(built[1] / "sft")


@pytest.mark.slow
def test_a_checkpoint_needs_what_runs_it(own_home, tmp_path, monkeypatch):
    """Without torch a plan is made all the same; a build says what to install, and that the model is not there, if it is not."""
    monkeypatch.setitem(sys.modules, "torch", None)
    folder = shutil.copytree(TRAVEL, tmp_path / "travel", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("teacher: offline", "teacher: {transformers: {model: ../model}}"), encoding="utf-8")
    missing = magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "out")
    assert missing.exit_code == 1
    assert "error[MG712]: the model `../model` cannot be loaded" in missing.output
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    assert magnetc("plan", folder, "--trust", "--paths", 1).exit_code == 0
    result = magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "error[MG710]: `torch` is not installed" in result.output
    assert 'pip install "magnetc[train]"' in result.output
