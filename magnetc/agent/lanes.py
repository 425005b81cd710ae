"""Many conversations that advance together, in batches, or apart, each as fast as it can."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from magnetc.teachers.gathered import gathered


class Played(Protocol):
    """What is over at some time."""

    over: bool


Each = TypeVar("Each", bound=Played)


async def advance_all(conversations: Iterable[Each], advance: Callable[[Sequence[Each]], Awaitable[None]], *, batch: int, lanes: int,
                      acted: Callable[[int], None]) -> None:
    """Advance all until they are over: `batch` at a time, in `lanes` of which none waits for another. `acted` is told how many have each time."""
    waiting = deque(conversation for conversation in conversations if not conversation.over)
    await gathered((_lane(waiting, advance, batch, acted) for _ in range(lanes)), lanes)


async def _lane(waiting: deque[Each], advance: Callable[[Sequence[Each]], Awaitable[None]], batch: int, acted: Callable[[int], None]) -> None:
    active: list[Each] = []
    while True:
        while waiting and len(active) < batch:
            active.append(waiting.popleft())
        if not active:
            return
        await advance(active)
        acted(len(active))
        active = [conversation for conversation in active if not conversation.over]
