"""The store of units: what builds have made of them, in `.magnetc/units.sqlite`.

A unit stands under the fingerprint of all that it comes from and its own name. It is written as soon as it is made, so that a build
that is killed goes on where it was; what another recipe or compiler made is left out at the end of a build.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from pathlib import Path
from types import TracebackType

from magnetc.ir.json import Json, wire

NAME = Path(".magnetc", "units.sqlite")
"""Where a recipe's units are, in its folder."""

_SCHEMA = "create table if not exists units (fingerprint text, path text, ordinal integer, made blob not null, primary key (fingerprint, path, ordinal))"
_BATCH = 64
_KEPT = 3
"""Fingerprints whose units are kept: going back to a recipe as it was costs nothing."""


class UnitStore:
    """The units under one fingerprint. A file that cannot be used is no store: everything is made anew.

    Use it as a context manager: what is written waits for others of its kind until it closes, at the most.
    """

    def __init__(self, path: Path, fingerprint: str | None, *, keep: bool = False):
        """With `keep`, nothing is forgotten at the end: who only looks changes nothing."""
        self.fingerprint = fingerprint
        self._keep = keep
        self._waiting: list[tuple[str, str, int, bytes]] = []
        self._connection = self._open(path) if fingerprint else None

    def __enter__(self) -> UnitStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._connection is None:
            return
        self._write()
        try:
            if kind is None and not self._keep:
                self._forget()
            self._connection.close()
        except sqlite3.Error:
            self._connection = None

    def get(self, path: str, ordinal: int) -> Json:
        """What was made of a unit; None where nothing was."""
        if self._connection is None:
            return None
        try:
            found = self._connection.execute("select made from units where fingerprint = ? and path = ? and ordinal = ?",
                                             (self.fingerprint, path, ordinal)).fetchone()
            return json.loads(zlib.decompress(found[0])) if found else None
        except (sqlite3.Error, zlib.error, ValueError):
            return None

    def ordinals(self, path: str) -> set[int]:
        """Which units of a path are there."""
        if self._connection is None:
            return set()
        try:
            found = self._connection.execute("select ordinal from units where fingerprint = ? and path = ?", (self.fingerprint, path))
            return {ordinal for (ordinal,) in found}
        except sqlite3.Error:
            return set()

    def put(self, path: str, ordinal: int, made: Json) -> None:
        """Keep what was made of a unit."""
        if self._connection is None or self.fingerprint is None:
            return
        self._waiting.append((self.fingerprint, path, ordinal, zlib.compress(wire(made).encode(), 1)))
        if len(self._waiting) >= _BATCH:
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            assert self._connection is not None
            with self._connection:
                self._connection.executemany("insert or replace into units values (?, ?, ?, ?)", waiting)
        except sqlite3.Error:
            return

    def _forget(self) -> None:
        """Units under the fingerprints that were written first, but for the last few."""
        assert self._connection is not None
        known = [name for (name,) in self._connection.execute("select fingerprint from units group by fingerprint order by max(rowid) desc")]
        with self._connection:
            self._connection.executemany("delete from units where fingerprint = ?",
                                         [(name,) for name in known[_KEPT:] if name != self.fingerprint])

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection | None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=5)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            with connection:
                connection.execute(_SCHEMA)
        except (sqlite3.Error, OSError):
            return None
        return connection
