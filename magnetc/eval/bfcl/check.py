"""The official BFCL checkers, run in an environment of their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from magnetc.eval.bfcl.process import INSIDE, environment, stopped
from magnetc.ir.json import Json

RUNNER = INSIDE / "checks.py"
ENTRIES_A_PROCESS = 200
SECONDS_AN_ENTRY = 10
KEYS = ("id", "initial_config", "involved_classes", "decoded", "ground_truth", "results")


def check(environment_python: Path, entries: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Verdicts of the package's own checkers on `entries`, in order.

    An entry has `id` (ending in `_` and a number), `initial_config`, `involved_classes`, `decoded` (calls by turn and
    step), `ground_truth` (calls by turn) and, if wanted, `results` (tool messages by turn and step). A verdict is
    {id, official, irrelevance, replayed, error_type, message}: `official` is state and responses, what `bfcl evaluate`
    scores; `irrelevance` whether nothing was called where nothing should be, which it does not; `replayed` whether BFCL's
    executor answers the calls as `results` say, None without them.

    Raises:
        MagnetError: MG702 when the environment cannot run the checkers.
    """
    verdicts: list[dict[str, Json]] = []
    for start in range(0, len(entries), ENTRIES_A_PROCESS):
        verdicts += _check_batch(environment_python, entries[start:start + ENTRIES_A_PROCESS])
    return verdicts


def _check_batch(environment_python: Path, entries: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """One fresh process: the package keeps what it was given in global variables."""
    lines = "".join(json.dumps({key: entry.get(key) for key in KEYS}) + "\n" for entry in entries)
    try:
        done = subprocess.run([environment_python, "-I", RUNNER], input=lines, text=True, encoding="utf-8",
                              capture_output=True, timeout=60 + SECONDS_AN_ENTRY * len(entries), env=environment(),
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise stopped(f"the BFCL checkers did not run: {error}") from None
    if done.returncode or done.stdout.count("\n") != len(entries):
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise stopped(f"the BFCL checkers stopped: {last[0]}")
    return [json.loads(line) for line in done.stdout.splitlines()]
