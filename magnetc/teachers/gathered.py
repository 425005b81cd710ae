"""Many questions at once, twice as many as the endpoint takes: while some wait for it, others are read."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable


async def gathered(work: Iterable[Coroutine[None, None, None]], concurrency: int) -> None:
    """Run the coroutines, at most twice `concurrency` at once; the first exception cancels the rest and is raised bare."""
    places = asyncio.Semaphore(2 * concurrency)
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                await places.acquire()
                group.create_task(each).add_done_callback(lambda _: places.release())
    except BaseExceptionGroup as error:
        raise error.exceptions[0] from None
