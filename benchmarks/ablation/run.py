"""The ablation: data, models and play of each arm and seed, over as many invocations as it takes, and what they come to.

    python -m benchmarks.ablation smoke                      # 4 arms, 3 seeds, 2 cores, at most an hour: direction only
    python -m benchmarks.ablation evidence --minutes 9       # again and again, until it says that all is done
    python -m benchmarks.ablation table --size evidence      # what is known so far, as Markdown
    python -m benchmarks.ablation calibrate                  # difficulty on the development split, by seed 0
    python -m benchmarks.ablation calls                      # how many calls a turn has in `full` and in its control

Everything is in a folder (`--work`, `out/ablation-SIZE`). A cell is an arm of a seed; one that is done is not done again, one that was cut off goes on.
PROTOCOL.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from magnetc.source.write_whole import write_whole

from .arms import ARMS, FULL, SIZES, Arm, Size
from .cell import Cell
from .clock import Broken, Deadline, OutOfTime
from .data import RECIPES, TRAIN, Store, calls_a_turn, read_rows
from .table import Results, document, markdown

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
UNFINISHED = 75
"""How a cell exits that ran out of time (EX_TEMPFAIL)."""
MARGIN = 30.0
"""Seconds before the end of an invocation at which its cells begin nothing more."""


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(words)
    try:
        return options.run(options)
    except Broken as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description="The ablation: arms of training data, compared.")
    commands = parser.add_subparsers(required=True)
    for name, minutes in (("smoke", 60.0), ("evidence", 9.0), ("calibrate", 60.0), ("toy", 9.0)):
        command = commands.add_parser(name)
        _shared(command, size=name)
        command.add_argument("--minutes", type=float, default=minutes, help="how long this invocation may take")
        command.add_argument("--jobs", type=int, default=2, help="cells at once")
        command.add_argument("--arms", nargs="+", choices=list(ARMS), help="these alone")
        command.set_defaults(run=_calibrate if name == "calibrate" else _run)
    table = commands.add_parser("table")
    _shared(table, size=None)
    table.add_argument("--json", type=Path, help="where the results go; benchmarks/results/ablation-SIZE.json where all cells are done")
    table.set_defaults(run=_table)
    calls = commands.add_parser("calls")
    _shared(calls, size="smoke")
    calls.set_defaults(run=_calls)
    cell = commands.add_parser("cell")
    _shared(cell, size=None)
    cell.add_argument("arm")
    cell.add_argument("seed", type=int)
    cell.add_argument("--until", type=float, required=True, help="seconds since the epoch")
    cell.set_defaults(run=_cell)
    return parser


def _shared(command: argparse.ArgumentParser, size: str | None) -> None:
    if size is None:
        command.add_argument("--size", choices=list(SIZES), default="smoke")
    else:
        command.set_defaults(size=size)
    command.add_argument("--work", type=Path, help="the folder of all that is made")
    command.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE", help="a training setting, for all arms")
    command.add_argument("--device", default="auto")
    command.add_argument("--batch", type=int, default=32, help="conversations that a model plays at once")


def _size(options: argparse.Namespace) -> Size:
    return replace(SIZES[options.size], changes=(*SIZES[options.size].changes, *options.changes))


def _work(options: argparse.Namespace) -> Path:
    return options.work or Path("out") / f"ablation-{options.size}"


def _claim(work: Path, size: Size) -> None:
    """Make a folder that of a size and of these recipes. Raises Broken where it is another's."""
    files = sorted(path for path in RECIPES.rglob("*") if path.is_file())
    recipes = sha256(b"".join(path.relative_to(RECIPES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0" for path in files)).hexdigest()
    operations = {name: arm.operations.text() for name, arm in ARMS.items()}
    plan = json.loads(json.dumps({"size": asdict(size), "recipes": recipes, "operations": operations}))
    place = work / "plan.json"
    if not place.is_file():
        work.mkdir(parents=True, exist_ok=True)
        write_whole(place, json.dumps(plan, indent=1) + "\n")
    elif (before := json.loads(place.read_text())) != plan:
        differing = ", ".join(key for key in plan if before.get(key) != plan[key])
        raise Broken(f"`{work}` is of another run (other {differing}): name another folder with `--work`, or remove it")


def _run(options: argparse.Namespace) -> int:
    """Run the cells that are not done, until all are or time is up."""
    size, work = _size(options), _work(options)
    _claim(work, size)
    asked = [each for each in size.cells() if not options.arms or each[0] in options.arms]
    broken = _sweep(asked, options, time.time() + options.minutes * 60)
    done = sum(_open(options, *each).is_done() for each in asked)
    print(f"{done} of {len(asked)} cells are done" + ("" if done == len(asked) or broken else ": the same command goes on"))
    if broken:
        raise Broken("; ".join(broken))
    if done == len(asked) and not options.arms:
        return _table(options)
    return 0


def _sweep(asked: Sequence[tuple[str, int]], options: argparse.Namespace, end: float) -> list[str]:
    """Run cells, `--jobs` at once, each in a process of its own. What failed, told."""
    waiting = [each for each in asked if not _open(options, *each).is_done()]
    running: dict[tuple[str, int], tuple[subprocess.Popen[bytes], float]] = {}
    broken: list[str] = []
    try:
        while (waiting and time.time() < end - MARGIN) or running:
            ready = [each for each in waiting if _open(options, *each).is_ready()]
            while ready and len(running) < options.jobs and time.time() < end - MARGIN:
                each = ready.pop(0)
                waiting.remove(each)
                running[each] = (_start(each, options, end - MARGIN), time.time())
            if not running:
                broken += [f"{name}-{seed} waits for `{FULL}` of its seed" for name, seed in waiting if time.time() < end - MARGIN]
                break
            time.sleep(0.3)
            for each in [each for each, (process, _) in running.items() if process.poll() is not None or time.time() > end]:
                process, since = running.pop(each)
                code = process.poll()
                _stop(process)
                name = f"{each[0]}-{each[1]}"
                print(f"{name}: {'done' if code == 0 else 'to go on' if code in (None, UNFINISHED) else 'failed'} after {time.time() - since:.0f} s", flush=True)
                if code not in (0, None, UNFINISHED):
                    broken.append(f"{name} failed: see {_work(options) / 'logs' / f'{name}.txt'}")
    finally:
        for process, _ in running.values():
            _stop(process)
    return broken


def _start(each: tuple[str, int], options: argparse.Namespace, until: float) -> subprocess.Popen[bytes]:
    """A cell in a process group of its own, on one thread."""
    name, seed = each
    log = _work(options) / "logs" / f"{name}-{seed}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    changes = [word for change in options.changes for word in ("--set", change)]
    command = [sys.executable, "-m", "benchmarks.ablation", "cell", name, str(seed), "--until", str(until), "--size", options.size, "--work",
               str(_work(options).resolve()), "--device", options.device, "--batch", str(options.batch), *changes]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false",
                   "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))}
    with log.open("ab") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a cell that still runs, and what it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _cell(options: argparse.Namespace) -> int:
    """One cell, here. What `run` starts."""
    try:
        _open(options, options.arm, options.seed).run(Deadline(options.until))
    except OutOfTime:
        return UNFINISHED
    return 0


def _open(options: argparse.Namespace, name: str, seed: int) -> Cell:
    return Cell(_work(options), _size(options), name, seed, options.device, options.batch)


def _calibrate(options: argparse.Namespace) -> int:
    """`full` and `graph` at seed 0, on the development split: is the task neither too easy nor too hard?"""
    size, work = _size(options), _work(options)
    _claim(work, size)
    asked = [(name, 0) for name in options.arms or size.arms]
    broken = _sweep(asked, options, time.time() + options.minutes * 60)
    for each in asked:
        cell = _open(options, *each)
        if cell.is_done():
            played = cell.played("dev")
            share = sum(one["turn_successes"] for one in played) / sum(one["turns"] for one in played)
            print(f"{each[0]}: turn success {share:.1%} of {len(played)} conversations of `dev`: {'within' if 0.1 <= share <= 0.9 else 'OUTSIDE'} 10 to 90 %")
    if broken:
        raise Broken("; ".join(broken))
    return 0


def _calls(options: argparse.Namespace) -> int:
    """Calls a turn in the training rows of `full` and of the control that has as many."""
    store = Store(work=_work(options), size=_size(options))
    for name in (FULL, "independent"):
        turns, calls = calls_a_turn(_train_rows(store, ARMS[name]))
        print(f"{name}: {calls / turns:.3f} calls a turn ({calls} in {turns})")
    return 0


def _train_rows(store: Store, arm: Arm) -> list[dict[str, Any]]:
    return read_rows(store.train_set(arm, 0, Deadline(float("inf"))) / TRAIN)


def _table(options: argparse.Namespace) -> int:
    """Print what is known, and keep it as JSON: beside the other results where all cells are done."""
    size, work = _size(options), _work(options)
    results = Results.read(work, size)
    print(markdown(results))
    place = getattr(options, "json", None) or (RESULTS / f"ablation-{options.size}.json" if results.complete and options.size in ("smoke", "evidence") else None)
    if place is not None:
        write_whole(place, json.dumps(document(results), indent=1, ensure_ascii=False) + "\n")
        print(f"\nwritten to {place}")
    return 0
