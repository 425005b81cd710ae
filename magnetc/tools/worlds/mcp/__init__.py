"""Worlds of MCP servers: real processes, a private directory each, set back by putting files back or by starting anew."""
