"""The store of units: what builds have made of them, in `.magnetc/units.sqlite`.

A unit stands under the digests of what its attempts come from, and under that of the whole recipe that it was last made for. It
is written as soon as it is made, so that a build that is killed goes on where it was. What only other recipes or compilers made is left
out at the end of a build, but for the last few.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from magnetc.ir.json import Json, digest, wire

NAME = Path(".magnetc", "units.sqlite")
"""Where a recipe's units are, in its folder."""

_SCHEMA = """
drop table if exists units;
create table if not exists made (key text primary key, path text, ordinal integer, attempts text not null, unit blob not null);
create index if not exists made_by_unit on made (path, ordinal);
create table if not exists standing (recipe text, path text, ordinal integer, key text not null, primary key (recipe, path, ordinal));
create table if not exists recipes (recipe text primary key, ingredients blob not null);
"""
_BATCH = 64
_KEPT = 3
"""Recipes whose units are kept: going back to one as it was costs nothing."""


class UnitStore:
    """The units of one recipe, and of those before it. A file that cannot be used is no store: everything is made anew.

    Use it as a context manager: what is written waits for others of its kind until it closes, at the most.
    """

    def __init__(self, path: Path, recipe: str | None, ingredients: Mapping[str, str] | None = None, *, keep: bool = False):
        """`recipe` is the digest of all that its units come from, None where there is none; `ingredients` what these are, by name.

        With `keep`, nothing is written: who only looks changes nothing.
        """
        self.recipe = recipe
        self._keep = keep
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []
        self._connection = self._open(path) if recipe else None
        if self._connection and not keep:
            text = zlib.compress(wire(dict(ingredients or {})).encode(), 1)
            self._later("insert or replace into recipes values (?, ?)", recipe, text)

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

    def key(self, path: str, ordinal: int) -> str | None:
        """Under which key a unit of this very recipe stands; None where it does not."""
        found = self._all("select key from standing where recipe = ? and path = ? and ordinal = ?", self.recipe, path, ordinal)
        return found[0][0] if found else None

    def candidates(self, path: str, ordinal: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What was made of a unit for any recipe, the newest first: the key, and what the attempts came from."""
        for key, attempts in self._all("select key, attempts from made where path = ? and ordinal = ? order by rowid desc", path, ordinal):
            yield key, tuple(attempts.split())

    def get(self, key: str) -> Json:
        """What was made of a unit; None where it cannot be read."""
        try:
            found = self._all("select unit from made where key = ?", key)
            return json.loads(zlib.decompress(found[0][0])) if found else None
        except (zlib.error, ValueError):
            return None

    def put(self, path: str, ordinal: int, attempts: Sequence[str], made: Json) -> None:
        """Keep what was made of a unit by attempts that came from these digests."""
        if self._connection is None:
            return
        key = digest([path, ordinal, list(attempts)])
        self._later("insert or replace into made values (?, ?, ?, ?, ?)", key, path, ordinal, " ".join(attempts), zlib.compress(wire(made).encode(), 1))
        self.stand(path, ordinal, key)

    def stand(self, path: str, ordinal: int, key: str) -> None:
        """Note that what stands under `key` is a unit of this recipe."""
        if self._connection is not None:
            self._later("insert or replace into standing values (?, ?, ?, ?)", self.recipe, path, ordinal, key)

    def before(self) -> dict[str, str]:
        """The ingredients of the recipe that was built last, by name; empty where none was."""
        found = self._all("select ingredients from recipes order by rowid desc limit 1")
        try:
            return json.loads(zlib.decompress(found[0][0])) if found else {}
        except (zlib.error, ValueError):
            return {}

    def _all(self, query: str, *values: Any) -> list[Any]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    def _later(self, statement: str, *values: Any) -> None:
        self._waiting.append((statement, values))
        if len(self._waiting) >= _BATCH:
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            assert self._connection is not None
            with self._connection:
                for statement, values in waiting:
                    self._connection.execute(statement, values)
        except sqlite3.Error:
            return

    def _forget(self) -> None:
        """Units that none of the recipes stand on that were built last."""
        assert self._connection is not None
        with self._connection:
            self._connection.execute("delete from recipes where rowid not in (select rowid from recipes order by rowid desc limit ?)", (_KEPT,))
            self._connection.execute("delete from standing where recipe not in (select recipe from recipes)")
            self._connection.execute("delete from made where key not in (select key from standing)")

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection | None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=5)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.executescript(_SCHEMA)
        except (sqlite3.Error, OSError):
            return None
        return connection
