"""The pipes of a worker process: requests and replies in order, and when it is ended for taking too much."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import deque
from contextlib import suppress
from pathlib import Path

from magnetc.ir.json import Json
from magnetc.ir.limits import MEGABYTE, Limits

_ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_BUSY_SECONDS = 0.25
_TAIL = 16_384
_MOST_FILES = 20_000
"""In a worker's directory: more would take the machine's inodes before its bytes."""


class Dead(Exception):
    """The worker is gone, with words that say how."""


class WorkerPipe(asyncio.SubprocessProtocol):
    """The worker's pipes. Replies come in the order of the requests; what it prints is kept at its end.

    It is killed when a reply is overdue or larger than `limits` allow, or `directory` holds more.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.directory, self.limits = directory, limits
        self.loop = asyncio.get_running_loop()
        self.received = self.answered = 0
        self.pending: deque[tuple[asyncio.Future[bytes], float]] = deque()
        self.chunks: list[bytes] = []
        self.printed = b""
        self.deadline = 0.0
        self.looks = self.loop.time()
        self.closed = self.loop.create_future()
        self.killed_for = ""
        self.transport: asyncio.SubprocessTransport
        self.requests: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self.transport = transport
        requests = transport.get_pipe_transport(0)
        assert isinstance(requests, asyncio.WriteTransport)
        self.requests = requests
        self.watch()

    def send(self, message: Json, seconds: float) -> asyncio.Future[bytes]:
        """Write one request; the reply must come `seconds` after the one before it."""
        future = self.loop.create_future()
        if self.closed.done():
            future.set_exception(Dead(self.epitaph()))
            return future
        if not self.pending:
            self.deadline = self.loop.time() + seconds
        self.pending.append((future, seconds))
        self.requests.write(_ENCODE(message).encode() + b"\n")
        return future

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self.printed = (self.printed + data)[-_TAIL:]
            return
        if self.killed_for:
            return
        self.received += len(data)
        if self.received > self.limits.output * MEGABYTE:
            self.kill(f"it answered with more than {self.limits.output} MB")
            return
        if b"\n" not in data:
            self.chunks.append(data)
            return
        *lines, rest = b"".join([*self.chunks, data]).split(b"\n")
        self.chunks, self.received = [rest] if rest else [], len(rest)
        for line in lines:
            number, _, reply = line.partition(b" ")
            if not self.pending or number != b"%d" % self.answered:
                self.kill("it wrote to the pipe of its answers")
                return
            self.answered += 1
            future, _ = self.pending.popleft()
            if not future.done():
                future.set_result(reply)
        if self.pending:
            self.deadline = self.loop.time() + self.pending[0][1]

    def watch(self) -> None:
        """Kill a worker that is overdue, stuck where its own timer cannot reach it, or that fills the disk."""
        if self.closed.done():
            return
        now = self.loop.time()
        if self.pending and now - self.looks > _BUSY_SECONDS:
            # The loop was busy elsewhere: requests were not sent in full, answers not read.
            self.deadline = max(self.deadline, now + self.pending[0][1])
        if self.pending and now > self.deadline:
            self.kill("it did not answer in time and was stopped")
            return
        if _holds_more(self.directory, self.limits.disk * MEGABYTE):
            self.kill(f"it wrote more than {self.limits.disk} MB to its directory")
            return
        wait = min(self.deadline - now, _BUSY_SECONDS) if self.pending else 1.0
        self.looks = now + min(max(wait, 0.05), 1.0)
        self.timer = self.loop.call_at(self.looks, self.watch)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1:
            self.loop.call_later(1.0, self.kill)

    def process_exited(self) -> None:
        # A child of the recipe's code may hold the pipes open for ever: the end is told soon after the exit.
        self.loop.call_later(0.1, self.end)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()

    def end(self) -> None:
        if self.closed.done():
            return
        self.closed.set_result(None)
        self.timer.cancel()
        for future, _ in self.pending:
            if not future.done():
                future.set_exception(Dead(self.epitaph()))
                future.exception()
        self.pending.clear()
        self.transport.close()

    def kill(self, why: str = "") -> None:
        """End the worker and what it started; `why`, in words, when it is to blame."""
        self.killed_for = self.killed_for or why
        if self.transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.transport.get_pid(), signal.SIGKILL)

    @property
    def was_killed(self) -> bool:
        """Whether the process was ended from outside, for nothing that it did here."""
        return not self.killed_for and self.transport.get_returncode() == -signal.SIGKILL

    def epitaph(self) -> str:
        """How the process ended, in words."""
        status = self.transport.get_returncode()
        if self.killed_for:
            return self.killed_for
        if status is None:
            return "it closed its output"
        if status < 0:
            return f"it was killed by signal {-status} ({signal.strsignal(-status)})"
        return f"it exited with status {status}"

    def tail(self) -> tuple[str, ...]:
        """The last lines the recipe's code printed."""
        return tuple(self.printed.decode(errors="replace").splitlines()[-12:])


def _holds_more(directory: Path, most: int) -> bool:
    """Whether the files below `directory` take more than `most` bytes, or are too many."""
    size = count = 0
    folders = [str(directory)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    if size > most or count > _MOST_FILES:
                        return True
        except OSError:
            continue  # it is being changed; the next look sees the rest
    return False
