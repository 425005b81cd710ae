"""Programs of BFCL's environment as processes: JSON lines in, JSON lines out."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json

INSIDE = Path(__file__).with_name("inside")

_LONGEST_LINE = 1 << 26
"""Bytes of a line of results."""


def environment() -> dict[str, str]:
    """No credentials and no proxy reach code that evaluates calls; one time zone, since some tools format times."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return kept | {"TZ": "UTC", "PYTHONHASHSEED": "0"}


def stopped(message: str) -> MagnetError:
    """MG702: the package's own code does not run."""
    return MagnetError(Diagnostic(code="MG702", message=message,
                                  help="the environment needs `bfcl-eval` and `mpmath`; remove it from the cache to have it made again"))


def answers(python: Path, program: str, lines: Iterable[Json], *, seconds: float) -> list[Any]:
    """What `program` of `inside/benchmark.py` says to `lines`, when it has read them all.

    Raises:
        MagnetError: MG702 when it fails, or is not done in time.
    """
    given = "".join(json.dumps(line) + "\n" for line in lines)
    try:
        done = subprocess.run(_command(python, program), input=given.encode(), capture_output=True, timeout=seconds, env=environment(), check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise stopped(f"the program `{program}` of the BFCL environment did not run: {error}") from None
    if done.returncode:
        raise stopped(f"the program `{program}` of the BFCL environment stopped: {_last_line(done.stderr)}")
    return [json.loads(line) for line in done.stdout.decode("utf-8", "surrogatepass").split("\n")[:-1]]


class Line:
    """A program that answers each line when it comes."""

    def __init__(self, process: asyncio.subprocess.Process, program: str):
        self._process, self._program, self._lock = process, program, asyncio.Lock()

    async def ask(self, lines: Sequence[Json]) -> list[Any]:
        """An answer to each line. Raises MagnetError (MG702) when the program ends."""
        reading, writing = self._process.stdout, self._process.stdin
        assert reading is not None
        assert writing is not None
        async with self._lock:
            found = []
            for line in lines:
                try:
                    writing.write((json.dumps(line) + "\n").encode())
                    await writing.drain()
                    answer = await reading.readline()
                except (OSError, ValueError) as error:
                    raise stopped(f"the program `{self._program}` of the BFCL environment stopped: {error}") from None
                if not answer:
                    raise stopped(f"the program `{self._program}` of the BFCL environment ended")
                found.append(json.loads(answer.decode("utf-8", "surrogatepass")))
            return found


@asynccontextmanager
async def running(python: Path, program: str) -> AsyncIterator[Line]:
    """A program of `inside/benchmark.py`, at work until the context is left.

    Raises:
        MagnetError: MG702 when it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(*_command(python, program), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                       stderr=subprocess.DEVNULL, env=environment(), limit=_LONGEST_LINE)
    except OSError as error:
        raise stopped(f"the program `{program}` of the BFCL environment did not run: {error}") from None
    try:
        yield Line(process, program)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _command(python: Path, program: str) -> list[str]:
    return [str(python), "-I", "-c", f"import sys; sys.path.insert(0, {str(INSIDE)!r}); import benchmark; benchmark.main({program!r})"]


def _last_line(log: bytes) -> str:
    return (log.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
