"""Builds whose world breaks or is broken: it costs what it was doing, is counted, and all else stays as it is."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from dataset import RECIPES, magnetc, rows, verify

from magnetc.tools.worlds.confine import descendants

pytestmark = pytest.mark.slow

BREAKS = {
    "leaves": ("__import__('os')._exit(9)", "`cancel_seats`: it exited with status 9"),
    "closes its pipes": ("__import__('os').closerange(0, 64)", "`cancel_seats`: it "),
    "hangs": ("[0 for _ in iter(int, 1)]", "hangs: `cancel_seats` did not return within 0.5 s"),
    "fills the memory": ("bytearray(10 << 30)", "not executable: MemoryError"),
    "forks": ("[__import__('os').fork() for _ in iter(int, 1)]", "Operation not permitted"),
    "answers without end": ("None\n        return {'refund': 'x' * (8 << 20)}", "it answered with more than 4 MB"),
}


def recipe(folder, change=None):
    """The recipe `counter`, in which cancelling does what `change` says."""
    shutil.copytree(RECIPES / "counter", folder)
    path = folder / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("variants: 2", "variants: 2, limits: {seconds: 0.5, output: 4}"), encoding="utf-8")
    world = folder / "world.py"
    if change:
        world.write_text(world.read_text(encoding="utf-8").replace("        booking = self.data", f"        {change}\n        booking = self.data"))
    return folder


@pytest.mark.parametrize("how", BREAKS)
def test_a_tool_that_breaks_the_world_costs_its_conversations(how, tmp_path):
    change, reason = BREAKS[how]
    folder = recipe(tmp_path / "recipe", change)
    result = magnetc("build", folder, "--trust", "--paths", 6, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert any(reason in why for why in figures["dropped"]), figures["dropped"]
    made = list(rows(folder / "out", "sft/"))
    assert made
    assert not any(call["function"]["name"] == "cancel_seats" for row in made for message in row["messages"]
                   for call in message.get("tool_calls", ()))
    if how in ("leaves", "closes its pipes", "hangs", "answers without end"):
        assert "warning[MG602]" in result.output
    assert verify(folder / "out")["failures"] == []


def test_a_worker_killed_in_mid_build_changes_nothing(tmp_path):
    folder = shutil.copytree(RECIPES / "counter", tmp_path / "recipe")  # with all the time that it may need
    assert magnetc("build", folder, "--trust", "-o", tmp_path / "undisturbed", "--jobs", 1, "--paths", 80).exit_code == 0
    command = [sys.executable, "-m", "magnetc", "build", str(folder), "--trust", "-o", str(tmp_path / "disturbed"), "--jobs", "1", "--paths", "80"]
    killed = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and len(killed) < 2 and time.monotonic() < deadline:
            for pid in set(descendants()) - killed - {process.pid}:
                if is_at_work(pid):
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            time.sleep(0.02)
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    assert len(killed) == 2
    names = sorted(path.relative_to(tmp_path / "undisturbed") for path in (tmp_path / "undisturbed").rglob("*") if path.is_file())
    for name in names:
        disturbed, undisturbed = [(tmp_path / each / name).read_text(encoding="utf-8") for each in ("disturbed", "undisturbed")]
        assert disturbed.splitlines() == undisturbed.splitlines(), name


def is_at_work(pid):
    """Whether a process is a worker that has executed programs: it has waited for the next one many times."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read()
        with open(f"/proc/{pid}/status") as file:
            waited = next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
    except OSError:
        return False
    return command.endswith(b"worker.py\0") and waited >= 100


def test_limits_are_the_recipes(tmp_path):
    folder = recipe(tmp_path / "recipe")
    path = folder / "recipe.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{seconds: 0.5, output: 4}", "{second: 0.5}"), encoding="utf-8")
    assert "did you mean `seconds`?" in magnetc("check", folder).output
    path.write_text(text.replace("{seconds: 0.5, output: 4}", "{network: true, processes: 3}"), encoding="utf-8")
    output = magnetc("build", folder, "--paths", 2).output
    assert "it may open sockets" in output
    assert "it may start up to 3 processes" in output
