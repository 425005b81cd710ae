"""The journal: what is in it stays, whoever writes at once and whatever is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.engine.journal import Journal, entries
from magnetc.teachers.ask import Reply, Request


def request(text="hello", **more):
    return Request(program="p", model="m", messages=({"role": "user", "content": text},), **more)


def test_replies_come_back_by_what_they_answer(tmp_path):
    path = tmp_path / ".magnetc" / "journal.sqlite"
    with Journal(path) as journal:
        assert journal.get(request()) is None
        for n in range(200):
            journal.put(request(str(n)), Reply(text=f"é{n}", asked=n, answered=1))
        assert journal.get(request("7")) == Reply(text="é7", asked=7, answered=1)
        others = [request("7", sample=1), request("7", decoding={"temperature": 1}), request("7", schema={"type": "object"}),
                  request("7", tools=({"name": "t"},)), Request(program="p", model="n", messages=request("7").messages)]
        assert [journal.get(other) for other in others] == [None] * len(others)
        journal.put(request("7"), Reply(text="another"))
        assert journal.get(request("7")).text == "é7", "the first reply is the one that was used"
    found = list(entries(path))
    assert len(found) == 200
    assert {each[:2] for each in found} == {("p", "m")}
    assert '"content":"' in found[0][2]


def test_two_write_at_once(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as one, Journal(path) as other:
        for n in range(100):
            (one if n % 2 else other).put(request(str(n)), Reply(text=str(n)))
        assert [one.get(request(str(n))).text for n in range(100)] == [str(n) for n in range(100)]


def test_a_reply_that_was_acknowledged_survives_a_kill(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from magnetc.engine.journal import Journal\n"
        "from magnetc.teachers.ask import Reply, Request\n"
        "with Journal(pathlib.Path(sys.argv[1])) as journal:\n"
        "    for n in range(1000):\n"
        "        journal.put(Request(program='p', model='m', messages=({'role': 'user', 'content': str(n)},)), Reply(text=str(n)))\n"
        "        print(n, flush=True)\n"
        "        if n == 300: os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "journal.sqlite")], capture_output=True, text=True)
    assert done.returncode == -9
    acknowledged = done.stdout.split()
    assert len(acknowledged) == 301
    kept = {each[3] for each in entries(tmp_path / "journal.sqlite")}
    assert set(acknowledged) <= kept


def test_a_file_that_is_no_journal_is_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database, " * 400)
    with pytest.raises(MagnetError) as caught:
        Journal(path)
    assert caught.value.diagnostics[0].code == "MG507"
    with pytest.raises(MagnetError):
        list(entries(path))
    assert path.read_bytes() == b"not a database, " * 400
    with pytest.raises(MagnetError):
        list(entries(Path(tmp_path / "nothing.sqlite")))
