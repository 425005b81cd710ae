"""The process of a server: started where it is told to be, its last words kept, ended with all that it started."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.tools.worlds.servers.settings import Server

START_SECONDS = 60.0
_TAIL = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a server is started: its command with places filled in, where, and all that it sees of the environment."""

    server: Server
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class GoneAtStart(MagnetError):
    """MG651 for a server whose process ended before it answered: something may have killed it."""


class ServerProcess:
    """A server's process, if it has one that is started here, and what it wrote to its standard error."""

    def __init__(self, launch: Launch):
        self.launch = launch
        self.log: TextIO = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed by `close`)
        self._process: asyncio.subprocess.Process | None = None

    async def listen(self) -> str:
        """Start the command with a free port for `{port}`, wait until it listens there, and return the server's URL.

        Raises:
            OSError: when it cannot be run, or ends before it listens.
        """
        launch = self.launch
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            *(word.replace("{port}", str(port)) for word in launch.command), cwd=launch.folder, env=dict(launch.environment),
            stdin=asyncio.subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        while self._process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return launch.server.url.replace("{port}", str(port))
            except OSError:
                await asyncio.sleep(0.02)
        raise OSError(f"it exited with status {self._process.returncode}")

    async def end(self) -> None:
        """End the process and what it started."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def epitaph(self) -> str:
        """What is to be said of a server that is gone."""
        lines = self.printed()
        return f"the server `{self.launch.server.name}` is gone" + (f"; its last words: {lines[-1]}" if lines else "")

    def printed(self) -> list[str]:
        """The last lines that it wrote to its standard error."""
        if self.log.closed:
            return []
        self.log.seek(0)
        return [line for line in self.log.read()[-4096:].splitlines() if line.strip()][-_TAIL:]

    def does_not_start(self, error: BaseException, *, gone: bool = False) -> MagnetError:
        """MG651, with its last lines; GoneAtStart of one that is `gone` or was killed."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        why = f"it did not answer within {START_SECONDS:g} s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        killed = self._process is not None and (self._process.returncode or 0) < 0
        return (GoneAtStart if gone or killed else MagnetError)(Diagnostic(
            code="MG651", message=f"the server `{self.launch.server.name}` does not start: {why}", notes=tuple(self.printed()),
            help=f"run `{' '.join(self.launch.command) or self.launch.server.url}` by itself and see what it says"))
