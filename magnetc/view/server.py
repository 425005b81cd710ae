"""The server of `magnetc view`: for this machine alone, for reading alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from magnetc.emit.report.entry import FACETS
from magnetc.emit.report.page import script, style, view_page
from magnetc.view.pages import Lines, page
from magnetc.view.read_row import as_entry, read_row
from magnetc.view.row_index import RowIndex

HOST = "127.0.0.1"
MOST = 500
"""Entries of a page."""

LONGEST = 1000
"""Characters that are searched for."""

WAIT = 0.3
"""Seconds until someone who has seen all rows of an unfinished index is answered."""

_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
           "form-action 'none'; frame-ancestors 'none'")
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin"}
_OWN = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\Z", re.IGNORECASE)
REPORT = "report.html"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Viewer:
    """Serves the rows of an index, and the report beside them."""

    def __init__(self, name: str, index: RowIndex):
        self._name, self._index = name, index

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_guarded], client_max_size=0)
        app.add_routes([
            web.get("/", self._page), web.get("/report.css", self._style), web.get("/report.js", self._script), web.get("/report.html", self._report),
            web.get("/api/facets", self._facets), web.get("/api/rows", self._rows), web.get(r"/api/row/{row:\d{1,12}}", self._row),
            web.get("/api/find", self._find)])
        return app

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=view_page(self._name, (self._index.folder / REPORT).is_file()), content_type="text/html")

    async def _style(self, request: web.Request) -> web.Response:
        return web.Response(text=style(), content_type="text/css")

    async def _script(self, request: web.Request) -> web.Response:
        return web.Response(text=script(), content_type="text/javascript")

    async def _report(self, request: web.Request) -> web.StreamResponse:
        path = self._index.folder / REPORT
        if not path.is_file():
            raise web.HTTPNotFound(text="this dataset has no report.html")
        return web.FileResponse(path, headers={"Content-Security-Policy": "frame-ancestors 'none'"})

    async def _facets(self, request: web.Request) -> web.Response:
        return web.json_response(self._index.document())

    async def _rows(self, request: web.Request) -> web.Response:
        query = request.query
        wanted = {facet: query[facet] for facet in FACETS if query.get(facet)}
        after, limit = _number(query, "after", 0), min(_number(query, "limit", 60), MOST)
        text = query.get("text", "")[:LONGEST]
        found = await asyncio.to_thread(page, self._index, wanted, text, after, limit)
        if not found["rows"] and found["next"] == after:
            await asyncio.sleep(WAIT)
        return web.json_response(found)

    async def _row(self, request: web.Request) -> web.Response:
        line = await asyncio.to_thread(self._line, int(request.match_info["row"]))
        if not read_row(line):
            raise web.HTTPUnprocessableEntity(text="this line of its file is no JSON object")
        return web.Response(body=line, content_type="application/json", charset="utf-8")

    def _line(self, row: int) -> bytes:
        try:
            with Lines(self._index) as lines:
                return lines[row][1]
        except (IndexError, OSError):
            raise web.HTTPNotFound(text="there is no such row") from None

    async def _find(self, request: web.Request) -> web.Response:
        return web.json_response({"row": await asyncio.to_thread(self._named, request.query.get("id", ""))})

    def _named(self, name: str) -> dict[str, object] | None:
        with Lines(self._index) as lines:
            for number in map(int, self._index.named(name)):
                file, line = lines[number]
                found = as_entry(file, read_row(line))
                if found["id"] == name:
                    return {**found, "number": number}
        return None


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of other sites, whose name may lead here too, are refused; the browser is told to run nothing but ours."""
    if not _OWN.match(request.headers.get("Host", "")):
        raise web.HTTPForbidden(text="this server answers to 127.0.0.1 and localhost alone")
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    answer.headers.update(_HEADERS)
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    return answer


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    value = query.get(name, "")
    if value and not re.fullmatch(r"[0-9]{1,12}", value):
        raise web.HTTPBadRequest(text=f"`{name}` is no whole number")
    return int(value) if value else otherwise


async def serve(folder: Path, name: str, files: list[str], port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled. `ready` is told the address; port 0 takes one that is free. Raises OSError when the port is taken."""
    index = RowIndex(folder, files)
    runner = web.AppRunner(Viewer(name, index).application(), access_log=None, handle_signals=False)
    await runner.setup()
    reading: asyncio.Task[None] | None = None
    try:
        await web.TCPSite(runner, HOST, port).start()
        reading = asyncio.create_task(asyncio.to_thread(index.read))
        ready(f"http://{HOST}:{runner.addresses[0][1]}/")
        await reading
        await asyncio.Event().wait()
    finally:
        index.stop()
        if reading:
            reading.cancel()
        await runner.cleanup()
