"""Shares in a world: trajectories that wait for a model use one world by turns, and none touches what another has made."""

import asyncio

import pytest
from cases import NOW, PYTHON

from magnetc.diagnostics import MagnetError
from magnetc.tools.worlds.kind import world_pool
from magnetc.tools.worlds.protocol import Reset, Run

CASE = PYTHON[0]
START = Reset(seed=7, now=NOW)


def with_pool(body, *, size, sharing):
    async def run():
        pool = world_pool(CASE.spec, CASE.folder, print, size=size, sharing=sharing)
        try:
            return await body(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def test_many_share_few_worlds():
    async def body(pool):
        shares = [await pool.acquire() for _ in range(6)]
        worlds = {id(share.world) for share in shares}
        made = await asyncio.gather(*(share.reset(START) for share in shares))
        for share in shares:
            pool.release(share)
        return len(worlds), len({each.state_digest for each in made})

    assert with_pool(body, size=2, sharing=3) == (2, 1)


def test_no_more_are_lent_than_there_is_room_for():
    async def body(pool):
        first, second = await pool.acquire(), await pool.acquire()
        third = asyncio.ensure_future(pool.acquire())
        await asyncio.sleep(0.01)
        waited = not third.done()
        pool.release(first)
        pool.release(await third)
        pool.release(second)
        return waited

    assert with_pool(body, size=1, sharing=2)


def test_what_one_gives_back_the_other_keeps():
    async def body(pool):
        first, second = await pool.acquire(), await pool.acquire()
        assert first.world is second.world
        mine, theirs = await first.reset(START), await second.reset(START)
        (kept,) = await second.run(Run(start=theirs.handle, programs=[()], keep=True))
        pool.release(first)
        while not first.dropped:
            await asyncio.sleep(0.001)
        assert await second.state(theirs.handle) == await second.state(kept.handle)
        with pytest.raises(MagnetError, match="MG602"):
            await second.state(mine.handle)
        pool.release(second)

    with_pool(body, size=1, sharing=2)
