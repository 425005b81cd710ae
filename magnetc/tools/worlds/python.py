"""A Python world: the recipe's class in a worker process, spoken to by one JSON line a request."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.diagnostics.suggest import closest
from magnetc.ir.json import Json
from magnetc.ir.limits import Limits
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.confine import in_force
from magnetc.tools.worlds.confined import confined
from magnetc.tools.worlds.methods import Takes, method_problem
from magnetc.tools.worlds.normalise import Normalise, normalise_rule
from magnetc.tools.worlds.pipe import Dead, WorkerPipe
from magnetc.tools.worlds.protocol import Initial, Outcome, Reset, Run, outcomes, reset_message, run_message
from magnetc.tools.worlds.world import Levels

WORKER = Path(__file__).with_name("worker.py")
_HANDLES = 1 << 32
"""Handles of one process, so that those of a process that died are never taken for those of the next."""
_BATCH = 16
"""Runs in one request."""
_START_SECONDS = 120.0
_GRACE_SECONDS = 5.0
LEVELS = Levels(reset="snapshot", replay="exact")


class PythonWorld:
    """A worker process that holds worlds of one class. Made by `start`; usable from the loop it was started in.

    A worker that dies or hangs fails the requests it had with MG602; the next request starts another, in which the
    handles of the first are unknown.
    """

    def __init__(self, spec: WorldSpec, folder: Path, environment: Path | None, limits: Limits):
        self.spec, self.folder, self.limits = spec, folder.resolve(), limits
        self.executable = str(environment or sys.executable)
        self.rules = python_rules(spec)
        self.levels = Levels(replay="normalised", normalised=tuple(map(str, self.rules))) if self.rules else LEVELS
        self.tools: tuple[str, ...] = ()
        self.has: tuple[str, ...] = ()
        self.takes: dict[str, Takes] = {}
        self._pipe: WorkerPipe | None = None
        self._starting = asyncio.Lock()
        self._starts = 0
        self._known: set[str] = set()
        self._directory = ""

    @classmethod
    async def start(cls, spec: WorldSpec, folder: Path, environment: Path | None = None,
                    limits: Limits | None = None) -> PythonWorld:
        """Start a worker and import the class `spec.python` from `folder`.

        Args:
            spec: The world of the recipe.
            folder: The recipe's folder, searched for modules first.
            environment: Python to run it with, as `ensure_environment` returns it; None for the one that runs magnetc.
            limits: Other than those of the recipe.

        Raises:
            MagnetError: MG601 when the module or class cannot be loaded.
        """
        world = cls(spec, folder, environment, limits or spec.limits)
        await world._launch()
        return world

    async def __aenter__(self) -> PythonWorld:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MG603 for every tool that is not a method of the class, MG609 for a method that no call can suit."""
        problems = [found for tool in tools if (found := method_problem(tool, self.spec.python, self.tools, self.takes))]
        if problems:
            raise MagnetError(*problems)

    async def request(self, message: dict[str, Json], seconds: float | None = None) -> Json:
        """Send one request as `worker.py` understands it and return what is under `ok`.

        `seconds` bounds the answer; by default the limit of a program for each program of the request.

        Raises:
            MagnetError: MG601 when the world cannot be made, MG602 when the worker dies or hangs, MG607 when one of
                the world's own methods fails.
        """
        await self._states()
        assert self._pipe is not None
        return await self._exchange(self._pipe, message, seconds or self._budget(message))

    async def _states(self) -> set[str]:
        """Digests of the states that the worker was sent; a worker that died is started anew and knows none."""
        if self._pipe is None or self._pipe.closed.done():
            async with self._starting:
                if self._pipe is None or self._pipe.closed.done():
                    await self._launch()
        return self._known

    async def reset(self, reset: Reset, *, full: bool = False) -> Initial:
        """An initial world, held under a new handle; with `full` its state comes along."""
        reply = await self.request({**reset_message(reset, await self._states()), "full": full})
        return Initial(**reply)

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """One outcome for each program tried, in order: of `first_success`, the last is the one that succeeded."""
        return outcomes(run, await self.request(run_message(run, await self._states())))

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """Several runs in one round trip; of many, some are sent and read while the worker is at others."""
        parts = [runs[first : first + _BATCH] for first in range(0, len(runs), _BATCH)]
        found = await asyncio.gather(*map(self._batch, parts), return_exceptions=True)
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return [outcome for each in found if not isinstance(each, BaseException) for outcome in each]

    async def _batch(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        known = await self._states()
        replies = await self.request({"op": "batch", "requests": [run_message(run, known) for run in runs]})
        for reply in replies:
            if "failed" in reply:
                self._fail(reply["failed"])
        return [outcomes(run, reply["ok"]) for run, reply in zip(runs, replies)]

    async def state(self, handle: int) -> Json:
        """The full state behind `handle`."""
        return await self.request({"op": "state", "handle": handle})

    async def drop(self, handles: Iterable[int] | None = None) -> int:
        """Forget some handles, or all; returns how many are left."""
        reply = await self.request({"op": "drop", "handles": None if handles is None else list(handles)})
        return reply["handles"]

    def hangs(self, text: str) -> MagnetError:
        """MG602 for a tool that does not return; `text` says which."""
        return MagnetError(self._diagnostic("MG602", f"hangs: {text}", help="a tool takes microseconds: look for a loop that "
                                            "never ends, a lock, or something it waits for"))

    def drop_all(self) -> None:
        """Forget all handles without waiting for it."""
        if self._pipe and not self._pipe.closed.done():
            self._pipe.send({"op": "drop"}, _GRACE_SECONDS)

    async def close(self) -> None:
        """End the worker and remove its directory."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None and not pipe.closed.done():
            pipe.kill()
            await asyncio.shield(pipe.closed)
        shutil.rmtree(self._directory, ignore_errors=True)

    async def _launch(self, again: bool = True) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory = tempfile.mkdtemp(prefix="magnetc-world-")
        loop = asyncio.get_running_loop()
        ticket = secrets.randbits(62) | 1
        command = confined([self.executable, "-s", str(WORKER)], self.limits, read=self._readable(), write=[self._directory],
                           ticket=ticket)
        try:
            if not Path(self.executable).exists():
                raise FileNotFoundError(2, "No such file or directory")
            _, pipe = await loop.subprocess_exec(
                lambda: WorkerPipe(Path(self._directory), self.limits), *command, cwd=self._directory,
                env=_environment(self._directory), start_new_session=True)
        except OSError as error:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise MagnetError(self._diagnostic("MG601", f"does not start: cannot run `{self.executable}`",
                                               (str(error),))) from error
        message = {"op": "open", "path": str(self.folder), "target": self.spec.python, "seconds": self.limits.seconds,
                   "ticket": ticket if in_force()["processes"] and not self.limits.processes else 0,
                   "normalise": [asdict(rule) for rule in self.rules], "first_handle": self._starts * _HANDLES + 1}
        self._starts += 1
        try:
            reply = await self._exchange(pipe, message, _START_SECONDS)
        except BaseException:
            killed = pipe.was_killed
            pipe.kill()
            await asyncio.shield(pipe.closed)
            shutil.rmtree(self._directory, ignore_errors=True)
            if killed and again:
                return await self._launch(again=False)
            raise
        self._pipe, self._known = pipe, set()
        self.tools, self.has = tuple(reply["tools"]), tuple(reply["has"])
        self.takes = reply["takes"]

    def _readable(self) -> list[str]:
        """What the worker reads of the user's: the recipe, and its Python with the packages that this has."""
        if self.executable != sys.executable:
            return [str(self.folder), str(WORKER), sys.base_prefix, str(Path(self.executable).parent.parent)]
        ours = {"", str(Path.cwd()), *os.environ.get("PYTHONPATH", "").split(os.pathsep)}  # of magnetc alone
        packages = [path for path in sys.path if path not in ours and Path(path).is_dir()]
        return [str(self.folder), str(WORKER), sys.base_prefix, sys.prefix, *packages]

    async def _exchange(self, pipe: WorkerPipe, message: dict[str, Json], seconds: float) -> Json:
        try:
            reply = json.loads(await pipe.send(message, seconds))
        except Dead as dead:
            if message["op"] == "open":
                text = f"does not start: the worker process died while importing it, {dead}"
                raise MagnetError(self._diagnostic("MG601", text, pipe.tail())) from None
            during = ", ".join(dict.fromkeys(f"`{name}`" for name in _calls(message)))
            text = f"died during {during or '`' + message['op'] + '`'}: {dead}"
            raise MagnetError(self._diagnostic("MG602", text, pipe.tail())) from None
        if "failed" in reply:
            self._fail(reply["failed"])
        return reply["ok"]

    def _budget(self, message: dict[str, Json]) -> float:
        programs = sum(len(part.get("programs", ())) + 1 for part in message.get("requests", (message,)))
        return 2 * self.limits.seconds * programs + _GRACE_SECONDS

    def _fail(self, failed: dict[str, Json]) -> NoReturn:
        """Raise what a worker says it could not do."""
        notes = tuple(failed["trace"])
        if failed["file"]:
            notes = (f"in `{failed['file']}`, line {failed['line']}", *notes)
        kind, text = failed["kind"], failed["message"]
        if kind == "class":
            name, *names = text.split("\n")
            near = closest(name, names)
            raise MagnetError(self._diagnostic(
                "MG601", f"does not start: its module has no class `{name}`",
                help=f"did you mean `{near}`?" if near else "`world` names a module and a class: `module:Class`"))
        if kind in ("import", "init"):
            raise MagnetError(self._diagnostic("MG601", f"does not start: {text}", notes))
        if kind == "handle":
            raise MagnetError(self._diagnostic("MG602", f"lost its snapshots: {text}", notes,
                                               help="its worker was started again since that snapshot was made"))
        if kind == "method":
            raise MagnetError(self._diagnostic("MG607", f"breaks its contract: {text}", notes))
        raise MagnetError(self._diagnostic("MG902", f"was asked what it does not understand: {text}", notes))

    def _diagnostic(self, code: str, text: str, notes: tuple[str, ...] = (), help: str | None = None) -> Diagnostic:
        primary = Label(self.spec.origin.child("python")) if self.spec.origin.file else None
        return Diagnostic(code=code, message=f"the world `{self.spec.python}` {text}", primary=primary, notes=notes,
                          help=help)


def python_rules(spec: WorldSpec) -> tuple[Normalise, ...]:
    """What `normalise` of a Python world says; `{now}` and `{date}` are the world's present.

    Raises:
        MagnetError: MG650 for a rule that cannot be read.
    """
    found = []
    for index, data in enumerate(json.loads(spec.settings).get("normalise", ())):
        try:
            found.append(normalise_rule({**data, "to": data["to"].replace("{now}", spec.now).replace("{date}", spec.now[:10])}))
        except ValueError as error:
            primary = Label(spec.origin.child("normalise", index)) if spec.origin.file else None
            raise MagnetError(Diagnostic(code="MG650", message=f"a rule of `normalise` {error}", primary=primary,
                                         help="add `at: /pointer/to/the/value`, or `match:` with a regular expression of Python")) from None
    return tuple(found)


def _environment(directory: str) -> dict[str, str]:
    """All that a worker sees of the environment: nothing of the user's, and nothing that differs between machines."""
    return {"PATH": os.defpath, "HOME": directory, "TMPDIR": directory, "LANG": "C.UTF-8", "TZ": "UTC",
            "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _calls(message: dict[str, Json]) -> Iterable[str]:
    for part in message.get("requests", (message,)):
        for program in part.get("programs", ()):
            for step in program:
                yield step["call"]
