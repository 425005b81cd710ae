"""An MCP server that counts in its process: state that no file has. With a port, it is spoken to by streamable HTTP."""

import os
import sys
import time

from mcp.server import MCPServer

server = MCPServer("counter")
count = 0


@server.tool()
def add(amount: int) -> dict[str, int]:
    """Add to the count."""
    global count
    count += amount
    return {"count": count}


@server.tool()
def sleep(seconds: float) -> str:
    """Take a while."""
    time.sleep(seconds)
    return "awake"


@server.tool()
def die() -> str:
    """Never return."""
    sys.stderr.write("last words\n")
    sys.stderr.flush()
    os._exit(3)


if len(sys.argv) > 1:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
else:
    server.run()
