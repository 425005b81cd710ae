"""A teacher to test with: a real HTTP process that speaks chat completions, and fails in the ways that real ones do.

    python teacher_server.py --port 0 --faults 0.3 --latency 0.1

It prints its address, and on SIGTERM what it was asked. Which request fails, and how, is drawn from the digest of its body and how
often that body has come: the same in every run, whatever the order. `GET /stats` counts requests, repeats of one body that was
answered well before, and faults by kind.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import agents
import answers
from aiohttp import web

TRANSPORT = ("429", "500", "503", "cut", "truncated body", "no choices")
"""Faults that a client sees without reading the reply."""

CONTENT = ("prose around", "truncated json", "empty", "refusal", "invented", "wrong language")
"""Faults in what the model says: the reply is complete, and paid for."""


class Server:
    def __init__(self, faults: float, latency: float, only: tuple[str, ...]):
        self.faults, self.latency, self.kinds = faults, latency, only or (*TRANSPORT, *CONTENT)
        self.seen: Counter[str] = Counter()
        self.answered: set[str] = set()
        self.stats: Counter[str] = Counter()
        self.under_way = 0

    def fault(self, digest: str, attempt: int) -> str:
        """The fault of this try of this body, or nothing."""
        drawn = int.from_bytes(hashlib.sha256(f"{digest} {attempt}".encode()).digest()[:8], "big") / 2**64
        return self.kinds[int(drawn / self.faults * len(self.kinds))] if drawn < self.faults else ""

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        self.seen[digest] += 1
        self.stats["requests"] += 1
        self.stats["last at"] = int(time.time() * 1000)
        self.stats["first at"] = self.stats["first at"] or self.stats["last at"]
        self.stats["repeats"] += digest in self.answered
        self.under_way += 1
        self.stats["most under way"] = max(self.stats["most under way"], self.under_way)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            kind = self.fault(digest, self.seen[digest])
            self.stats[kind] += bool(kind)
            if kind in TRANSPORT:
                return await self.broken(request, kind)
            self.answered.add(digest)
            if body.get("tools"):
                return web.json_response(acted(body, agents.message(body)))
            text = said(answers.answer(body), kind, body)
            return web.json_response(completion(body, text, "length" if kind == "truncated json" else "stop"))
        finally:
            self.under_way -= 1

    async def broken(self, request: web.Request, kind: str) -> web.StreamResponse:
        if kind == "429":
            return web.json_response({"error": {"message": "rate limit"}}, status=429, headers={"retry-after-ms": "20"})
        if kind in ("500", "503"):
            return web.Response(text="upstream connect error", status=int(kind), headers={"Retry-After": "0"})
        if kind == "no choices":
            return web.json_response({"object": "chat.completion", "choices": []})
        if kind == "truncated body":
            return web.Response(text='{"choices": [{"message": {"content": "{\\"kind\\"', content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'{"choices": [{"mess')
        assert request.transport is not None
        request.transport.close()
        return response

    async def report(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self.stats))

    async def models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "teacher", "object": "model"}]})


def said(text: str, kind: str, body: dict) -> str:
    """What a model says in place of `text`."""
    match kind:
        case "prose around":
            return f"Of course! Here is what you asked for:\n\n```json\n{text}\n```\n\nLet me know if you need anything else."
        case "truncated json":
            return text[: len(text) // 2]
        case "empty":
            return ""
        case "refusal":
            return "I'm sorry, but I can't help with that."
        case "invented":
            return answers.invented(text, body)
        case "wrong language":
            return "申し訳ございませんが、もう一度お願いします。"
    return text


def completion(body: dict, text: str, reason: str) -> dict:
    asked = sum(len(message["content"] or "") for message in body["messages"]) // 4
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": asked, "completion_tokens": len(text) // 4, "total_tokens": asked + len(text) // 4}}


def acted(body: dict, message: dict) -> dict:
    """A completion with a message that may call tools, as servers state it."""
    made = completion(body, message["content"] or "", "tool_calls" if message.get("tool_calls") else "stop")
    made["choices"][0]["message"] = message
    return made


async def serve(port: int, server: Server) -> None:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes([web.post("/v1/chat/completions", server.complete), web.get("/stats", server.report), web.get("/v1/models", server.models)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
    await site.start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}/v1\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--faults", type=float, default=0.0)
    options.add_argument("--latency", type=float, default=0.0)
    options.add_argument("--only", nargs="*", default=())
    options.add_argument("--rows", type=Path, help="a dataset whose calls the reader knows")
    options.add_argument("--reader", choices=("stepwise", "doubling"), help="how the reader makes its calls, if not as the dataset has them")
    options.add_argument("--agent", type=Path, help="a dataset whose agent this server plays for requests with tools")
    options.add_argument("--mistakes", type=float, default=0.0, help="the share of the agent's messages with calls that go wrong")
    options.add_argument("--actor", choices=("stepwise", "leaking", "wrong", "inventing", "resisting", "looking", "backwards"), help="how the agent acts, if not as it is told")
    given = options.parse_args()
    answers.ACTOR += [given.actor] if given.actor else []
    answers.READER += [given.reader] if given.reader else []
    if given.rows:
        answers.read_rows(given.rows)
    if given.agent:
        agents.read_rows(given.agent)
        agents.MISTAKES.append(given.mistakes)
    asyncio.run(serve(given.port, Server(given.faults, given.latency, tuple(given.only))))
