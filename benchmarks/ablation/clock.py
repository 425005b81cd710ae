"""Time that is left of an invocation, and commands that end with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class OutOfTime(Exception):
    """The invocation ends here; the next one goes on."""


class Broken(Exception):
    """A command failed; what it said."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of `time.time()`."""

    at: float

    def left(self) -> float:
        """Seconds. Raises OutOfTime when there are none."""
        found = self.at - time.time()
        if found <= 0:
            raise OutOfTime
        return found


def magnetc(deadline: Deadline, log: Path, *words: object) -> None:
    """Run a command of magnetc, what it says in `log`. Raises OutOfTime where it is killed at the deadline, Broken where it fails (3 is a missed gate)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as said:
        try:
            done = subprocess.run([sys.executable, "-m", "magnetc", *map(str, words)], stdout=said, stderr=said, timeout=deadline.left(), check=False)
        except subprocess.TimeoutExpired:
            raise OutOfTime from None
    if done.returncode not in (0, 3):
        raise Broken(f"`magnetc {' '.join(map(str, words))}` exited with {done.returncode}: see {log}")


@contextmanager
def held(path: Path, deadline: Deadline) -> Iterator[None]:
    """Have `path` alone among processes of this machine: what is made there is made once. Raises OutOfTime."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                deadline.left()
                time.sleep(0.2)
        yield
