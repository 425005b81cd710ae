"""The ground of MCP servers: processes in a private directory, taken to a point by its files, or by the calls that led there."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.diagnostics.suggest import closest
from magnetc.ir.json import Json, digest, wire
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.ground import Died
from magnetc.tools.worlds.mcp.connection import Connection, GoneAtStart, Launch
from magnetc.tools.worlds.mcp.settings import ROOT, Settings
from magnetc.tools.worlds.mcp.tree import Directory, Tree, tree_of
from magnetc.tools.worlds.protocol import Reset
from magnetc.tools.worlds.world import Levels

_KEPT = 64
"""Initial points kept, so that the same reset is made once."""

_SETUP_SECONDS = 60

_STARTS = 4
"""How often servers are started before one that ends at once counts as one that does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Files, and, where processes hold state too, the initial files and the calls since then."""

    tree: Tree
    initial: Tree
    calls: tuple[tuple[str, str], ...] = ()
    """Names with arguments as JSON text."""


@dataclass(slots=True)
class _Live:
    """Running servers in one directory. `at` is where they are; None when nobody knows: they have to be started anew."""

    home: Path
    directory: Directory
    connections: dict[str, Connection] = field(default_factory=dict)
    at: Point | None = None


class McpGround:
    """As `tools/worlds/ground.py` describes it. `paths` has the folders of each server's programs."""

    def __init__(self, spec: WorldSpec, folder: Path, settings: Settings, paths: Mapping[str, tuple[Path, ...]], levels: Levels):
        self.spec, self.folder, self.settings, self.levels = spec, folder, settings, levels
        self.has: Sequence[str] = ("state", "observe", "profile") if settings.profile else ("state", "observe")
        self.replays = any(server.holds == "process" for server in settings.servers)
        self.tools: dict[str, tuple[str, str]] = {}
        self.schemas: dict[str, Mapping[str, Any]] = {}
        self._paths = paths
        self._live: _Live | None = None
        self._spare: asyncio.Task[_Live] | None = None
        self._initial: OrderedDict[str, Point] = OrderedDict()

    async def open(self) -> None:
        """Start the servers. Raises MagnetError (MG651) when one does not start."""
        async for attempt in AsyncRetrying(retry=retry_if_exception_type(GoneAtStart), stop=stop_after_attempt(_STARTS), reraise=True):
            with attempt:
                self._live = await self._start()
        assert self._live is not None
        shared = [name for connection in self._live.connections.values() for name in connection.tools]
        for server, connection in self._live.connections.items():
            for name, schema in connection.tools.items():
                shown = name if shared.count(name) == 1 else f"{server}_{name}"
                self.tools[shown], self.schemas[shown] = (server, name), schema

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MG603 for every tool that no server has, MG609 for one whose arguments it would not take."""
        problems = [found for tool in tools if (found := self._problem(tool))]
        if problems:
            raise MagnetError(*problems)

    async def initial(self, reset: Reset) -> Point:
        """The files of a state; without one, those that the seed's folder and the commands of `setup` leave."""
        key = (reset.digest or digest(reset.state)) if reset.state is not None else f"seed {reset.seed % max(1, len(self.settings.seeds))}"
        if key not in self._initial:
            tree = tree_of(reset.state) if reset.state is not None else await self._set_up(reset.seed)
            self._initial[key] = Point(tree=tree, initial=tree)
            if len(self._initial) > _KEPT:
                self._initial.popitem(last=False)
        self._initial.move_to_end(key)
        return self._initial[key]

    async def go(self, point: Point) -> None:
        """Take the servers to `point`: put its files back; where processes hold state, by the calls that led there."""
        live = self._live
        if live is not None and live.at is not None and not self.replays:
            live.at = None
            live.directory.put(point.tree)
            live.at = point
            return
        if live is None or live.at is None or not _leads(live.at, point):
            await self._renew()
            live = self._live
            assert live is not None
            live.directory.put(point.initial if self.replays else point.tree)
            live.at = Point(tree=point.initial, initial=point.initial)
        if not self.replays:
            live.at = point
            return
        for name, arguments in point.calls[len(live.at.calls):] if live.at else ():
            await self.call(name, json.loads(arguments))

    async def mark(self) -> Point:
        """Where the servers are."""
        live = self._live
        assert live is not None
        assert live.at is not None
        live.at = Point(tree=live.directory.read(), initial=live.at.initial, calls=live.at.calls)
        return live.at

    async def call(self, name: str, arguments: dict[str, Any]) -> Json:
        """One call, its result normalised."""
        live = self._live
        if live is None or live.at is None:
            raise Died("its servers are gone")
        if name not in self.tools:
            return {"error": f"unknown tool `{name}`"}
        server, own = self.tools[name]
        here = str(live.directory.path)
        at, live.at = live.at, None
        result = await live.connections[server].call(own, _renamed(arguments, here), self.settings.seconds)
        calls = (*at.calls, (name, wire(arguments))) if self.replays else ()
        live.at = Point(tree=at.tree, initial=at.initial, calls=calls)
        result = _shown(result, here)
        for rule in self.settings.normalise:
            result = rule.apply(name, result)
        return result

    def state(self, point: Point) -> Json:
        """The files as JSON; from it the same point is made anew, processes' own state aside."""
        return point.tree.state

    def profile(self, point: Point) -> Json:
        """What the recipe says that the system message shows."""
        return self.settings.profile

    def observed(self, point: Point) -> Json:
        """What equivalence compares."""
        return point.tree.observed

    async def close(self) -> None:
        """End all servers and remove their directories."""
        spare, self._spare = self._spare, None
        live, self._live = self._live, None
        if spare is not None:
            spare.cancel()
            for each in await asyncio.gather(spare, return_exceptions=True):
                if isinstance(each, _Live):
                    await _end(each)
        if live is not None:
            await _end(live)

    async def _renew(self) -> None:
        """Other servers, in a directory of their own; the warm ones if there are some."""
        before, self._live = self._live, None
        if before is not None:
            await _end(before)
        spare, self._spare = self._spare, None
        try:
            self._live = await spare if spare is not None else await self._start()
        except MagnetError as error:  # it did start before: what killed it may not do so again
            raise Died(error.diagnostics[0].message) from None
        if self.replays:
            self._spare = asyncio.create_task(self._start())

    async def _start(self) -> _Live:
        home = Path(tempfile.mkdtemp(prefix="magnetc-mcp-"))
        work = home / "work"
        work.mkdir()
        nothing = Tree({})
        live = _Live(home, Directory(work), at=Point(tree=nothing, initial=nothing))
        try:
            opened = await asyncio.gather(*(Connection.open(self._launch(server.name, live)) for server in self.settings.servers),
                                          return_exceptions=True)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        live.connections = {each.launch.server.name: each for each in opened if isinstance(each, Connection)}
        for each in opened:
            if isinstance(each, BaseException):
                await _end(live)
                raise each
        return live

    def _launch(self, name: str, live: _Live) -> Launch:
        server = next(server for server in self.settings.servers if server.name == name)
        environment = self._environment(live.home, self._paths.get(name, ()))
        places = {"{dir}": str(live.directory.path), "{recipe}": str(self.folder.resolve())}
        command = tuple(_filled(word, places) for word in server.command)
        if command:
            command = (shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:])
        own = {key: _filled(value, places) for key, value in server.env}
        return Launch(server=server, command=command, folder=live.directory.path, environment={**environment, **own})

    def _environment(self, home: Path, paths: tuple[Path, ...]) -> dict[str, str]:
        """All that servers see of the environment. Programs that take their date from it have the world's present."""
        now = f"{datetime.fromisoformat(self.spec.now).timestamp():.0f} +0000"
        path = os.pathsep.join([*map(str, paths), os.environ.get("PATH", os.defpath)])
        return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TZ": "UTC",
                "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, "GIT_TEMPLATE_DIR": "", "LOGNAME": "user", "USER": "user",
                "SHELL": "/bin/sh", "TERM": "dumb"}

    async def _set_up(self, seed: int) -> Tree:
        """The files of a seed's folder after the commands of `setup`, as their state tells them."""
        with tempfile.TemporaryDirectory(prefix="magnetc-mcp-") as home:
            work = Path(home) / "work"
            work.mkdir()
            if self.settings.seeds:
                chosen = self.folder / self.settings.seeds[seed % len(self.settings.seeds)]
                shutil.copytree(chosen, work, dirs_exist_ok=True, symlinks=True)
            paths = tuple(path for each in self._paths.values() for path in each)
            environment = {**self._environment(Path(home), paths), **dict(pair for server in self.settings.servers for pair in server.env)}
            places = {"{dir}": str(work), "{recipe}": str(self.folder.resolve())}
            for command in self.settings.setup:
                words = [_filled(word, places) for word in command]
                await asyncio.to_thread(self._run, words, work, environment)
            return tree_of(Directory(work).read().state)

    def _run(self, words: list[str], work: Path, environment: dict[str, str]) -> None:
        try:
            done = subprocess.run(words, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=_SETUP_SECONDS, check=False)
            why, notes = f"it exited with status {done.returncode}", tuple(done.stdout.splitlines()[-10:])
            failed = bool(done.returncode)
        except (OSError, subprocess.TimeoutExpired) as error:
            why, notes, failed = str(error), (), True
        if failed:
            primary = Label(self.spec.origin.child("mcp", "setup")) if self.spec.origin.file else None
            raise MagnetError(Diagnostic(code="MG652", message=f"a command of `setup` fails: `{' '.join(words)}`: {why}", primary=primary,
                                         notes=notes, help="run it in a copy of the seed's folder and see what it needs"))

    def _problem(self, tool: FunctionSignature) -> Diagnostic | None:
        primary = Label(tool.origin, at_key=True) if tool.origin.file else None
        if tool.name not in self.tools:
            near = closest(tool.name, self.tools)
            return Diagnostic(code="MG603", message=f"no server of the world has the tool `{tool.name}`", primary=primary,
                              help=f"did you mean `{near}`?" if near else f"they have {', '.join(f'`{name}`' for name in self.tools)}")
        schema, named = self.schemas[tool.name], [parameter.name for parameter in tool.parameters]
        known, required = schema.get("properties", {}), schema.get("required", ())
        said = [f"takes no `{parameter.name}`" for parameter in tool.parameters if parameter.name not in known]
        said += [f"needs a `{name}`" for name in required if name not in named]
        if not said:
            return None
        return Diagnostic(code="MG609", message=f"the tool `{tool.name}` of the server `{self.tools[tool.name][0]}` {' and '.join(said)}",
                          primary=primary, notes=(f"it takes {', '.join(f'`{name}`' for name in known) or 'nothing'}",),
                          help="declare the parameters that the server does, by the same names")


async def _end(live: _Live) -> None:
    await asyncio.gather(*(connection.close() for connection in live.connections.values()))
    shutil.rmtree(live.home, ignore_errors=True)


def _leads(at: Point, point: Point) -> bool:
    """Whether more calls lead from where processes are to a point."""
    return at.initial == point.initial and point.calls[: len(at.calls)] == at.calls


def _renamed(value: Any, here: str) -> Any:
    """Arguments for the server: a text that is a place below ROOT is the real place."""
    if isinstance(value, str):
        return here + value[len(ROOT) :] if value == ROOT or value.startswith(ROOT + "/") else value
    if isinstance(value, list):
        return [_renamed(item, here) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, here) for key, item in value.items()}
    return value


def _shown(value: Json, here: str) -> Json:
    """A result with ROOT for the real place, wherever it stands."""
    if isinstance(value, str):
        return value.replace(here, ROOT) if here in value else value
    if isinstance(value, list):
        return [_shown(item, here) for item in value]
    if isinstance(value, dict):
        return {key.replace(here, ROOT): _shown(item, here) for key, item in value.items()}
    return value


def _filled(text: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        text = text.replace(name, place)
    return text
