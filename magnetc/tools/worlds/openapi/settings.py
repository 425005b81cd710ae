"""What a recipe says under `world: {openapi: …}`, read from a WorldSpec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.openapi.credentials import REDACTED
from magnetc.tools.worlds.servers.settings import (
    Settings,
    filled,
    present,
    rules_of,
    server_of,
    wrong,
)

SERVER = "server"
"""What the one server is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBack:
    """How a server is set back to its beginning: by a command, run in the recipe's folder, or by an operation of its own."""

    command: tuple[str, ...] = ()
    call: str = ""
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """All of it. `document` is a file of the recipe; `security` names the variable of the environment for each scheme of it.

    `recorded`: the server cannot be set back, and answers are recorded.
    """

    document: str
    servers: Settings
    security: Mapping[str, str]
    reset: SetBack | None = None
    recorded: bool = False

    @property
    def url(self) -> str:
        return self.servers.servers[0].url

    @property
    def starts(self) -> bool:
        """Whether each world has a server of its own."""
        return bool(self.servers.servers[0].command)


def settings_of(spec: WorldSpec) -> ApiSettings:
    """The settings of an `openapi` world. `{now}` and `{date}` are the world's present wherever they stand.

    Raises:
        MagnetError: MG650 for what does not go together, or a pattern that cannot be read.
    """
    data = filled(json.loads(spec.settings), present(spec))
    reset, recorded = data.get("reset"), data.get("reset") == "none"
    _check(data, spec)
    back = None
    if isinstance(reset, dict):
        back = SetBack(command=tuple(reset.get("command", ())), call=reset.get("call", ""), arguments=reset.get("with", {}))
    redact = [{"to": REDACTED, **rule} for rule in data.get("redact", ())]
    server = server_of(SERVER, {**data, "holds": data.get("holds", "process")})
    observe = {name: arguments or {} for name, arguments in data.get("observe", {}).items()}
    servers = Settings(
        servers=(server,), seeds=tuple(data.get("seeds", ())), setup=tuple(map(tuple, data.get("setup", ()))),
        normalise=(*rules_of(data.get("normalise", ()), spec), *rules_of(redact, spec, "redact")),
        seconds=float(data.get("seconds", 10.0)), profile=data.get("profile"), settles=bool(server.command),
        observe=tuple(observe.items()), shows_calls=server.holds == "process" and not observe)
    return ApiSettings(document=data["document"], servers=servers, security=data.get("security", {}), reset=back, recorded=recorded)


def _check(data: Mapping[str, Any], spec: WorldSpec) -> None:
    """What a recipe says of its server goes together."""
    starts, reset = "command" in data, data.get("reset")
    if not starts and reset is None:
        raise wrong("the server is not started here, and nothing says how it is set back", spec,
                    help="add the `command` that starts it; or `reset: {call: …}`, `reset: {command: […]}`, or `reset: none` to record what "
                         "it answers")
    if starts and reset == "none":
        raise wrong("`reset: none` is for a server that is not started here", spec, "reset", help="leave it out: the server is started anew")
    own = [key for key in ("packages", "npm", "env", "holds", "seeds", "setup") if key in data]
    if not starts and own:
        raise wrong(f"`{own[0]}` is for a server that is started here", spec, own[0], help="add its `command`, or leave this out")
    if data.get("holds") == "files" and reset is not None:
        raise wrong("a server that holds its state in files is set back by them", spec, "reset", help="leave `reset` out")
    if reset == "none" and "observe" in data:
        raise wrong("`observe` shows a state, and what is only recorded has none", spec, "observe", help="leave it out")
