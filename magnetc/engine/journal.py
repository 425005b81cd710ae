"""The journal: every reply of a teacher that was paid for, kept for ever, in `.magnetc/journal.sqlite`.

A reply stands under the digest of all that it answers: the model, the messages, the tools, the schema of the output, the decoding
and which try it is. It is used only once it is on disk, so that nothing is paid for twice, whatever is killed. Replies that
validation refuses are kept too: they would come again.

A reply is written by whoever received it, before anything else is done: between its arrival and the disk no other question is sent,
so that a kill loses at most the calls in flight. A write costs less than handing it to a thread would.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.teachers.ask import Reply, Request

NAME = Path(".magnetc", "journal.sqlite")
"""Where a recipe's journal is, in its folder."""

_SCHEMA = """
create table if not exists replies (
  key blob primary key, program text not null, model text not null, request blob not null, reply blob not null,
  asked integer not null, answered integer not null)
"""
_INSERT = "insert or ignore into replies values (?, ?, ?, ?, ?, ?, ?)"
_WAIT_SECONDS = 60.0
"""How long another process may keep the file to itself."""


class Journal:
    """Replies by request. Use it as a context manager, or close it."""

    def __init__(self, path: Path):
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = normal")
            self._file.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, request: Request) -> Reply | None:
        """The reply to a request that was made before."""
        try:
            found = self._file.execute("select reply, asked, answered from replies where key = ?", (request.key(),)).fetchone()
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from error
        return Reply(text=zlib.decompress(found[0]).decode(), asked=found[1], answered=found[2]) if found else None

    def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply; when this returns it is on disk."""
        row = (request.key(), request.program, request.model, _packed(request.text), _packed(reply.text), reply.asked, reply.answered)
        try:
            self._file.execute(_INSERT, row)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self.path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def entries(path: Path, program: str = "") -> Iterator[tuple[str, str, str, str, int, int]]:
    """What a journal holds: (program, model, request, reply, tokens asked, tokens answered), of one program or all, oldest first.

    Raises:
        MagnetError: MG507 when the file is no journal.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as connection:
            rows = connection.execute("select program, model, request, reply, asked, answered from replies "
                                      "where ? in ('', program) order by rowid", (program,))
            for name, model, request, reply, asked, answered in rows:
                yield name, model, zlib.decompress(request).decode(), zlib.decompress(reply).decode(), asked, answered
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def export(path: Path, to: Path) -> int:
    """Copy a journal whole, also while it is written to; returns how many replies the copy has.

    Raises:
        MagnetError: MG507 when the file is no journal, or the copy cannot be written.
    """
    try:
        to.unlink(missing_ok=True)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as connection:
            connection.execute("vacuum into ?", (str(to),))
        return _count(to)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def merge(path: Path, other: Path) -> int:
    """Take over the replies of another journal that this one has not; returns how many these were.

    Raises:
        MagnetError: MG507 when one of them is no journal.
    """
    try:
        _count(other)
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            connection.execute(_SCHEMA)
            connection.execute("attach ? as other", (str(other),))
            with connection:
                return connection.execute("insert or ignore into replies select * from other.replies").rowcount
    except (sqlite3.Error, OSError) as error:
        raise _unusable(other, error) from error


def rows_after(path: Path, after: int, *, count_only: bool = False) -> tuple[list[tuple], int]:
    """The replies that were written after number `after`, for `add_rows`, and the number of the last one; with `count_only` that alone.

    Raises:
        MagnetError: MG507 when the file is no journal.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            rows = [] if count_only else connection.execute("select rowid, * from replies where rowid > ? order by rowid", (after,)).fetchall()
            last = connection.execute("select coalesce(max(rowid), 0) from replies").fetchone()[0] if count_only else (rows[-1][0] if rows else after)
            return [row[1:] for row in rows], last
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def rows_without(path: Path, other: Path) -> list[tuple]:
    """The replies that another journal, if there is one, has not. Raises MagnetError MG507 when one of them is no journal."""
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            if not other.is_file():
                return connection.execute("select * from replies").fetchall()
            connection.execute("attach ? as other", (str(other),))
            return connection.execute("select * from replies where key not in (select key from other.replies)").fetchall()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def add_rows(path: Path, rows: Iterable[tuple]) -> None:
    """Add replies as another journal has them. Raises MagnetError MG507 when the file is no journal."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection, connection:
            connection.execute(_SCHEMA)
            connection.executemany(_INSERT, rows)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def prune(path: Path, *, program: str = "", model: str = "") -> int:
    """Forget the replies of a program, of a model, or of one program by one model; returns how many these were.

    Raises:
        MagnetError: MG507 when the file is no journal.
    """
    try:
        _count(path)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            with connection:
                gone = connection.execute("delete from replies where ? in ('', program) and ? in ('', model)", (program, model)).rowcount
            connection.execute("vacuum")
            return gone
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def _count(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as connection:
        return connection.execute("select count(*) from replies").fetchone()[0]


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "replace"), 1)


def _unusable(path: Path, error: Exception) -> MagnetError:
    return MagnetError(Diagnostic(code="MG507", message=f"the journal `{path.name}` cannot be used: {error}", notes=(str(path),),
                                  help="it holds replies that were paid for: copy it before you do anything to it"))
