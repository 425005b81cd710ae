"""SQLite databases as JSON that says what they hold: schema and rows, without what differs from run to run and from version to version.

A database is put back through SQLite itself, so that a server that has it open sees what it now holds.
"""

from __future__ import annotations

import base64
import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from magnetc.ir.json import Json, wire

MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is open."""

_SECONDS = 5.0


def told(path: Path) -> bytes | None:
    """The database at `path` as JSON text; None for what is none, or cannot be told so (virtual tables, an encoding of its own).

    `{"schema": [SQL, …], "tables": {name: [{column: value, …}, …]}, "version": its user version}`; values that JSON has not are objects.
    It is opened for writing, as what a killed server left of a transaction has to be taken back.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_SECONDS)) as database:
            return _told(database)
    except sqlite3.Error:
        return None


def write(path: Path, data: bytes) -> None:
    """Make the database at `path` hold what `told` told; one that is open elsewhere is changed, not replaced."""
    content = json.loads(data)
    with closing(sqlite3.connect(":memory:")) as made, closing(sqlite3.connect(path, timeout=_SECONDS)) as database:
        database.execute("PRAGMA synchronous = OFF")  # nothing here outlives the machine
        (size,) = database.execute("PRAGMA page_size").fetchone()
        made.execute(f"PRAGMA page_size = {int(size)}")
        made.execute(f"PRAGMA user_version = {int(content['version'])}")
        first = [statement for statement in content["schema"] if statement.lstrip()[:12].upper() == "CREATE TABLE"]
        for statement in first:
            made.execute(statement)
        for table, rows in content["tables"].items():
            _fill(made, table, rows)
        for statement in content["schema"]:
            if statement not in first:  # triggers must not see the rows arrive
                made.execute(statement)
        made.commit()
        made.backup(database)


def _fill(database: sqlite3.Connection, table: str, rows: list[dict[str, Json]]) -> None:
    if table == "sqlite_sequence":
        database.execute("DELETE FROM sqlite_sequence")
    for row in rows:
        columns = f"({', '.join(map(_quoted, row))}) VALUES ({', '.join('?' * len(row))})" if row else "DEFAULT VALUES"
        database.execute(f"INSERT INTO {_quoted(table)} {columns}", [_value(value) for value in row.values()])


def tables(data: bytes) -> Json:
    """The rows by table, without those that SQLite keeps for itself."""
    return {name: rows for name, rows in json.loads(data)["tables"].items() if not name.startswith("sqlite_")}


def _told(database: sqlite3.Connection) -> bytes | None:
    schema = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").fetchall()
    statements = [sql for _, _, sql in schema if sql and not sql.startswith("CREATE TABLE sqlite_")]
    if any(sql.lstrip()[:14].upper() == "CREATE VIRTUAL" for sql in statements):
        return None
    names = [name for kind, name, _ in schema if kind == "table" and (not name.startswith("sqlite_") or name == "sqlite_sequence")]
    names.sort(key=lambda name: name == "sqlite_sequence")  # written last: rows that are inserted change it
    (version,) = database.execute("PRAGMA user_version").fetchone()
    rows = {name: list(_rows(database, name)) for name in names}
    return wire({"schema": statements, "tables": rows, "version": version}).encode()


def _rows(database: sqlite3.Connection, table: str) -> Iterator[Json]:
    """The rows of a table, in its own order; generated columns are left out."""
    columns = [name for _, name, _, _, _, _, hidden in database.execute(f"PRAGMA table_xinfo({_quoted(table)})") if not hidden]
    for row in database.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}"):
        yield {name: _json(value) for name, value in zip(columns, row)}


def _json(value: object) -> Json:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def _value(value: Json) -> object:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"]) if "base64" in value else float(value["number"])
    return value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
