"""The example of MCP servers: it builds, it is verified from its output alone, and a killed server costs it nothing."""

import asyncio
import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from dataset import magnetc
from test_mcp import children

from magnetc.build.driver import build
from magnetc.build.options import BuildOptions
from magnetc.diagnostics import Sink

pytestmark = pytest.mark.mcp
DESK = Path(__file__).parents[2] / "examples" / "desk"


def digests(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_desk_is_built_and_verified_whatever_is_killed_meanwhile(own_home, tmp_path):
    assert magnetc("trust", DESK).exit_code == 0
    calm, disturbed = tmp_path / "calm", tmp_path / "disturbed"
    built = magnetc("build", DESK, "-o", calm, "--paths", 12)
    assert built.exit_code == 0, built.output
    killed = done = 0

    def kill(_):
        """Every server, when some units are done: results come in order, so no unit is under way both times."""
        nonlocal killed, done
        done += 1
        for pid in children() if done in (3, 8) else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1

    built_again = asyncio.run(build(BuildOptions(folder=DESK, out=disturbed, paths=12, jobs=2, announce=str, progress=kill), Sink()))
    assert built_again.conversations >= 12
    assert killed >= 3
    assert digests(calm) == digests(disturbed)
    verified = magnetc("verify", calm)
    assert verified.exit_code == 0, verified.output
    rows = [json.loads(line) for file in (calm / "sft").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert {row["certificate"]["world"]["replay"] for row in rows} == {"exact"}
