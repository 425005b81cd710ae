"""What worlds of servers run, for the eyes of who trusts it, and what they promise."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from magnetc.ir.json import wire
from magnetc.tools.worlds.servers.settings import Settings, seed_files
from magnetc.tools.worlds.world import Levels


def what_runs(settings: Settings, folder: Path) -> dict[str, str]:
    """The commands, what is installed for them, and the files that they begin with."""
    found = {f"server `{server.name}`: `{' '.join(server.command) or server.url}`": wire(list(server.command)) for server in settings.servers}
    found |= {f"setup: `{' '.join(command)}`": wire(list(command)) for command in settings.setup}
    found |= {f"package `{package}`": package for server in settings.servers for package in (*server.packages, *server.npm)}
    return found | {f"seed `{name}`": sha256(path.read_bytes()).hexdigest() for name, path in seed_files(settings.seeds, folder).items()}


def levels_of(settings: Settings, most: int = 0) -> Levels:
    """Files are put back; where a process holds state, it is started anew and its calls are repeated."""
    holds = {server.holds for server in settings.servers}
    return Levels(reset="command" if "process" in holds else "snapshot", replay="normalised" if settings.normalise else "exact",
                  normalised=tuple(map(str, settings.normalise)), most=most)
