"""Worlds of MCP servers: `world: {mcp: {servers: …}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.ground import GroundWorld
from magnetc.tools.worlds.mcp.settings import settings_of
from magnetc.tools.worlds.pool import Start
from magnetc.tools.worlds.servers.ground import ServersGround
from magnetc.tools.worlds.servers.paths import server_paths
from magnetc.tools.worlds.servers.runs import levels_of, what_runs
from magnetc.tools.worlds.servers.settings import seed_files
from magnetc.tools.worlds.world import Levels


class McpKind:
    """As `tools/worlds/kind.py` describes it."""

    def levels(self, spec: WorldSpec) -> Levels:
        """By where the servers hold their state."""
        return levels_of(settings_of(spec))

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """The commands, what is installed for them, and the files that they begin with."""
        return what_runs(settings_of(spec), folder)

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """Those of the seeds."""
        return tuple(seed_files(settings_of(spec).seeds, folder))

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None]) -> Start:
        """An environment for each server."""
        settings = settings_of(spec)
        paths = server_paths(settings, announce)
        _require_client()
        from magnetc.tools.worlds.mcp.connection import McpConnection

        async def start() -> GroundWorld:
            ground = ServersGround(spec, folder, settings, paths, self.levels(spec), McpConnection.open)
            await ground.open()
            return GroundWorld(spec, ground)

        return start


def _require_client() -> None:
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise MagnetError(Diagnostic(code="MG710", message="`mcp` is not installed", help='pip install "magnetc[mcp]"')) from None
