"""One running MCP server and the client that speaks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from magnetc.ir.json import Json
from magnetc.tools.worlds.ground import Died, Late, told_as_json
from magnetc.tools.worlds.servers.process import START_SECONDS, Launch, ServerProcess

_TIMED_OUT, _CLOSED = -32001, -32000


class McpConnection:
    """A server's process and client. Made by `open`; a call on one whose process is gone raises Died.

    The client lives in a task of its own: it has to be left by the task that entered it.
    """

    def __init__(self, launch: Launch):
        self.launch = launch
        self.tools: Mapping[str, Mapping[str, Any]] = {}
        self._client: Client | None = None
        self._process = ServerProcess(launch)
        self._end = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, launch: Launch) -> McpConnection:
        """Start the server and list its tools.

        Raises:
            MagnetError: MG651 when it does not start; GoneAtStart when its process ends instead.
        """
        connection = cls(launch)
        ready = asyncio.get_running_loop().create_future()
        connection._keeper = asyncio.create_task(connection._keep(ready))
        try:
            await asyncio.wait_for(asyncio.shield(ready), START_SECONDS)
        except BaseException as error:
            failed = connection._process.does_not_start(error, gone=_is_closed(error))
            await connection.close()
            if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt)):
                raise
            raise failed from None
        return connection

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> Json:
        """The result of a tool, as JSON; an error as `{"error": …}`.

        Raises:
            Died: when the server is gone.
            Late: when it does not answer in time.
        """
        assert self._client is not None
        if self._keeper is None or self._keeper.done():
            raise Died(self._process.epitaph())
        try:
            result = await self._client.call_tool(name, arguments, read_timeout_seconds=seconds)
        except MCPError as error:
            if error.error.code == _TIMED_OUT:
                raise Late(f"`{name}` did not return within {seconds:g} s") from None
            if error.error.code == _CLOSED:
                raise Died(self._process.epitaph()) from None
            return {"error": error.error.message}
        except (OSError, RuntimeError) as error:
            if type(error) is RuntimeError and "output schema" in str(error):
                return {"error": str(error)}
            raise Died(self._process.epitaph()) from None
        text = "\n".join(block.text for block in result.content if block.type == "text")
        if result.is_error:
            return {"error": text or "an error without words"}
        if result.structured_content is not None:
            return result.structured_content
        if any(block.type != "text" for block in result.content):
            return {"content": [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]}
        return told_as_json(text)

    async def begin(self) -> bool:
        """No: what a process holds ends with it."""
        return False

    async def close(self) -> None:
        """End the server."""
        self._end.set()
        if self._keeper is not None:
            with suppress(BaseException):
                await self._keeper
        self._process.log.close()

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
            await self._process.end()

    async def _target(self) -> Any:
        """What the client connects to: standard input and output of a new process, or the port of one."""
        launch = self.launch
        if not launch.server.url:
            return stdio_client(StdioServerParameters(command=launch.command[0], args=list(launch.command[1:]), cwd=launch.folder,
                                                      env=dict(launch.environment)), errlog=self._process.log)
        if not launch.command:
            return launch.server.url
        return await self._process.listen()


def _is_closed(error: BaseException) -> bool:
    """Whether an error tells, itself or the first in a group, that the connection was closed."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return isinstance(error, MCPError) and error.error.code == _CLOSED
