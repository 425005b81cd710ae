"""Steps run one by one: what was done from the same is not done again, and what room was made of is made again where something new needs it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from magnetc.cli.report import announce
from magnetc.run.record import Record

from .steps import Step


def undone(steps: Sequence[Step], record: Record) -> list[Step]:
    """The steps that have to run, in their order."""
    wanted: dict[str, bool] = {}
    for step in reversed(steps):
        users = [each for each in steps if not each.clears and any(needed is step for needed in each.of)]
        missing = any(not place.exists() for place in step.makes) and any(wanted[each.name] for each in users)
        wanted[step.name] = record.told(step.name, step.made_of(record.folder)) is None or missing
    for step in steps:   # behind what is made again there is something to clear again
        wanted[step.name] |= step.clears and any(wanted[each.name] for each in step.of)
    return [step for step in steps if wanted[step.name]]


def spawned(step: Step) -> int:
    """The step's command in a process of its own; its exit code."""
    return subprocess.run(step.argv, check=False).returncode


def work(steps: Sequence[Step], record: Record, run: Callable[[Step], int] = spawned) -> None:
    """Run what is not done yet, each step as its command line.

    Raises:
        SystemExit: a step failed; the same call goes on there.
    """
    due = undone(steps, record)
    for number, step in enumerate(due, 1):
        announce(f"\n[{number}/{len(due)}] {step.name}\n$ {step.shown}")
        made_of = step.made_of(record.folder)
        if record.is_other(step.name, made_of):
            _remove(step.makes)
        record.begin(step.name, made_of)
        for place in step.makes:
            place.parent.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        code = run(step)
        if code not in step.fine:
            raise SystemExit(f"`{step.name}` ended with exit code {code}; what is done is kept, and the same command goes on there")
        record.done(step.name, made_of, {"seconds": round(time.monotonic() - start, 1), "command": step.shown})


def _remove(places: Sequence[Path]) -> None:
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def environment() -> dict[str, Any]:
    """The machine's accelerator and the versions that figures hang on."""
    import platform
    from importlib.metadata import version

    import torch

    names = ("magnetc", "torch", "transformers", "trl", "peft")
    gpu = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {"gpu": gpu or [f"none; {platform.machine()}"], "python": platform.python_version(), **{name: version(name) for name in names}}
