"""The ablation from recipes to a table, at toy size: cut off and gone on with, done once, refused where it is of something else."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ablation.arms import ARMS, SIZES
from ablation.clock import Deadline
from ablation.data import TRAIN, Store, is_split, read_rows

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[2]


def ablation(*words):
    return subprocess.run([sys.executable, "-m", "benchmarks.ablation", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})


def files(work):
    return {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.is_file() and "logs" not in path.parts}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    place = tmp_path_factory.mktemp("ablation") / "toy"
    first = ablation("toy", "--work", place, "--minutes", 40 / 60, "--jobs", 1)  # ten seconds of work, then half a minute that is kept in reserve
    assert first.returncode == 0, first.stderr
    assert "0 of 2 cells are done: the same command goes on" in first.stdout or "1 of 2 cells are done: the same command goes on" in first.stdout
    done = ablation("toy", "--work", place, "--jobs", 2)
    assert done.returncode == 0, done.stdout + done.stderr + logs(place)
    assert "2 of 2 cells are done" in done.stdout
    return place, done.stdout


def logs(work):
    return "".join(path.read_text() for path in sorted((work / "logs").iterdir()))


def test_a_run_ends_with_a_table_of_both_arms(work):
    place, printed = work
    for part in ("**Set `templates`** (headline)", "| `graph` | 1 |", "| `full` | 1 |", "by operation of the conversation, `domain`"):
        assert part in printed
    played = [json.loads(line) for line in (place / "cells/full-1/templates.jsonl").read_text().splitlines()]
    other = [json.loads(line) for line in (place / "cells/graph-1/templates.jsonl").read_text().splitlines()]
    assert len({one["id"] for one in played}) == len(played) == 8
    assert {(one["id"], one["turns"]) for one in played} == {(one["id"], one["turns"]) for one in other}


def test_arms_begin_with_the_same_model_and_take_the_same_steps(work):
    place, _ = work
    runs = [json.loads((place / f"cells/{name}-1/model/run.json").read_text())["settings"] for name in ("full", "graph")]
    assert runs[0] == runs[1]
    assert runs[0]["base"].endswith("bases/1")


def test_what_is_done_is_not_done_again(work):
    place, printed = work
    before = files(place)
    again = ablation("toy", "--work", place)
    assert again.returncode == 0, again.stderr
    assert again.stdout == printed.partition("\n")[2] or "2 of 2 cells are done" in again.stdout
    assert files(place) == before


def test_play_that_was_cut_off_goes_on_to_the_same(work):
    place, _ = work
    path = place / "cells/full-1/templates.jsonl"
    whole = path.read_text()
    path.write_text(whole[: whole.index("\n", 5) + 20])  # a whole line, and a piece of the next
    assert ablation("cell", "full", 1, "--until", time.time() + 300, "--size", "toy", "--work", place).returncode == 0
    assert sorted(path.read_text().splitlines()) == sorted(whole.splitlines())


def test_a_cell_without_time_says_so_and_a_folder_of_another_run_is_refused(work, tmp_path):
    place, _ = work
    assert ablation("cell", "graph", 1, "--until", time.time() - 1, "--size", "toy", "--work", tmp_path).returncode == 75
    other = ablation("toy", "--work", place, "--set", "sft.lr=1e-4")
    assert other.returncode == 1
    assert "is of another run (other size)" in other.stderr


def test_a_preference_arm_goes_on_from_full(work):
    place, _ = work
    assert ablation("cell", "mutated-span", 1, "--until", time.time() + 300, "--size", "toy", "--work", place).returncode == 0, logs(place)
    settings = json.loads((place / "cells/mutated-span-1/model/run.json").read_text())["settings"]
    assert settings["base"].endswith("cells/full-1/model/final")
    assert (settings["mdpo"]["credit"], settings["mdpo"]["steps"]) == ("span", 4)
    assert json.loads((place / "cells/mutated-span-1/facts.json").read_text())["pairs"] > 0


def test_singles_are_as_many_as_splits(work):
    place, _ = work
    store = Store(work=place, size=SIZES["toy"])
    rows = read_rows(store.train_set(ARMS["single-asks"], 1, Deadline(time.time() + 300)) / TRAIN)
    full = read_rows(place / "data/full-1" / TRAIN)
    assert sum(map(is_split, rows)) == sum(map(is_split, full)) > 0
    assert {sum(message["role"] == "user" for message in row["messages"]) for row in rows if is_split(row)} <= {1, 2}
    assert len({row["id"] for row in rows}) == len(rows)
