"""Servers of the tests as processes of their own, on loopback, ended by their process id."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Running:
    url: str
    process: subprocess.Popen

    def stats(self) -> dict[str, int]:
        with urlopen(self.url.removesuffix("/v1") + "/stats") as response:
            return json.load(response)


@contextmanager
def teacher(*, faults: float = 0.0, latency: float = 0.0, only: tuple[str, ...] = (), port: int = 0, rows: Path | None = None, reader: str = "", agent: Path | None = None, mistakes: float = 0.0,
            actor: str = "") -> Iterator[Running]:
    """A running teacher: the share of requests that fail, seconds before each answer, and the kinds of faults."""
    command = [sys.executable, str(HERE / "teacher_server.py"), "--faults", str(faults), "--latency", str(latency), "--port", str(port)]
    more = [*(["--only", *only] if only else []), *(["--rows", str(rows)] if rows else []), *(["--reader", reader] if reader else []),
            *(["--actor", actor] if actor else []), *(["--agent", str(agent), "--mistakes", str(mistakes)] if agent else [])]
    process = subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Running(process.stdout.readline().strip(), process)
    finally:
        process.terminate()
        process.wait(timeout=30)
