"""Worlds of HTTP APIs: `world: {openapi: {document: …}}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from magnetc.ir.json import wire
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.ground import GroundWorld
from magnetc.tools.worlds.openapi.api import Api, api_of
from magnetc.tools.worlds.openapi.credentials import Credentials
from magnetc.tools.worlds.openapi.recording import Recording, recorded_files
from magnetc.tools.worlds.openapi.settings import ApiSettings, settings_of
from magnetc.tools.worlds.pool import Start
from magnetc.tools.worlds.servers.paths import server_paths
from magnetc.tools.worlds.servers.runs import levels_of, what_runs
from magnetc.tools.worlds.servers.settings import seed_files
from magnetc.tools.worlds.world import Levels


class OpenApiKind:
    """As `tools/worlds/kind.py` describes it."""

    def levels(self, spec: WorldSpec) -> Levels:
        """By where the server is: one's own; one that is set back, and shared by all worlds; one that is recorded."""
        settings = settings_of(spec)
        if settings.recorded:
            return Levels(reset="none", replay="recorded", normalised=tuple(map(str, settings.servers.normalise)))
        return levels_of(settings.servers, most=0 if settings.starts else 1)

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """The commands, the files that they begin with; where calls go, by which document, with which secrets."""
        settings = settings_of(spec)
        path = folder / settings.document
        found = {f"document `{settings.document}`": sha256(path.read_bytes()).hexdigest() if path.is_file() else ""}
        if settings.starts:
            found |= what_runs(settings.servers, folder)
        else:
            where = settings.url or f"the server that `{settings.document}` names"
            found[f"{'reads' if settings.recorded else 'calls'}: {where}"] = settings.url
        found |= {f"secret: the variable `{name}` of the environment, for `{scheme}`": name for scheme, name in settings.security.items()}
        if settings.reset is not None:
            back = settings.reset
            found |= {f"set back by: `{' '.join(back.command) or back.call}`": wire([list(back.command), back.call, dict(back.arguments)])}
        return found

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """The document, the seeds, and what is recorded."""
        settings = settings_of(spec)
        recorded = recorded_files(folder) if settings.recorded else ()
        return (settings.document, *seed_files(settings.servers.seeds, folder), *recorded)

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None]) -> Start:
        """An environment for the server, or the recording; and the secrets that calls need."""
        settings = settings_of(spec)
        api = api_of(spec, folder, settings)
        if settings.recorded:
            return self._recorded(spec, folder, settings, api)
        credentials = Credentials.of(api.schemes, settings.security, spec)
        paths = server_paths(api.settings, announce)
        from magnetc.tools.worlds.openapi.connection import HttpConnection
        from magnetc.tools.worlds.servers.ground import ServersGround

        connect = partial(HttpConnection.open, api=api, credentials=credentials, back=settings.reset, recipe=folder.resolve())

        async def start() -> GroundWorld:
            ground = ServersGround(spec, folder, api.settings, paths, self.levels(spec), connect)
            await ground.open()
            return GroundWorld(spec, ground)

        return start

    def _recorded(self, spec: WorldSpec, folder: Path, settings: ApiSettings, api: Api) -> Callable[[], Awaitable[GroundWorld]]:
        from magnetc.tools.worlds.openapi.client import Client
        from magnetc.tools.worlds.openapi.recorded import RecordedGround

        recording = Recording(folder, sealed=spec.sealed)
        credentials = Credentials() if spec.sealed else Credentials.of(api.schemes, settings.security, spec)

        async def start() -> GroundWorld:
            client = None if spec.sealed else Client(api.url, api.operations, credentials, patient=True)
            return GroundWorld(spec, RecordedGround(api, self.levels(spec), recording, client))

        return start
