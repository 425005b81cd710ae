"""Environments of servers, made before the first of them starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from magnetc.tools.environments import ensure_environment
from magnetc.tools.node_packages import ensure_node_packages
from magnetc.tools.worlds.servers.settings import Settings


def server_paths(settings: Settings, announce: Callable[[str], None]) -> Mapping[str, tuple[Path, ...]]:
    """For each server, the folders of programs that its packages have.

    Raises:
        MagnetError: MG604, MG605 when an environment cannot be made.
    """
    paths = {}
    for server in settings.servers:
        python = ensure_environment(server.packages, announce, resolve=True) if server.packages else None
        node = ensure_node_packages(server.npm, announce) if server.npm else None
        paths[server.name] = tuple(filter(None, (python.parent if python else None, node)))
    return paths
