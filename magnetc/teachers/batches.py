"""Questions that come one by one, answered many at once by a model that runs here, off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from magnetc.teachers.ask import Reply, Request, Unusable
from magnetc.teachers.openai.budget import Budget

LINGER = 0.005
"""Seconds that the first question of an idle model waits for others: units ask one after the other, and next to nothing passes between."""

Say = Callable[[Sequence[Request], Callable[[], bool]], Sequence[Reply | Unusable]]
"""Requests of one model, and whether nobody waits any more, to what comes of each. It may take long, and raises MagnetError for all."""


@dataclass(slots=True)
class Batches:
    """A model behind `say`. Use it as an asynchronous context manager: when it is left, what is under way is broken off.

    `names` are the models' by prompt program, as the journal knows them.
    """

    names: Callable[[str], str]
    say: Say
    batch: int
    budget: Budget = field(default_factory=Budget)
    _waiting: list[tuple[Request, asyncio.Future[Reply]]] = field(default_factory=list)
    _worker: asyncio.Task[None] | None = None
    _left: threading.Event = field(default_factory=threading.Event)

    async def __aenter__(self) -> Batches:
        return self

    async def __aexit__(self, *error: object) -> None:
        self._left.set()
        for _, answered in self._waiting:
            answered.cancel()
        self._waiting.clear()
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def name(self, program: str) -> str:
        return self.names(program)

    async def complete(self, request: Request) -> Reply:
        """The reply to a request, when the batch that it is in is through.

        Raises:
            Unusable: the model has no room for the question.
            MagnetError: as `say`.
        """
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answered))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answered

    async def _work(self) -> None:
        await asyncio.sleep(LINGER)
        while self._waiting:
            chosen = self._chosen()
            try:
                said = await asyncio.to_thread(self.say, [request for request, _ in chosen], self._left.is_set)
            except Exception as error:  # it is theirs who ask
                said = [error] * len(chosen)
            self._tell(chosen, said)

    def _chosen(self) -> list[tuple[Request, asyncio.Future[Reply]]]:
        """The question that has waited longest, with others of its model, first those of its program: they are of like length."""
        first = self._waiting[0][0]
        ranked = sorted((place for place, (each, _) in enumerate(self._waiting) if each.model == first.model),
                        key=lambda place: self._waiting[place][0].program != first.program)
        taken = set(ranked[: self.batch])
        chosen = [self._waiting[place] for place in sorted(taken)]
        self._waiting = [each for place, each in enumerate(self._waiting) if place not in taken]
        return chosen

    def _tell(self, chosen: Sequence[tuple[Request, asyncio.Future[Reply]]], said: Sequence[Reply | Exception]) -> None:
        for (_, answered), each in zip(chosen, said, strict=True):
            if answered.done():
                continue
            if self._left.is_set():   # it may have been cut short, and must not be taken for an answer
                answered.cancel()
            elif isinstance(each, Exception):
                answered.set_exception(each)
            else:
                self.budget.spend(each)
                answered.set_result(each)
