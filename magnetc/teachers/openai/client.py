"""A hosted model over HTTP: as many questions at once as the recipe allows, each asked until it is answered or hopeless.

A server that is busy or broken is asked again, after the time it names or one that grows; a server that refuses for good, or
that is down for all questions alike, stops the command with a diagnostic. What was answered is in the journal by then.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiolimiter import AsyncLimiter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    RetryError,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.endpoint import Endpoint
from magnetc.teachers.ask import GivenUp, Reply, Request
from magnetc.teachers.openai.budget import Budget, estimated_tokens
from magnetc.teachers.openai.dialects import chat_body, reply_message, reply_text, usage

TRIES = 8
"""How often one question is sent before it is given up."""

LONGEST_WAIT = 60.0
"""Seconds between two tries, at the most, unless the server asks for more."""

BROKEN = 5
"""Questions given up in a row, with none answered between, after which the endpoint counts as down."""

_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_growing = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT)


class _Later(Exception):
    """Worth another try. `seconds`: the wait that the server asked for."""

    def __init__(self, why: str, seconds: float | None = None):
        super().__init__(why)
        self.seconds = seconds


class Refused(MagnetError):
    """The endpoint will not answer a request, however often it comes."""

    def __init__(self, status: int, diagnostic: Diagnostic):
        super().__init__(diagnostic)
        self.status = status


@dataclass(slots=True)
class OpenAIClient:
    """A model behind chat completions. Use it as an asynchronous context manager: the connections are closed with it.

    Raises:
        MagnetError: MG509 when the environment has no key where the recipe says.
    """

    endpoint: Endpoint
    budget: Budget = field(init=False)
    sent: int = 0
    _session: aiohttp.ClientSession | None = None
    _places: asyncio.Semaphore = field(init=False)
    _limits: list[tuple[AsyncLimiter, bool]] = field(init=False)
    _given_up: int = 0
    _key: str = ""

    def __post_init__(self) -> None:
        endpoint = self.endpoint
        self.budget = Budget(endpoint)
        self._places = asyncio.Semaphore(endpoint.concurrency)
        self._limits = [(AsyncLimiter(bound, 60), counts_tokens)
                        for bound, counts_tokens in ((endpoint.requests, False), (endpoint.tokens, True)) if bound]
        if endpoint.key:
            self._key = os.environ.get(endpoint.key, "")
            if not self._key:
                raise MagnetError(Diagnostic(code="MG509", message=f"the environment variable `{endpoint.key}` is not set",
                                             help="set it to the key of the model's endpoint"))

    async def __aenter__(self) -> OpenAIClient:
        timeout = aiohttp.ClientTimeout(total=self.endpoint.timeout, sock_connect=min(10.0, self.endpoint.timeout))
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        connector = aiohttp.TCPConnector(limit=self.endpoint.concurrency)
        self._session = aiohttp.ClientSession(timeout=timeout, headers=headers, connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    def name(self, program: str) -> str:
        return self.endpoint.model_for(program)

    async def complete(self, request: Request) -> Reply:
        """The model's reply.

        Raises:
            MagnetError: MG508 when the budget is spent, MG510 when the endpoint refuses for good, MG511 when it is down.
        """
        body = json.dumps(chat_body(self.endpoint.dialect, request), ensure_ascii=False).encode("utf-8", "replace")
        tries = AsyncRetrying(stop=stop_after_attempt(TRIES), wait=_wait, retry=retry_if_exception_type(_Later))
        try:
            async for attempt in tries:
                with attempt:
                    return await self._try(request, body)
        except RetryError as error:
            raise self._gave_up(str(error.last_attempt.exception())) from error
        raise AssertionError("a try returns or raises")

    async def _try(self, request: Request, body: bytes) -> Reply:
        for limiter, counts_tokens in self._limits:
            await limiter.acquire(min(limiter.max_rate, estimated_tokens(request)) if counts_tokens else 1)
        async with self._places:
            self.budget.check()
            answer = await self._post(body)
        try:
            text, (asked, answered) = (reply_message if request.tools else reply_text)(answer), usage(answer)
        except ValueError as error:
            raise _Later(str(error)) from error
        reply = Reply(text=text, asked=asked, answered=answered)
        self._given_up = 0
        self.budget.spend(reply)
        return reply

    async def _post(self, body: bytes) -> Mapping[str, Any]:
        assert self._session is not None, "the client is entered before it is used"
        self.sent += 1
        url = self.endpoint.url.rstrip("/") + "/chat/completions"
        try:
            async with self._session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                data = await response.read()
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _Later(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if status in _AGAIN:
            raise _Later(f"status {status}: {_said(data)}", _retry_after(headers))
        if status != 200:
            raise _refused(self.endpoint, status, _said(data))
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise _Later(f"an answer that is no JSON: {error}") from error

    def _gave_up(self, why: str) -> MagnetError:
        self._given_up += 1
        if self._given_up < BROKEN:
            return GivenUp(Diagnostic(code="MG511", message=f"the model did not answer, tried {TRIES} times: {why}",
                                      help="run the command again: what was answered is in the journal"))
        return MagnetError(Diagnostic(code="MG511", message=f"the model's endpoint is down: {why}",
                                      notes=(f"{self._given_up} questions in a row got no answer, each tried {TRIES} times",),
                                      help="run the command again when it is up: what was answered is in the journal"))


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.seconds if isinstance(error, _Later) else None
    return _growing(state) if asked is None else asked


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait: in milliseconds, in seconds, or until a date."""
    exact, rough = headers.get("retry-after-ms", ""), headers.get("Retry-After", "")
    try:
        if exact:
            return max(0.0, float(exact) / 1000)
        if rough.strip().replace(".", "", 1).isdigit():
            return max(0.0, float(rough))
        if rough:
            return max(0.0, (email.utils.parsedate_to_datetime(rough) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        pass
    return None


def _refused(endpoint: Endpoint, status: int, said: str) -> Refused:
    advice = {
        400: "the model or the server may not know an option of the prompt program: compare its `decoding` and the recipe's `dialect`",
        401: f"check the key in `{endpoint.key}`" if endpoint.key else "name the environment variable of the key with `key`",
        403: f"check that the key may use `{endpoint.model}`",
        404: "check `endpoint` (it ends in `/v1`) and `model`",
    }
    return Refused(status, Diagnostic(code="MG510", message=f"the model's endpoint refuses, with status {status}: {said}",
                                      help=advice.get(status, "check the endpoint's address, its `model` and its `dialect`")))


def _said(data: bytes) -> str:
    """What a server says of an error, in a line."""
    text = data.decode("utf-8", "replace")
    try:
        error = json.loads(text).get("error")
        text = error.get("message") if isinstance(error, dict) else str(error or text)
    except (ValueError, AttributeError, RecursionError):
        pass
    return " ".join(str(text).split())[:200] or "nothing"
