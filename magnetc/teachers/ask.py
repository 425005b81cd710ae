"""Asking a teacher: a prompt program is filled in, the journal looked up, the endpoint asked, and the reply read.

A reply that cannot be used is answered with the reason, as often as the program's `repair` says; the local question is asked
again, never the conversation. What was paid for is in the journal before anyone reads it.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import Json, canonical
from magnetc.teachers.prompt_program import PromptProgram

Read = TypeVar("Read")

AGAIN = "That answer could not be used: {reason}\nAnswer again, in the form asked for and with nothing else."
SHOWN = 4000
"""Characters of a refused reply that the model is shown again."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question to a model. `sample` tells apart questions that are asked several times on purpose (votes).

    With `tools` the reply is a whole message, as JSON (`openai/dialects.py`).
    """

    program: str
    model: str
    messages: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] = field(default_factory=dict)
    decoding: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Mapping[str, Any], ...] = ()
    sample: int = 0

    def body(self) -> dict[str, Json]:
        """All that the reply answers."""
        return {"model": self.model, "messages": [dict(m) for m in self.messages], "schema": dict(self.schema),
                "decoding": dict(self.decoding), "tools": [dict(t) for t in self.tools], "sample": self.sample}

    def key(self) -> bytes:
        return self._key

    @cached_property
    def text(self) -> str:
        """The body as canonical JSON: what the key is taken of."""
        return canonical(self.body())

    @cached_property
    def _key(self) -> bytes:
        return sha256(self.text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said, and the tokens that the question and it had."""

    text: str
    asked: int = 0
    answered: int = 0


class Store(Protocol):
    """Keeps replies by request."""

    def get(self, request: Request) -> Reply | None: ...

    def put(self, request: Request, reply: Reply) -> None: ...


class Model(Protocol):
    """Answers a request. Raises Unusable where this one can have no answer, MagnetError where it cannot, now or ever."""

    def name(self, program: str) -> str: ...

    async def complete(self, request: Request) -> Reply: ...


class Unusable(Exception):
    """No reply could be used, however often the question was asked. `reason` is what was wrong with the last one."""

    def __init__(self, program: str, reason: str):
        super().__init__(f"{program}: {reason}")
        self.program = program
        self.reason = reason

    @property
    def kind(self) -> str:
        """The reason without the words and values in it, so that equal ones are counted together."""
        return kind_of(self.reason)


class GivenUp(MagnetError):
    """One question was given up unanswered; others may fare better."""


UNANSWERED = "no answer"
"""The end of a reason that is nobody's doing: a question was given up, and may be answered another time."""


class Unanswered(Exception):
    """A question came to nothing. Its text is short and stable: the program, and why."""


def kind_of(reason: str) -> str:
    """A reason for a refusal without what it quotes."""
    return re.sub(r"`[^`]*`", "`…`", reason.partition(": ")[0] if reason.startswith("it is not JSON") else reason)


@dataclass(slots=True)
class Asker:
    """Asks a model through a store. `yields` counts, by program, how replies fared: `used` and `refused`, `journal` and `endpoint`;
    `refusals` why they were refused.

    Questions that are under way are asked once, whoever asks them.
    """

    model: Model
    store: Store
    yields: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)
    _under_way: dict[bytes, asyncio.Task[Reply]] = field(default_factory=dict)

    async def ask(self, program: PromptProgram, inputs: Mapping[str, Json], read: Callable[[str], Read], *,
                  settle: Callable[[Read], Awaitable[Read]] | None = None, sample: int = 0) -> Read:
        """What `read` makes of a reply to the program with these inputs, and `settle` of that, which may have to execute it.

        Both raise ValueError, in words for the model, where a reply cannot be used.

        Raises:
            Unusable: every reply was refused.
            MagnetError: MG420 for a program that cannot be filled in; what the model raises.
        """
        messages: list[Mapping[str, str]] = [{"role": "user", "content": program.render(**inputs)}]
        reason, counts = "", self.yields.setdefault(program.name, Counter())
        for _ in range(1 + program.repair):
            request = Request(program=program.name, model=self.model.name(program.name), messages=tuple(messages),
                              schema=program.output, decoding=program.decoding, sample=sample)
            reply = await self.reply(request, counts)
            try:
                made = read(reply.text)
                made = await settle(made) if settle else made
            except ValueError as error:
                reason = str(error)
                counts["refused"] += 1
                self.refusals.setdefault(program.name, Counter())[kind_of(reason)] += 1
                messages += [{"role": "assistant", "content": reply.text[:SHOWN] or "…"}, {"role": "user", "content": AGAIN.format(reason=reason)}]
            else:
                counts["used"] += 1
                return made
        raise Unusable(program.name, reason)

    async def answer(self, program: PromptProgram, inputs: Mapping[str, Json], read: Callable[[Any], Read], *,
                     settle: Callable[[Read], Awaitable[Read]] | None = None, sample: int = 0) -> Read:
        """What `read` makes of what the program reads in a reply; as `ask`, for whoever can do without.

        Raises:
            Unanswered: every reply was refused, or there was none.
            MagnetError: what the model raises that concerns all questions.
        """
        try:
            return await self.ask(program, inputs, lambda text: read(program.read(text)), settle=settle, sample=sample)
        except Unusable as error:
            raise Unanswered(f"{program.name}: {error.kind}") from None
        except GivenUp:
            raise Unanswered(f"{program.name}: {UNANSWERED}") from None

    async def reply(self, request: Request, counts: Counter[str]) -> Reply:
        """The model's reply, out of the store where it is known, whatever is in it; `counts` says which.

        Raises:
            MagnetError: what the model raises.
        """
        known = self.store.get(request)
        if known is not None:
            counts["journal"] += 1
            return known
        key = request.key()
        if key not in self._under_way:
            counts["endpoint"] += 1
            self._under_way[key] = asyncio.create_task(self._pay(request))
            self._under_way[key].add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(self._under_way[key])

    async def _pay(self, request: Request) -> Reply:
        reply = await self.model.complete(request)
        self.store.put(request, reply)
        return reply
