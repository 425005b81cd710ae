"""Only what is marked as a tool is one."""

from somewhere import server, tool


@tool
def first(a: int) -> int: ...


@server.tool(name="second")
def second(a: int) -> int: ...


def helper(a: int) -> int: ...
