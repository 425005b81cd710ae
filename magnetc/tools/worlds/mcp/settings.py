"""What a recipe says under `world: {mcp: …}`, read from a WorldSpec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.servers.settings import (
    Server,
    Settings,
    filled,
    present,
    rules_of,
    server_of,
    wrong,
)


def settings_of(spec: WorldSpec) -> Settings:
    """The settings of an `mcp` world. `{now}` and `{date}` are the world's present wherever they stand.

    Raises:
        MagnetError: MG650 for a server that cannot be started, a pattern that cannot be read.
    """
    data = filled(json.loads(spec.settings), present(spec))
    servers = tuple(_server(name, each, spec) for name, each in data["servers"].items())
    return Settings(servers=servers, seeds=tuple(data.get("seeds", ())), setup=tuple(map(tuple, data.get("setup", ()))),
                    normalise=rules_of(data.get("normalise", ()), spec), seconds=float(data.get("seconds", 10.0)),
                    profile=data.get("profile"))


def _server(name: str, data: Mapping[str, Any], spec: WorldSpec) -> Server:
    found = server_of(name, data)
    if not found.command and (not found.url or found.holds != "nothing"):
        why = ("is not started here, so that it cannot be set back: only a server that `holds: nothing` may be elsewhere"
               if found.url else "has no `command`")
        raise wrong(f"the server `{name}` {why}", spec, "servers", name, help="give it the `command` that starts it")
    return found
