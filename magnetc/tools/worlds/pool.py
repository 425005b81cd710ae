"""A pool of worlds: started when they are first needed, lent to one trajectory at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from magnetc.tools.worlds.world import World

Start = Callable[[], Awaitable[World]]
"""Starts one more world."""


class WorldPool:
    """At most `size` worlds from `start`."""

    def __init__(self, start: Start, *, size: int = 1):
        self._start = start
        self._free: list[World] = []
        self._all: list[World] = []
        self._places = asyncio.Semaphore(size)

    async def acquire(self) -> World:
        """A world of one's own until `release`."""
        await self._places.acquire()
        if self._free:
            return self._free.pop()
        try:
            world = await self._start()
        except BaseException:
            self._places.release()
            raise
        self._all.append(world)
        return world

    def release(self, world: World) -> None:
        """Give a world back; its handles are forgotten."""
        world.drop_all()
        self._free.append(world)
        self._places.release()

    @asynccontextmanager
    async def world(self) -> AsyncIterator[World]:
        """`acquire` and `release` around a body."""
        world = await self.acquire()
        try:
            yield world
        finally:
            self.release(world)

    async def close(self) -> None:
        """End all worlds."""
        await asyncio.gather(*(world.close() for world in self._all))
        self._all.clear()
        self._free.clear()
