"""The server of an API: one's own process, or one that runs elsewhere and is set back as the recipe says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.tools.worlds.ground import Died, Late
from magnetc.tools.worlds.openapi.api import Api
from magnetc.tools.worlds.openapi.client import Client
from magnetc.tools.worlds.openapi.credentials import Credentials
from magnetc.tools.worlds.openapi.settings import SetBack
from magnetc.tools.worlds.openapi.shared import SharedServer, shared_server
from magnetc.tools.worlds.servers.process import START_SECONDS, Launch, ServerProcess
from magnetc.tools.worlds.servers.settings import filled

_RESET_SECONDS = 60.0


class HttpConnection:
    """A server and the client that speaks to it. Made by `open`."""

    def __init__(self, launch: Launch, api: Api, credentials: Credentials, back: SetBack | None, recipe: Path):
        self.launch, self.api, self.credentials, self.back, self.recipe = launch, api, credentials, back, recipe
        self.tools: Mapping[str, Mapping[str, Any]] = api.schemas
        self._process = ServerProcess(launch)
        self._client = Client(api.url, api.operations, credentials)
        self._shared: SharedServer | None = None

    @classmethod
    async def open(cls, launch: Launch, api: Api, credentials: Credentials, back: SetBack | None, recipe: Path) -> HttpConnection:
        """Start the server, or take one that runs for oneself and set it back.

        Raises:
            MagnetError: MG651 when it does not start or is not there, MG655 when it cannot be set back.
        """
        connection = cls(launch, api, credentials, back, recipe)
        try:
            if launch.command:
                url = await asyncio.wait_for(connection._process.listen(), START_SECONDS)
                connection._client = Client(url, api.operations, credentials)
            else:
                connection._shared = shared_server(api.url)
                await connection._shared.take(connection)
                await connection._set_back()
        except (OSError, TimeoutError) as error:
            failed = connection._process.does_not_start(error)
            await connection.close()
            raise failed from None
        except BaseException:
            await connection.close()
            raise
        return connection

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> Json:
        """The result of an operation, as JSON; an error as `{"error": …}`.

        Raises:
            Died: when the server is gone.
            Late: when it does not answer in time.
        """
        if self._shared is not None and self._shared.owner is not self:
            raise Died("another world uses the server")
        try:
            return await self._client.call(name, arguments, seconds)
        except Died as died:
            raise Died(self._process.epitaph() if self.launch.command else str(died)) from None

    async def begin(self) -> bool:
        """Set the server back to its beginning; False where that takes another process."""
        if self.back is None or (self._shared is not None and self._shared.owner is not self):
            return False
        try:
            await self._set_back()
        except MagnetError:
            if self.launch.command:
                return False
            raise
        return True

    async def close(self) -> None:
        """End the server if it was started here, and leave it to others if it was not."""
        await self._client.close()
        await self._process.end()
        self._process.log.close()
        if self._shared is not None:
            self._shared.leave(self)

    async def _set_back(self) -> None:
        assert self.back is not None
        if self.back.command:
            await self._command(self.back.command)
            return
        try:
            result = await self._client.call(self.back.call, self.back.arguments, _RESET_SECONDS)
        except (Died, Late) as error:
            raise self._cannot(str(error)) from None
        if isinstance(result, dict) and "error" in result:
            raise self._cannot(f"`{self.back.call}` answers: {result['error']}")

    async def _command(self, command: tuple[str, ...]) -> None:
        words = filled(list(command), {"{recipe}": str(self.recipe)})
        try:
            process = await asyncio.create_subprocess_exec(
                *words, cwd=self.recipe, env={**self.launch.environment, "HOME": os.environ.get("HOME", "/")},
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        except OSError as error:
            raise self._cannot(str(error)) from None
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), _RESET_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise self._cannot(f"`{' '.join(command)}` took over {_RESET_SECONDS:g} s") from None
        if process.returncode:
            lines = tuple(printed.decode(errors="replace").splitlines()[-10:])
            raise self._cannot(f"`{' '.join(command)}` exited with status {process.returncode}", lines)

    def _cannot(self, why: str, notes: tuple[str, ...] = ()) -> MagnetError:
        return MagnetError(Diagnostic(code="MG655", message=f"the server at {self.api.url} cannot be set back: {why}", notes=notes,
                                      help="see that it runs, and that what `reset` says of it works by itself"))
