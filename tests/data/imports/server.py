"""An MCP server: two tools, one that says what it returns and that it only reads."""

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("shelf", version="1.2")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@server.tool(structured_output=False)
def note(text: str):
    """Keep a note."""
    return text


server.run()
