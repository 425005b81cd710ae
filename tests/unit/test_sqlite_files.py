"""Databases of private directories: told as rows, put back under servers that have them open."""

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.ir.json import digest
from magnetc.tools.worlds.servers import sqlite_files
from magnetc.tools.worlds.servers.tree import Directory, tree_of

SCHEMA = '''
CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, "odd ""name""" REAL, data BLOB, twice INT GENERATED ALWAYS AS (id * 2));
CREATE TABLE "pairs of" (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE log (what TEXT);
CREATE INDEX names ON things (name);
CREATE VIEW named AS SELECT name FROM things;
CREATE TRIGGER noted AFTER INSERT ON things BEGIN INSERT INTO log VALUES (new.name); END;
PRAGMA user_version = 7;
'''
VALUES = st.none() | st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")) | st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(VALUES, st.none() | st.floats(allow_nan=False), st.none() | st.binary()), max_size=4)


def make(path, rows=()):
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript("PRAGMA synchronous = OFF;" + SCHEMA)
        db.executemany('INSERT INTO things (name, "odd ""name""", data) VALUES (?, ?, ?)', rows)
        db.execute('INSERT INTO "pairs of" VALUES (?, ?)', ["x", "y"])


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_what_is_told_makes_the_same_database(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("db")
    make(folder / "a.db", rows)
    told = sqlite_files.told(folder / "a.db")
    assert told is not None
    sqlite_files.write(folder / "b.db", told)
    assert sqlite_files.told(folder / "b.db") == told
    assert digest(json.loads(told))  # it is JSON, infinite numbers aside
    with closing(sqlite3.connect(folder / "a.db")) as a, closing(sqlite3.connect(folder / "b.db")) as b:
        for query in ("SELECT * FROM things", "SELECT * FROM log", "SELECT * FROM named", "PRAGMA user_version", "PRAGMA integrity_check"):
            assert a.execute(query).fetchall() == b.execute(query).fetchall()
        for db in (a, b):
            db.execute("DELETE FROM things")
        made = [db.execute("INSERT INTO things (name) VALUES ('n') RETURNING id").fetchone() for db in (a, b)]
        assert made[0] == made[1]


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_server_that_keeps_a_database_open_sees_what_is_put_back(tmp_path, mode):
    directory = Directory(tmp_path)
    make(tmp_path / "shop.db")
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as server:
        server.execute(f"PRAGMA journal_mode = {mode}")
        before = directory.read()
        server.execute("INSERT INTO things (name) VALUES ('one')")
        server.execute("CREATE TABLE more (x)")
        after = directory.read()
        assert sorted(after.files) == ["shop.db"]
        assert after.state["tables"]["shop.db"]["things"] == [{"id": 1, "name": "one", 'odd "name"': None, "data": None}]
        directory.put(before)
        assert server.execute("SELECT count(*) FROM things").fetchone() == (0,)
        assert directory.read() == before == tree_of(before.state)
        directory.put(after)
        assert server.execute("SELECT name FROM things").fetchall() == [("one",)]
        assert server.execute("SELECT * FROM more").fetchall() == []
        directory.put(before)
        assert server.execute("INSERT INTO things (name) VALUES ('two') RETURNING id").fetchone() == (1,)
    assert sqlite_files.told(tmp_path / "shop.db") == directory.read().files["shop.db"].data


def test_what_cannot_be_told_stays_a_file(tmp_path):
    with closing(sqlite3.connect(tmp_path / "search.db")) as db, db:
        db.execute("CREATE VIRTUAL TABLE docs USING fts5(text)")
    (tmp_path / "broken.db").write_bytes(sqlite_files.MAGIC + b"nothing")
    tree = Directory(tmp_path).read()
    assert {path: file.kind for path, file in tree.files.items()} == {"search.db": "file", "broken.db": "file"}
    assert tree_of(tree.state) == tree
