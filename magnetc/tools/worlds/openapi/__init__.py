"""Worlds of HTTP APIs that an OpenAPI document describes: servers of one's own, one that runs and can be set back, or what was recorded."""
