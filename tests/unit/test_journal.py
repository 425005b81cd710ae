"""The journal: what is in it stays, whoever writes at once and whatever is killed."""

import asyncio
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
    async def session():
        async with Journal(tmp_path / ".magnetc" / "journal.sqlite") as journal:
            assert journal.get(request()) is None
            await asyncio.gather(*(journal.put(request(str(n)), Reply(text=f"é{n}", asked=n, answered=1)) for n in range(200)))
            assert journal.get(request("7")) == Reply(text="é7", asked=7, answered=1)
            others = [request("7", sample=1), request("7", decoding={"temperature": 1}), request("7", schema={"type": "object"}),
                      request("7", tools=({"name": "t"},)), Request(program="p", model="n", messages=request("7").messages)]
            assert [journal.get(other) for other in others] == [None] * len(others)
            await journal.put(request("7"), Reply(text="another"))
            assert journal.get(request("7")).text == "é7", "the first reply is the one that was used"

    asyncio.run(session())
    found = list(entries(tmp_path / ".magnetc" / "journal.sqlite"))
    assert len(found) == 200
    assert {each[:2] for each in found} == {("p", "m")}
    assert '"content":"' in found[0][2]


def test_a_reply_that_was_acknowledged_survives_a_kill(tmp_path):
    code = (
        "import asyncio, os, sys\n"
        "from magnetc.engine.journal import Journal\n"
        "from magnetc.teachers.ask import Reply, Request\n"
        "async def session():\n"
        "    async with Journal(__import__('pathlib').Path(sys.argv[1])) as journal:\n"
        "        async def one(n):\n"
        "            await journal.put(Request(program='p', model='m', messages=({'role': 'user', 'content': str(n)},)), Reply(text=str(n)))\n"
        "            print(n, flush=True)\n"
        "            if n == 300: os.kill(os.getpid(), 9)\n"
        "        for start in range(0, 1000, 10):\n"
        "            await asyncio.gather(*(one(n) for n in range(start, start + 10)))\n"
        "asyncio.run(session())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "journal.sqlite")], capture_output=True, text=True)
    assert done.returncode == -9
    acknowledged = done.stdout.split()
    assert len(acknowledged) > 300
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
