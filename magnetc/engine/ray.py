"""The Ray engine: units concurrent on the nodes of a cluster, results in the order of the units.

A few actors a node make units in batches. An actor that dies is started anew and its batch made again: a unit comes to the same
whoever makes it, and what its teacher was paid for is in its node's journal.
"""

from __future__ import annotations

import asyncio
import os
import platform
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.engine.local import in_order
from magnetc.extras import required

Unit = TypeVar("Unit")
Result = TypeVar("Result")

BATCH = 50
"""Units of a task: what a task costs is nothing beside them."""

_AHEAD = 2
"""Batches that wait at each actor, the one it is at among them."""

_CORES = 2
"""Cores of an actor: it thinks on one, and its worlds run on the other."""


class Shop(Protocol):
    """What an actor opens once, and makes units with. `report` is called after each batch."""

    async def make(self, unit: Any) -> Any: ...

    def report(self) -> Any: ...


Opens = Callable[[Any, int], AbstractAsyncContextManager[Shop]]
"""Opens a shop for an order on a machine of which so many cores are its own. A function of a module: actors import it by name."""


@dataclass(slots=True)
class _Segment(Generic[Unit]):
    """Units in order, and which of them are asked of an actor."""

    units: list[tuple[Unit, bool]] = field(default_factory=list)
    answer: Awaitable[_Answer] | None = None

    @property
    def asked(self) -> list[Unit]:
        return [unit for unit, is_asked in self.units if is_asked]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an actor made of a batch, or why it stopped; `incarnation` tells apart the lives of an actor."""

    made: list[Any]
    failed: tuple[Diagnostic, ...]
    incarnation: str
    report: Any


class _Maker:
    """An actor: makes batches of units in a shop that it opens with the first."""

    def __init__(self, opens: Opens, order: list[Any], cores: int):
        """`order` holds a reference to it: as an argument of its own it would be fetched whenever an actor begins anew."""
        self._opens, self._order, self._cores = opens, order, cores
        self._stack = AsyncExitStack()
        self._shop: Shop | None = None

    async def make(self, batch: Sequence[Any], at_once: int) -> _Answer:
        made: list[Any] = []
        failed: tuple[Diagnostic, ...] = ()
        try:
            if self._shop is None:
                self._shop = await self._stack.enter_async_context(self._opens(await self._order[0], self._cores))
            async for each in in_order(batch, self._shop.make, at_once):
                made.append(each)
        except MagnetError as error:   # it would arrive as an error of Ray's
            failed = error.diagnostics
        return _Answer(made, failed, _incarnation(), self._shop.report() if self._shop else None)

    async def close(self) -> None:
        await self._stack.aclose()


def _incarnation() -> str:
    return f"{platform.node()} {os.getpid()}"


class RayEngine(Generic[Unit, Result]):
    """The actors of a cluster. Use it as an asynchronous context manager: they end with it, the cluster goes on.

    `RAY_ADDRESS` names the cluster; without it, one that runs on this machine is used, or one is started here.
    `at_once`: units under way in all, divided among the actors; without it, two for each core.

    Raises:
        MagnetError: MG710 where Ray is not installed, MG516 where there is no cluster at the address, or none with cores.
    """

    def __init__(self, opens: Opens, order: Callable[[int], Any], heard: Callable[[str, Any], None], *, at_once: int = 0):
        """`order` is given how many actors there are; `heard` each report, and which life of which actor it is from."""
        self._opens, self._order, self._heard, self._at_once = opens, order, heard, at_once
        self._actors: list[tuple[Any, int]] = []
        self._started = False

    async def __aenter__(self) -> RayEngine[Unit, Result]:
        ray = _ray()
        if not ray.is_initialized():
            try:
                _reach(os.environ.get("RAY_ADDRESS", ""))
                ray.init(log_to_driver=False, logging_level="error")
            except (OSError, ValueError, RuntimeError) as error:
                raise MagnetError(Diagnostic(code="MG516", message="the Ray cluster cannot be reached", notes=(str(error).splitlines()[0],),
                                             help="start one with `ray start --head`, or name its address in `RAY_ADDRESS`")) from error
            self._started = True
        places = [(node["NodeID"], cores) for node in ray.nodes() if node["Alive"] for cores in _shares(int(node["Resources"].get("CPU", 0)))]
        if not places:
            raise MagnetError(Diagnostic(code="MG516", message="the Ray cluster has no cores", help="start its nodes with `--num-cpus`"))
        order = ray.put(self._order(len(places)))
        kind = ray.remote(_Maker)
        for node, cores in places:
            near = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy(node_id=node, soft=True)
            actor = kind.options(num_cpus=cores, max_restarts=-1, max_task_retries=-1, max_concurrency=_AHEAD, scheduling_strategy=near)
            self._actors.append((actor.remote(self._opens, [order], cores), cores))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        ray = _ray()
        for actor, _cores in self._actors:
            if kind is None:
                await actor.close.remote()
            ray.kill(actor)
        if self._started:
            ray.shutdown()

    async def in_order(self, units: Iterable[Unit], known: Callable[[Unit], bool], recall: Callable[[Unit], Result]) -> AsyncIterator[tuple[Result, bool]]:
        """Results in the order of the units, and whether they were `known`: these by `recall`, the others as actors make them.

        Raises:
            MagnetError: what an actor raises. What was made before is lost but for what its shop keeps.
        """
        waiting: deque[_Segment[Unit]] = deque()
        busy = [0] * len(self._actors)
        segments = _segments(units, known)
        while True:
            while len(waiting) < _AHEAD * len(self._actors) and (segment := next(segments, None)) is not None:
                if segment.asked:
                    at = busy.index(min(busy))
                    busy[at] += 1
                    segment.answer = self._ask(at, segment.asked, busy)
                waiting.append(segment)
            if not waiting:
                return
            segment = waiting.popleft()
            made = iter(self._noted(await segment.answer) if segment.answer else ())
            for unit, is_asked in segment.units:
                yield (next(made), False) if is_asked else (recall(unit), True)

    def _ask(self, at: int, batch: list[Unit], busy: list[int]) -> Awaitable[_Answer]:
        actor, cores = self._actors[at]
        share = max(1, self._at_once // len(self._actors)) if self._at_once else 2 * cores
        answer = asyncio.ensure_future(actor.make.remote(batch, share))

        def free(_: object) -> None:
            busy[at] -= 1

        answer.add_done_callback(free)
        return answer

    def _noted(self, answer: _Answer) -> list[Result]:
        if answer.report is not None:
            self._heard(answer.incarnation, answer.report)
        if answer.failed:
            raise MagnetError(*answer.failed)
        return answer.made


def _segments(units: Iterable[Unit], known: Callable[[Unit], bool]) -> Iterator[_Segment[Unit]]:
    segment: _Segment[Unit] = _Segment()
    asked = 0
    for unit in units:
        is_asked = not known(unit)
        segment.units.append((unit, is_asked))
        asked += is_asked
        if asked == BATCH:
            yield segment
            segment, asked = _Segment(), 0
    if segment.units:
        yield segment


def _shares(cores: int) -> list[int]:
    """The cores of each actor of a node that has so many."""
    actors = max(1, cores // _CORES) if cores else 0
    return [cores // actors + (each < cores % actors) for each in range(actors)]


def _reach(address: str) -> None:
    """Raise OSError where nothing listens at `host:port`: Ray itself would wait for minutes, and then end the process."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "//" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


def _ray() -> Any:
    return required("ray", extra="ray")[0]
