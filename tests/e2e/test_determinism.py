"""The same recipe and seed give the same bytes, whatever machine, process, place or number of workers."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, Row, magnetc, rows


def digests(out: Path) -> dict[str, str]:
    """SHA-256 of every file, by its place in the output."""
    return {path.relative_to(out).as_posix(): sha256(path.read_bytes()).hexdigest() for path in sorted(out.rglob("*")) if path.is_file()}


def build(folder: Path, out: Path, *options: object) -> Path:
    result = magnetc("build", folder, "--trust", "-o", out, *options)
    assert result.exit_code == 0, result.output
    return out


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_hash_seeds_do_not_matter(library, tmp_path, hash_seed):
    """In a process of its own, as a user runs it."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "magnetc", "build", str(LIBRARY), "--trust", "-o", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert digests(out) == digests(library)


@pytest.mark.parametrize("jobs", [1, 3])
def test_workers_do_not_matter(library, tmp_path, jobs):
    assert digests(build(LIBRARY, tmp_path / "out", "--jobs", jobs)) == digests(library)


@pytest.mark.slow
def test_the_folder_does_not_matter(library, tmp_path):
    copy = shutil.copytree(LIBRARY, tmp_path / "a place" / "of its own")
    assert digests(build(copy, tmp_path / "out")) == digests(library)


@pytest.mark.slow
def test_an_output_builds_itself_again(library, tmp_path):
    assert digests(build(library / "recipe", tmp_path / "out")) == digests(library)


@pytest.mark.slow
def test_another_seed_gives_other_data(library, tmp_path):
    out = build(LIBRARY, tmp_path / "out", "--seed", 12)
    assert yaml.safe_load((out / "manifest.yaml").read_text())["seed"] == 12
    before = {json.dumps(row["messages"]) for row in rows(library, "sft")}
    after = {json.dumps(row["messages"]) for row in rows(out, "sft")}
    assert not before & after
    assert magnetc("verify", out, "--trust").exit_code == 0


def conversations(out: Path) -> dict[str, Row]:
    return {row["id"]: row for row in rows(out)}


def without_tools(row: Row) -> Row:
    """A row without the offered tools, and without the digest that covers them."""
    certificate = {name: value for name, value in row["certificate"].items() if name != "row"}
    return {name: value for name, value in row.items() if name != "tools"} | {"certificate": certificate}


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 7, 30])
def test_paths_scale(library, tmp_path, count):
    """Units are numbered: a smaller build is the beginning of a larger one."""
    out = build(LIBRARY, tmp_path / "out", "--paths", count)
    bases = {row["tags"]["base"] for row in rows(out)}
    assert bases <= {f"loan-{number:06}" for number in range(count)}
    assert len(bases) >= count - 1
    larger, smaller = (conversations(library), conversations(out)) if count < 20 else (conversations(out), conversations(library))
    assert smaller.items() <= larger.items()


@pytest.mark.slow
def test_an_unrelated_tool_leaves_conversations_as_they_are(library, tmp_path):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe")
    tools = yaml.safe_load((folder / "tools.yaml").read_text())
    tools["tools"]["water_plants"] = {
        "description": "Water the plants of a room.", "parameters": {"room": {"type": "string"}}, "returns": {"watered": "boolean"}, "effect": "writes"}
    (folder / "tools.yaml").write_text(yaml.safe_dump(tools, sort_keys=False))
    world = folder / "world.py"
    world.write_text(world.read_text() + "\n    def water_plants(self, room):\n        return {\"watered\": True}\n")
    after = conversations(build(folder, tmp_path / "out"))
    before = conversations(library)
    assert after.keys() == before.keys()
    for name, row in before.items():
        assert without_tools(after[name]) == without_tools(row)
        offered = [tool["function"]["name"] for tool in json.loads(after[name]["tools"])]
        assert [tool for tool in offered if tool != "water_plants"] == [tool["function"]["name"] for tool in json.loads(row["tools"])]
        assert "water_plants" in offered


@pytest.mark.slow
def test_a_comment_changes_no_row(library, tmp_path):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe")
    for name in ("tools.yaml", "turns.yaml"):
        (folder / name).write_text("# Reviewed.\n\n" + (folder / name).read_text())
    assert conversations(build(folder, tmp_path / "out")) == conversations(library)
