"""One running MCP server and the client that speaks to it."""

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
from typing import Any, TextIO

from mcp import Client, StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.tools.worlds.ground import Died, Late, told_as_json
from magnetc.tools.worlds.mcp.settings import Server

_START_SECONDS = 60.0
_TIMED_OUT, _CLOSED = -32001, -32000
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


class Connection:
    """A server's process and client. Made by `open`; a call on one whose process is gone raises Died.

    The client lives in a task of its own: it has to be left by the task that entered it.
    """

    def __init__(self, launch: Launch):
        self.launch = launch
        self.tools: dict[str, Mapping[str, Any]] = {}
        self._client: Client | None = None
        self._log: TextIO = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed by `close`)
        self._end = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, launch: Launch) -> Connection:
        """Start the server and list its tools.

        Raises:
            MagnetError: MG651 when it does not start; GoneAtStart when its process ends instead.
        """
        connection = cls(launch)
        ready = asyncio.get_running_loop().create_future()
        connection._keeper = asyncio.create_task(connection._keep(ready))
        try:
            await asyncio.wait_for(asyncio.shield(ready), _START_SECONDS)
        except BaseException as error:
            words = connection._printed()
            await connection.close()
            if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt)):
                raise
            raise connection._does_not_start(error, words) from None
        return connection

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> Json:
        """The result of a tool, as JSON; an error as `{"error": …}`.

        Raises:
            Died: when the server is gone.
            Late: when it does not answer in time.
        """
        assert self._client is not None
        if self._keeper is None or self._keeper.done():
            raise Died(self._epitaph())
        try:
            result = await self._client.call_tool(name, arguments, read_timeout_seconds=seconds)
        except MCPError as error:
            if error.error.code == _TIMED_OUT:
                raise Late(f"`{name}` did not return within {seconds:g} s") from None
            if error.error.code == _CLOSED:
                raise Died(self._epitaph()) from None
            return {"error": error.error.message}
        except (OSError, RuntimeError) as error:
            if type(error) is RuntimeError and "output schema" in str(error):
                return {"error": str(error)}
            raise Died(self._epitaph()) from None
        text = "\n".join(block.text for block in result.content if block.type == "text")
        if result.is_error:
            return {"error": text or "an error without words"}
        if result.structured_content is not None:
            return result.structured_content
        if any(block.type != "text" for block in result.content):
            return {"content": [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]}
        return told_as_json(text)

    async def close(self) -> None:
        """End the server."""
        self._end.set()
        if self._keeper is not None:
            with suppress(BaseException):
                await self._keeper
        self._log.close()

    async def _keep(self, ready: asyncio.Future[None]) -> None:
        try:
            target = await self._target()
            async with Client(target) as client:
                self.tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
                self._client = client
                ready.set_result(None)
                await self._end.wait()
        except Exception as error:
            if not ready.done():
                ready.set_exception(error)
                ready.exception()
        finally:
            if self._process is not None and self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                await self._process.wait()

    async def _target(self) -> Any:
        """What the client connects to: standard input and output of a new process, or the port of one."""
        launch = self.launch
        if not launch.server.url:
            return stdio_client(StdioServerParameters(command=launch.command[0], args=list(launch.command[1:]), cwd=launch.folder,
                                                      env=dict(launch.environment)), errlog=self._log)
        if not launch.command:
            return launch.server.url
        port = _free_port()
        self._process = await asyncio.create_subprocess_exec(
            *(word.replace("{port}", str(port)) for word in launch.command), cwd=launch.folder, env=dict(launch.environment),
            stdin=asyncio.subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True)
        await self._listens(port)
        return launch.server.url.replace("{port}", str(port))

    async def _listens(self, port: int) -> None:
        assert self._process is not None
        while self._process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.05)
        raise OSError(f"it exited with status {self._process.returncode}")

    def _epitaph(self) -> str:
        lines = self._printed()
        return f"the server `{self.launch.server.name}` is gone" + (f"; its last words: {lines[-1]}" if lines else "")

    def _printed(self) -> list[str]:
        """The last lines that the server wrote to its standard error."""
        if self._log.closed:
            return []
        self._log.seek(0)
        return [line for line in self._log.read()[-4096:].splitlines() if line.strip()][-_TAIL:]

    def _does_not_start(self, error: BaseException, words: list[str]) -> MagnetError:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        why = f"it did not answer within {_START_SECONDS:g} s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        gone = isinstance(error, MCPError) and error.error.code == _CLOSED
        return (GoneAtStart if gone else MagnetError)(Diagnostic(
            code="MG651", message=f"the server `{self.launch.server.name}` does not start: {why}", notes=tuple(words),
            help=f"run `{' '.join(self.launch.command) or self.launch.server.url}` by itself and see what it says"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
