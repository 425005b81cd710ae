"""Worlds of MCP servers: `world: {mcp: {servers: …}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import wire
from magnetc.ir.spec import WorldSpec
from magnetc.tools.environments import ensure_environment
from magnetc.tools.node_packages import ensure_node_packages
from magnetc.tools.worlds.ground import GroundWorld
from magnetc.tools.worlds.mcp.settings import seed_files, settings_of
from magnetc.tools.worlds.pool import Start
from magnetc.tools.worlds.world import Levels


class McpKind:
    """As `tools/worlds/kind.py` describes it."""

    def levels(self, spec: WorldSpec) -> Levels:
        """Files are put back; where a process holds state, it is started anew and its calls are repeated."""
        settings = settings_of(spec)
        holds = {server.holds for server in settings.servers}
        return Levels(reset="command" if "process" in holds else "snapshot", replay="normalised" if settings.normalise else "exact",
                      normalised=tuple(map(str, settings.normalise)))

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """The commands, what is installed for them, and the files that they begin with."""
        settings = settings_of(spec)
        found = {f"server `{server.name}`: `{' '.join(server.command) or server.url}`": wire(list(server.command)) for server in settings.servers}
        found |= {f"setup: `{' '.join(command)}`": wire(list(command)) for command in settings.setup}
        found |= {f"package `{package}`": package for server in settings.servers for package in (*server.packages, *server.npm)}
        return found | {f"seed `{name}`": sha256(path.read_bytes()).hexdigest() for name, path in seed_files(settings, folder).items()}

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """Those of the seeds."""
        return tuple(seed_files(settings_of(spec), folder))

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None]) -> Start:
        """An environment for each server."""
        settings = settings_of(spec)
        paths = {}
        for server in settings.servers:
            python = ensure_environment(server.packages, announce, resolve=True) if server.packages else None
            node = ensure_node_packages(server.npm, announce) if server.npm else None
            paths[server.name] = tuple(filter(None, (python.parent if python else None, node)))
        _require_client()
        from magnetc.tools.worlds.mcp.ground import McpGround

        async def start() -> GroundWorld:
            ground = McpGround(spec, folder, settings, paths, self.levels(spec))
            await ground.open()
            return GroundWorld(spec, ground)

        return start


def _require_client() -> None:
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise MagnetError(Diagnostic(code="MG710", message="`mcp` is not installed", help='pip install "magnetc[mcp]"')) from None
