"""A server that runs elsewhere: it has one state, so that one process at a time uses it, and there one world."""

from __future__ import annotations

import asyncio
import fcntl
from typing import TextIO

from magnetc.ir.json import digest
from magnetc.tools.environments import cache_directory

_WAIT_SECONDS = 600.0
"""For another process that uses it."""


class SharedServer:
    """The server at a URL. `owner` is who took it last: another one finds it changed, and has to take it again."""

    def __init__(self, url: str):
        self.url = url
        self.owner: object | None = None
        self._lock: TextIO | None = None
        self._users = 0

    async def take(self, owner: object) -> None:
        """Make it the owner's, as soon as no other process has it.

        Raises:
            OSError: when another has it for ten minutes.
        """
        self._users += 1
        place = cache_directory() / "openapi" / f"{digest(self.url)}.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        waited = 0.0
        while self._lock is None:
            lock = place.open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock = lock
            except BlockingIOError:
                lock.close()
                if waited > _WAIT_SECONDS:
                    self._users -= 1
                    raise OSError(f"another process has been using it for {_WAIT_SECONDS:g} s") from None
                await asyncio.sleep(0.05)
                waited += 0.05
        self.owner = owner

    def leave(self, owner: object) -> None:
        """Give it up; other processes may have it when nobody here does."""
        self._users -= 1
        if self.owner is owner:
            self.owner = None
        if not self._users and self._lock is not None:
            self._lock.close()
            self._lock = None


_SERVERS: dict[str, SharedServer] = {}


def shared_server(url: str) -> SharedServer:
    """The one object of this process for a URL."""
    return _SERVERS.setdefault(url, SharedServer(url))
