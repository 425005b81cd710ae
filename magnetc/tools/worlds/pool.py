"""A pool of worlds: started when they are first needed, lent to one trajectory at a time, or shared by a few."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from magnetc.tools.worlds.share import Share
from magnetc.tools.worlds.world import World

Start = Callable[[], Awaitable[World]]
"""Starts one more world."""


class WorldPool:
    """At most `size` worlds from `start`, each lent to so many at once as `sharing` says."""

    def __init__(self, start: Start, *, size: int = 1, sharing: int = 1):
        self._start, self._size, self._sharing = start, size, sharing
        self._free: list[World] = []
        self._all: list[World] = []
        self._turns: list[asyncio.Lock] = []
        self._users: Counter[int] = Counter()
        self._shares: dict[Share, int] = {}
        self._dropping: set[Share] = set()
        self._places = asyncio.Semaphore(size * sharing)
        self._starting = asyncio.Lock()

    async def acquire(self) -> World:
        """A world of one's own, or a share in one, until `release`."""
        await self._places.acquire()
        try:
            return await (self._share() if self._sharing > 1 else self._own())
        except BaseException:
            self._places.release()
            raise

    async def _own(self) -> World:
        if self._free:
            return self._free.pop()
        world = await self._start()
        self._all.append(world)
        return world

    async def _share(self) -> Share:
        """A share in the world that has the fewest users; a new one while all have some."""
        async with self._starting:
            if len(self._all) < self._size and all(self._users[number] for number in range(len(self._all))):
                self._all.append(await self._start())
                self._turns.append(asyncio.Lock())
        number = min(range(len(self._all)), key=self._users.__getitem__)
        self._users[number] += 1
        share = Share(self._all[number], self._turns[number])
        self._shares[share] = number
        return share

    def release(self, world: World) -> None:
        """Give a world back; its handles are forgotten."""
        world.drop_all()
        if isinstance(world, Share):
            self._users[self._shares.pop(world)] -= 1
            self._dropping = {share for share in self._dropping if not share.dropped} | {world}
        else:
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
        await asyncio.gather(*(share.close() for share in self._dropping), return_exceptions=True)
        await asyncio.gather(*(world.close() for world in self._all))
        self._all.clear()
        self._free.clear()
