"""The local engine: units concurrent on one machine, results in the order of the units."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")


async def in_order(units: Iterable[Unit], work: Callable[[Unit], Awaitable[Result]],
                   concurrency: int) -> AsyncIterator[Result]:
    """Results of `work` on each unit, in unit order, at most `concurrency` units under way.

    An exception of `work` ends the iteration; what is under way is cancelled.
    """
    remaining = iter(units)
    under_way: deque[asyncio.Task[Result]] = deque()
    try:
        while True:
            while len(under_way) < concurrency:
                unit = next(remaining, None)
                if unit is None:
                    break
                under_way.append(asyncio.ensure_future(work(unit)))
            if not under_way:
                return
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
