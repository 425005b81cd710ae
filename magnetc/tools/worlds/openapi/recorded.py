"""The ground of an API that cannot be set back: what it answers is asked once, and repeated ever after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.signature import FunctionSignature
from magnetc.tools.worlds.normalise import normalised
from magnetc.tools.worlds.openapi.api import Api
from magnetc.tools.worlds.openapi.client import Client
from magnetc.tools.worlds.openapi.recording import Recording
from magnetc.tools.worlds.openapi.request import SAFE
from magnetc.tools.worlds.protocol import Reset
from magnetc.tools.worlds.servers.tools import tool_problem
from magnetc.tools.worlds.world import Levels

_HERE = "here"


class RecordedGround:
    """As `tools/worlds/ground.py` describes it. There is one point: nothing is ever changed. Without a `client`, nothing is asked."""

    def __init__(self, api: Api, levels: Levels, recording: Recording, client: Client | None):
        self.api, self.levels, self.recording, self.client = api, levels, recording, client
        self.has: Sequence[str] = ("state", "observe", "profile") if api.settings.profile else ("state", "observe")

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MG603, MG609 for tools that the API does not have, or not so, MG653 for those that change something."""
        schemas = self.api.schemas
        problems = [found for tool in tools if (found := tool_problem(tool, schemas) or self._writes(tool))]
        if problems:
            raise MagnetError(*problems)

    async def initial(self, reset: Reset) -> str:
        """All conversations begin alike."""
        return _HERE

    async def go(self, point: str) -> None:
        """Nowhere."""

    async def mark(self) -> str:
        """Where one always is."""
        return _HERE

    async def call(self, name: str, arguments: dict[str, Any]) -> Json:
        """The recorded answer."""
        if name not in self.api.operations:
            return {"error": f"unknown tool `{name}`"}
        if self.api.operations[name].method not in SAFE:
            return {"error": f"`{name}` changes something, and nothing here can be set back"}

        async def ask() -> Json:
            assert self.client is not None
            result = await self.client.call(name, arguments, self.api.settings.seconds)
            return normalised(self.api.settings.normalise, name, result)

        return await self.recording.answer(name, arguments, ask)

    def state(self, point: str) -> Json:
        """None that is known."""
        return {}

    def observed(self, point: str) -> Json:
        """None that is known."""
        return {}

    def profile(self, point: str) -> Json:
        """What the recipe says that the system message shows."""
        return self.api.settings.profile

    async def close(self) -> None:
        """End the connections."""
        if self.client is not None:
            await self.client.close()

    def _writes(self, tool: FunctionSignature) -> Diagnostic | None:
        if self.api.operations[tool.name].method in SAFE:
            return None
        method = self.api.operations[tool.name].method.upper()
        return Diagnostic(
            code="MG653", message=f"`{tool.name}` changes something ({method}) at a server that cannot be set back",
            primary=Label(tool.origin, at_key=True) if tool.origin.file else None, notes=(f"it would be called for real, at {self.api.url}",),
            help="use `world: {simulated: {}}`, or a sandbox of your own: `command`, or `url` with `reset: {call: …}`; or leave the tool out")
