"""Tools of an MCP server: started by a command, or reached by its URL.

    tools from mcp "uvx mcp-server-time"
    tools from mcp "https://example.org/mcp"

A command is run, without a shell, only when the user trusts it. What a tool returns is its `outputSchema`, where it declares one;
whether it reads or writes, its annotations.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from magnetc.extras import not_installed
from magnetc.ir.json import Json, digest
from magnetc.tools.importers.importer import Place, Snapshot, raw_tool, refused

if TYPE_CHECKING:
    from mcp import Client

SECONDS = 60.0
"""Until a server has to have listed its tools: some install themselves first."""


def import_mcp(argument: str, place: Place) -> Snapshot:
    """The tools that the server lists."""
    try:
        import mcp
    except ImportError:
        raise not_installed("mcp", "mcp") from None
    if argument.startswith(("http://", "https://")):
        server: Any = argument
    else:
        place.allow_code(argument)
        server = _command(argument, place, mcp.StdioServerParameters)
    with open(os.devnull, "w") as nowhere:
        transport = server if isinstance(server, str) else mcp.stdio_client(server, errlog=nowhere)
        name, listed = _answer(argument, lambda: mcp.Client(transport, read_timeout_seconds=SECONDS))
    functions = [_tool(each) for each in sorted(listed, key=lambda each: each.name)]
    if not functions:
        raise refused(f"the server `{argument}` has no tools")
    return Snapshot(source=name, digest=digest(functions), functions=tuple(functions))


def _command(argument: str, place: Place, parameters: Any) -> Any:
    try:
        command, *rest = shlex.split(argument)
    except ValueError as error:
        raise refused(f"`{argument}` is no command: {error}", "write it as in a shell") from None
    return parameters(command=command, args=rest, cwd=str(place.folder))


def _answer(argument: str, client: Any) -> tuple[str, list[Any]]:
    """The server's name and version, and its tools."""
    try:
        return asyncio.run(asyncio.wait_for(_list(client()), SECONDS))
    except TimeoutError:
        raise refused(f"the server `{argument}` did not list its tools within {SECONDS:g} s", "start it by hand to see why") from None
    except Exception as error:
        raise refused(f"the server `{argument}` cannot be asked for its tools: {_reason(error)}",
                      "start it by hand to see why; a server made for mcp 1 may need `--with 'mcp<2'`") from None


async def _list(client: Client) -> tuple[str, list[Any]]:
    async with client:
        tools: list[Any] = []
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            tools += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
        info = client.server_info
        return f"{info.name} {info.version}" if info else "a server without a name", tools


def _reason(error: BaseException) -> str:
    """The words of an error, of the first in a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__


def _tool(tool: Any) -> dict[str, Json]:
    data = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
    hints = data.get("annotations") or {}
    effect = None
    with suppress(KeyError):
        effect = "reads" if hints["readOnlyHint"] else "writes"
    return raw_tool(data["name"], data.get("description") or data.get("title") or "", data["inputSchema"], data.get("outputSchema"), effect)
