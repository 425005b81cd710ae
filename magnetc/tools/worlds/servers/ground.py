"""The ground of servers: processes in a private directory, taken to a point by its files, or by the calls that led there."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json, digest, wire
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.ground import Died
from magnetc.tools.worlds.normalise import normalised
from magnetc.tools.worlds.protocol import Reset
from magnetc.tools.worlds.servers.process import GoneAtStart, Launch
from magnetc.tools.worlds.servers.settings import ROOT, Settings, filled
from magnetc.tools.worlds.servers.tools import tool_problem
from magnetc.tools.worlds.servers.tree import Directory, Tree, tree_of
from magnetc.tools.worlds.world import Levels

_KEPT = 64
"""Initial points kept, so that the same reset is made once."""

_SETUP_SECONDS = 60
_SETUPS = 3
"""How often a folder is set up where something ends its commands."""

_STARTS = 4
"""How often servers are started before one that ends at once counts as one that does not start."""


class Connection(Protocol):
    """A running server and what speaks to it. `tools` has the schemas of their parameters; `call` is that of a ground."""

    launch: Launch
    tools: Mapping[str, Mapping[str, Any]]

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> Json: ...

    async def begin(self) -> bool:
        """Set a server back to its beginning; False where that takes another process. Raises MagnetError (MG655)."""
        ...

    async def close(self) -> None: ...


Connect = Callable[[Launch], Awaitable[Connection]]
"""Starts a server, or finds one that runs, as it is at the beginning. Raises MagnetError (MG651) when it does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Files, and, where processes hold state too, the initial files and the calls since then. `seen` is what servers tell of it."""

    tree: Tree
    initial: Tree
    calls: tuple[tuple[str, str], ...] = ()
    """Names with arguments as JSON text."""
    seen: Json = None


@dataclass(slots=True)
class _Live:
    """Running servers in one directory. `at` is where they are; None when nobody knows: they have to be started anew."""

    home: Path
    directory: Directory
    connections: dict[str, Connection] = field(default_factory=dict)
    at: Point | None = None


@dataclass(frozen=True, slots=True)
class _Spare:
    """Servers that are being started, with files that they begin with."""

    tree: Tree
    task: asyncio.Task[_Live]


class ServersGround:
    """As `tools/worlds/ground.py` describes it. `paths` has the folders of each server's programs."""

    def __init__(self, spec: WorldSpec, folder: Path, settings: Settings, paths: Mapping[str, tuple[Path, ...]], levels: Levels,
                 connect: Connect):
        self.spec, self.folder, self.settings, self.levels = spec, folder, settings, levels
        self.has: Sequence[str] = ("state", "observe", "profile") if settings.profile else ("state", "observe")
        self.replays = any(server.holds == "process" for server in settings.servers)
        self.tools: dict[str, tuple[str, str]] = {}
        self.schemas: dict[str, Mapping[str, Any]] = {}
        self._paths, self._connect = paths, connect
        self._live: _Live | None = None
        self._spare: _Spare | None = None
        self._initial: OrderedDict[str, Point] = OrderedDict()

    async def open(self) -> None:
        """Start the servers. Raises MagnetError (MG651, MG652) when one does not start."""
        tree = await self._set_up(0)
        async for attempt in AsyncRetrying(retry=retry_if_exception_type(GoneAtStart), stop=stop_after_attempt(_STARTS), reraise=True):
            with attempt:
                self._live = await self._start(tree)
        assert self._live is not None
        shared = [name for connection in self._live.connections.values() for name in connection.tools]
        for server, connection in self._live.connections.items():
            for name, schema in connection.tools.items():
                shown = name if shared.count(name) == 1 else f"{server}_{name}"
                self.tools[shown], self.schemas[shown] = (server, name), schema

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MG603 for every tool that no server has, MG609 for one whose arguments it would not take."""
        problems = [found for tool in tools if (found := tool_problem(tool, self.schemas))]
        if problems:
            raise MagnetError(*problems)

    async def initial(self, reset: Reset) -> Point:
        """The files of a state, and the calls that it tells of; without one, what the seed's folder, the commands of `setup` and the
        start of servers make."""
        key = (reset.digest or digest(reset.state)) if reset.state is not None else f"seed {reset.seed % max(1, len(self.settings.seeds))}"
        if key not in self._initial:
            self._initial[key] = await self._first(reset)
            if len(self._initial) > _KEPT:
                self._initial.popitem(last=False)
        self._initial.move_to_end(key)
        return self._initial[key]

    async def _first(self, reset: Reset) -> Point:
        calls: tuple[tuple[str, str], ...] = ()
        if reset.state is not None:
            tree, calls = tree_of(reset.state), tuple((name, wire(arguments)) for name, arguments in reset.state.get("calls", ()))
        else:
            tree = await self._set_up(reset.seed)
            tree = await self._settled(tree) if self.settings.settles else tree
        point = Point(tree=tree, initial=tree, calls=calls)
        if not self.settings.observe:
            return point
        await self.go(point)
        point = await self.mark()
        if reset.state is not None and point.seen != reset.state.get("seen"):
            raise self._not_as_recorded()
        return point

    async def _settled(self, tree: Tree) -> Tree:
        """The files once servers have started with those of `tree`."""
        await self._renew(tree, spare=False)
        assert self._live is not None
        settled = self._live.directory.read()
        self._live.at = Point(tree=settled, initial=settled)
        return settled

    async def go(self, point: Point) -> None:
        """Take the servers to `point`: put its files back; where processes hold state, by the calls that led there."""
        live = self._live
        if live is not None and live.at is not None and not self.replays:
            live.at = None
            live.directory.put(point.tree)
            live.at = point
            return
        if live is None or live.at is None or not _leads(live.at, point):
            tree = point.initial if self.replays else point.tree
            await self._renew(tree)
            live = self._live
            assert live is not None
            live.directory.put(tree)
            live.at = Point(tree=tree, initial=point.initial)
        if not self.replays:
            live.at = point
            return
        for name, arguments in point.calls[len(live.at.calls):] if live.at else ():
            await self.call(name, json.loads(arguments))

    async def mark(self) -> Point:
        """Where the servers are."""
        live = self._live
        if live is None or live.at is None:
            raise Died("its servers are gone")
        at, live.at = live.at, None
        seen = {name: await self._asked(live, name, dict(arguments)) for name, arguments in self.settings.observe} or None
        live.at = Point(tree=live.directory.read(), initial=at.initial, calls=at.calls, seen=seen)
        return live.at

    async def call(self, name: str, arguments: dict[str, Any]) -> Json:
        """One call, its result normalised."""
        live = self._live
        if live is None or live.at is None:
            raise Died("its servers are gone")
        if name not in self.tools:
            return {"error": f"unknown tool `{name}`"}
        at, live.at = live.at, None
        result = await self._asked(live, name, arguments)
        writes = self.settings.writes
        counts = self.replays and (writes is None or (name in writes and not _is_refusal(result)))
        live.at = Point(tree=at.tree, initial=at.initial, calls=(*at.calls, (name, wire(arguments))) if counts else at.calls)
        return result

    async def _asked(self, live: _Live, name: str, arguments: dict[str, Any]) -> Json:
        """What a server answers, with ROOT for the private directory, normalised."""
        server, own = self.tools[name]
        here = str(live.directory.path)
        result = await live.connections[server].call(own, _renamed(arguments, here), self.settings.seconds)
        return normalised(self.settings.normalise, name, _shown(result, here))

    def state(self, point: Point) -> Json:
        """The files as JSON, and what else is known; from it the same point is made anew, processes' own state aside."""
        return {**point.tree.state, **self._besides(point)}

    def profile(self, point: Point) -> Json:
        """What the recipe says that the system message shows."""
        return self.settings.profile

    def observed(self, point: Point) -> Json:
        """What equivalence compares."""
        besides = self._besides(point)
        return {"files": point.tree.observed, **besides} if besides else point.tree.observed

    def _besides(self, point: Point) -> dict[str, Json]:
        """What is known of a point beside its files."""
        seen = {"seen": point.seen} if self.settings.observe else {}
        return seen | ({"calls": [[name, json.loads(arguments)] for name, arguments in point.calls]} if self.settings.shows_calls else {})

    async def close(self) -> None:
        """End all servers and remove their directories."""
        live, self._live = self._live, None
        await self._drop_spare()
        if live is not None:
            await _end(live)

    async def _drop_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.task.cancel()
            for each in await asyncio.gather(spare.task, return_exceptions=True):
                if isinstance(each, _Live):
                    await _end(each)

    async def _renew(self, tree: Tree, *, spare: bool = True) -> None:
        """Other servers, in a directory of their own with the files of `tree`; the warm ones if they began with the same."""
        before, self._live = self._live, None
        if before is not None and before.at is not None and before.at.initial == tree and await _begins(before):
            self._live = before
            before.at = None
            return
        if before is not None:
            await _end(before)
        if self._spare is not None and self._spare.tree != tree:
            await self._drop_spare()
        warm, self._spare = self._spare, None
        try:
            self._live = await (warm.task if warm is not None else self._start(tree))
        except MagnetError as error:  # it did start before: what killed it may not do so again
            raise Died(error.diagnostics[0].message) from None
        if spare and self.replays and all(server.command for server in self.settings.servers):
            self._spare = _Spare(tree, asyncio.create_task(self._start(tree)))

    async def _start(self, tree: Tree) -> _Live:
        home = Path(tempfile.mkdtemp(prefix="magnetc-servers-"))
        work = home / "work"
        work.mkdir()
        live = _Live(home, Directory(work), at=Point(tree=tree, initial=tree))
        try:
            live.directory.put(tree)
            opened = await asyncio.gather(*(self._connect(self._launch(server.name, live)) for server in self.settings.servers),
                                          return_exceptions=True)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        live.connections = {each.launch.server.name: each for each in opened if not isinstance(each, BaseException)}
        for each in opened:
            if isinstance(each, BaseException):
                await _end(live)
                raise each
        return live

    def _launch(self, name: str, live: _Live) -> Launch:
        server = next(server for server in self.settings.servers if server.name == name)
        environment = self._environment(live.home, self._paths.get(name, ()))
        places = {"{dir}": str(live.directory.path), "{recipe}": str(self.folder.resolve())}
        command = tuple(filled(word, places) for word in server.command)
        if command:
            command = (shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:])
        own = {key: filled(value, places) for key, value in server.env}
        return Launch(server=server, command=command, folder=live.directory.path, environment={**environment, **own})

    def _environment(self, home: Path, paths: tuple[Path, ...]) -> dict[str, str]:
        """All that servers see of the environment. Programs that take their date from it have the world's present."""
        now = f"{datetime.fromisoformat(self.spec.now).timestamp():.0f} +0000"
        path = os.pathsep.join([*map(str, paths), os.environ.get("PATH", os.defpath)])
        return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TZ": "UTC",
                "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, "GIT_TEMPLATE_DIR": "", "LOGNAME": "user", "USER": "user",
                "SHELL": "/bin/sh", "TERM": "dumb"}

    def _not_as_recorded(self) -> MagnetError:
        primary = Label(self.spec.origin.child(self.spec.kind)) if self.spec.origin.file else None
        return MagnetError(Diagnostic(
            code="MG655", message=f"the world `{self.spec.title}` does not begin as it was recorded: `observe` shows something else",
            primary=primary, help="set what is behind it back to what it was when the dataset was built, or build it anew"))

    async def _set_up(self, seed: int) -> Tree:
        """The files of a seed's folder after the commands of `setup`, as their state tells them.

        A command that is ended from outside is no mistake of the recipe's: everything is set up anew, a few times.
        """
        for _ in range(_SETUPS - 1):
            with suppress(_Ended):
                return await self._set_up_once(seed)
        return await self._set_up_once(seed)

    async def _set_up_once(self, seed: int) -> Tree:
        """As `_set_up`. Raises MagnetError (MG652), as `_Ended` where a command was ended by a signal."""
        with tempfile.TemporaryDirectory(prefix="magnetc-servers-") as home:
            work = Path(home) / "work"
            work.mkdir()
            if self.settings.seeds:
                chosen = self.folder / self.settings.seeds[seed % len(self.settings.seeds)]
                shutil.copytree(chosen, work, dirs_exist_ok=True, symlinks=True)
            paths = tuple(path for each in self._paths.values() for path in each)
            environment = {**self._environment(Path(home), paths), **dict(pair for server in self.settings.servers for pair in server.env)}
            places = {"{dir}": str(work), "{recipe}": str(self.folder.resolve())}
            for command in self.settings.setup:
                words = [filled(word, places) for word in command]
                await asyncio.to_thread(self._run, words, work, environment)
            return tree_of(Directory(work).read().state)

    def _run(self, words: list[str], work: Path, environment: dict[str, str]) -> None:
        try:
            done = subprocess.run(words, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=_SETUP_SECONDS, check=False)
            why, notes = f"it exited with status {done.returncode}", tuple(done.stdout.splitlines()[-10:])
            failed, ended = bool(done.returncode), done.returncode < 0
        except (OSError, subprocess.TimeoutExpired) as error:
            why, notes, failed, ended = str(error), (), True, False
        if failed:
            primary = Label(self.spec.origin.child(self.spec.kind, "setup")) if self.spec.origin.file else None
            kind = _Ended if ended else MagnetError
            raise kind(Diagnostic(code="MG652", message=f"a command of `setup` fails: `{' '.join(words)}`: {why}", primary=primary,
                                  notes=notes, help="run it in a copy of the seed's folder and see what it needs"))


class _Ended(MagnetError):
    """A command of `setup` was ended by a signal."""


def _is_refusal(result: Json) -> bool:
    """Whether a server has refused to do something, and so done nothing."""
    return isinstance(result, dict) and "error" in result


async def _begins(live: _Live) -> bool:
    """Whether all servers are set back to where they began."""
    return all([await connection.begin() for connection in live.connections.values()])


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

