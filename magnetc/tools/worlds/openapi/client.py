"""The client of one API: sends calls, reads answers, asks busy servers again where that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import aiohttp
import tenacity
from yarl import URL

from magnetc.ir.json import Json
from magnetc.tools.importers.openapi import Operation
from magnetc.tools.worlds.ground import Died, Late
from magnetc.tools.worlds.openapi.credentials import Credentials
from magnetc.tools.worlds.openapi.request import SAFE, Refused, Request, request_of
from magnetc.tools.worlds.openapi.response import result_of

_TRIES = 4
_BUSY = (429, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)
_MOST_MOVES = 3
_LARGEST = 8 << 20
"""Bytes of an answer."""


class _Busy(Exception):
    """A server that may answer later."""


class Client:
    """Speaks to the server at `url`. Used in one loop; `close` ends its connections.

    With `patient`, what changes nothing is asked again for a while when the server is busy, or not there.
    """

    def __init__(self, url: str, operations: Mapping[str, Operation], credentials: Credentials, *, patient: bool = False):
        self.url, self.operations, self.credentials, self.patient = url.rstrip("/"), operations, credentials, patient
        self._session: aiohttp.ClientSession | None = None

    async def call(self, name: str, arguments: Mapping[str, Json], seconds: float) -> Json:
        """The result of an operation, secrets taken out; an error as `{"error": …}`.

        Raises:
            Died: when the server cannot be reached, or is busy for too long.
            Late: when it does not answer in time.
        """
        operation = self.operations[name]
        try:
            request = request_of(operation, arguments)
        except Refused as refused:
            return {"error": str(refused)}
        try:
            return self.credentials.redacted(await self._answer(operation, request, seconds))
        except TimeoutError:
            raise Late(f"`{name}` did not return within {seconds:g} s") from None
        except _Busy as busy:
            raise Died(f"the server at {self.url} {busy}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Died(f"the server at {self.url} cannot be reached: {error or type(error).__name__}") from None

    async def close(self) -> None:
        """End the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _answer(self, operation: Operation, request: Request, seconds: float) -> Json:
        if not self.patient or request.method not in SAFE:
            return result_of(*await self._sent(operation, request, seconds))
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((_Busy, aiohttp.ClientConnectionError)), stop=tenacity.stop_after_attempt(_TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=5), reraise=True)
        async for attempt in retrying:
            with attempt:
                status, media, body = await self._sent(operation, request, seconds)
                if status in _BUSY:
                    raise _Busy(f"answers with status {status}")
                if status >= 500:
                    raise Died(f"the server at {self.url} answers with status {status}")
                return result_of(status, media, body)
        raise AssertionError("a retry ends with a result or an exception")

    async def _sent(self, operation: Operation, request: Request, seconds: float) -> tuple[int, str, bytes]:
        """Status, content type and body. Redirections are followed on the same server alone: others must not see our secrets."""
        carried = self.credentials.carried(operation)
        query = [*request.query, *(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in carried.query.items())]
        url = URL(self.url + request.path + ("?" + "&".join(query) if query else ""), encoded=True)
        headers = {"Accept": "application/json, */*;q=0.5", **request.headers, **carried.headers}
        cookies = {**request.cookies, **carried.cookies}
        if cookies:
            headers["Cookie"] = "; ".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in cookies.items())
        if request.body is not None:
            headers["Content-Type"] = request.media
        for _ in range(_MOST_MOVES):
            async with self._open().request(request.method.upper(), url, headers=headers, data=_data(request), allow_redirects=False,
                                            timeout=aiohttp.ClientTimeout(total=seconds)) as response:
                location = response.headers.get("Location", "")
                target = url.join(URL(location)) if location else None
                if response.status not in _MOVED or target is None or target.origin() != url.origin():
                    body = await response.content.read(_LARGEST + 1) if response.status not in _MOVED else b""
                    while len(body) <= _LARGEST and not response.content.at_eof():
                        body += await response.content.read(_LARGEST + 1 - len(body))
                    if len(body) > _LARGEST:
                        return 413, "", f"the answer has more than {_LARGEST >> 20} MB".encode()
                    return _status(response.status), response.headers.get("Content-Type", ""), body
                url = target
        return 508, "", b"the server sends the request around in circles"

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=True)
        return self._session


def _status(status: int) -> int:
    """A redirection to another server is not followed, and so an error."""
    return 421 if status in _MOVED else status


def _data(request: Request) -> bytes | aiohttp.FormData | None:
    if request.media != "multipart/form-data":
        return request.body.encode() if request.body is not None else None
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in request.fields:
        form.add_field(name, value)
    return form

