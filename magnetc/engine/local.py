"""The local engine: units concurrent on one machine, results in the order of the units."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")


AHEAD = 16
"""Units begun after one that is not done yet, as a multiple of those that may be under way: their results wait for its."""


async def in_order(units: Iterable[Unit], work: Callable[[Unit], Awaitable[Result]],
                   concurrency: int) -> AsyncIterator[Result]:
    """Results of `work` on each unit, in unit order, at most `concurrency` units under way.

    An exception of `work` ends the iteration when it is that unit's turn, and no unit is begun after it; what is under way is cancelled.
    """
    remaining = iter(units)
    begun: deque[asyncio.Task[Result]] = deque()
    under_way: set[asyncio.Task[Result]] = set()
    failed = False
    try:
        while True:
            while not failed and len(under_way) < concurrency and len(begun) < AHEAD * concurrency:
                unit = next(remaining, None)
                if unit is None:
                    break
                task = asyncio.ensure_future(work(unit))
                begun.append(task)
                under_way.add(task)
            if not begun:
                return
            if begun[0].done():
                yield await begun.popleft()
                continue
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            failed = failed or any(task.cancelled() or task.exception() for task in done)
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
