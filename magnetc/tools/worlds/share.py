"""A share in a world: trajectories that wait for a model most of the time use one world by turns, each with handles of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import Json
from magnetc.ir.signature import FunctionSignature
from magnetc.tools.worlds.protocol import Initial, Outcome, Reset, Run
from magnetc.tools.worlds.world import Levels, World


class Share:
    """`world` as one of its users sees it. `turn` is held while it works for one of them: a live copy goes where it is sent."""

    def __init__(self, world: World, turn: asyncio.Lock):
        self.world, self.turn = world, turn
        self._handles: set[int] = set()
        self._dropping: asyncio.Task[int] | None = None

    @property
    def levels(self) -> Levels:
        """Those of the world."""
        return self.world.levels

    @property
    def has(self) -> Sequence[str]:
        """What the world has."""
        return self.world.has

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise what the world does."""
        self.world.check(tools)

    async def reset(self, reset: Reset, *, full: bool = False) -> Initial:
        """An initial world."""
        async with self.turn:
            made = await self.world.reset(reset, full=full)
        self._handles.add(made.handle)
        return made

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """One outcome for each program tried."""
        async with self.turn:
            return self._noted(await self.world.run(run))

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """Several runs at once."""
        async with self.turn:
            return [self._noted(outcomes) for outcomes in await self.world.run_all(runs)]

    async def state(self, handle: int) -> Json:
        """The full state behind `handle`."""
        async with self.turn:
            return await self.world.state(handle)

    async def drop(self, handles: Iterable[int] | None = None) -> int:
        """Forget some handles, or all of this share."""
        dropped = list(self._handles if handles is None else handles)
        self._handles.difference_update(dropped)
        if dropped:
            async with self.turn:
                await self.world.drop(dropped)
        return len(self._handles)

    def drop_all(self) -> None:
        """Forget all handles of this share, without waiting for it."""
        self._dropping = asyncio.create_task(self.drop())

    def hangs(self, text: str) -> MagnetError:
        """The world's own words for a tool that does not return."""
        return self.world.hangs(text)

    async def close(self) -> None:
        """Give up the share; the world stays."""
        if self._dropping is not None:
            await self._dropping

    @property
    def dropped(self) -> bool:
        """Whether what `drop_all` began is done."""
        return self._dropping is not None and self._dropping.done()

    def _noted(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        self._handles.update(outcome.handle for outcome in outcomes if outcome.handle is not None)
        return outcomes
