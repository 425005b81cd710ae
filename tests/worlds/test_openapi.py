"""Worlds of an HTTP API: servers that are started anew, killed, that hang; secrets; recordings; one server for two; what is refused."""

import asyncio
import json
import os
import shutil
import signal
from dataclasses import replace

import pytest
from cases import NOW
from openapi_cases import OWN, SERVE, SHOP, free_port, openapi_spec, shop

from magnetc.diagnostics import MagnetError
from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.types import Ref as TypeRef
from magnetc.tools.trust import code_digest, require_trust
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.protocol import Reset, Run, Step

START = Reset(seed=1, now=NOW)
LIST = Step(call="list_pets", args={"kind": ["cat"]})


def in_world(spec, body, folder=SHOP):
    """What `body(world)` returns."""
    async def run():
        world = await world_kind(spec).prepare(spec, folder, print)()
        try:
            return await body(world)
        finally:
            await world.close()

    return asyncio.run(run())


def place(pet, day="2026-04-01"):
    return Step(call="place_order", args={"pet": pet, "day": day})


async def results(world, *steps, start=START):
    (outcome,) = await world.run(Run(start=start, programs=[steps], stop_on_error=False))
    return list(outcome.results)


def test_a_process_is_set_back_by_starting_it_anew():
    async def body(world):
        assert (world.levels.reset, world.levels.most) == ("command", 0)
        (first,) = await world.run(Run(start=START, programs=[[place("P1"), LIST]], keep=True, digest=True, observe=True))
        again = await results(world, place("P1"))
        on = await results(world, place("P1"), place("P2"), start=first.handle)
        return first.observed["calls"], [first.results[0]["order"], again[0]["order"]], on

    calls, orders, on = in_world(openapi_spec(**OWN), body)
    assert calls == [["place_order", place("P1").args]]
    assert orders == ["O1001", "O1001"]
    assert on == [{"error": "P1 is sold"}, {"order": "O1002", "pet": "P2", "day": "2026-04-01"}]


def test_a_server_that_dies_or_hangs():
    async def body(world):
        (late,) = await world.run(Run(start=START, programs=[[place("P1"), Step(call="sleep", args={"seconds": 30})]]))
        assert (late.late, late.error, late.reason) == (True, 1, "`sleep` did not return within 0.5 s")
        calm = await results(world, place("P2"), LIST)
        (process,) = [connection._process for connection in world.ground._live.connections.values()]
        os.killpg(process._process.pid, signal.SIGKILL)
        assert await results(world, place("P2"), LIST) == calm
        with pytest.raises(MagnetError, match="dies again and again during `stop`") as caught:
            await results(world, Step(call="stop"))
        assert caught.value.diagnostics[0].code == "MG602"

    in_world(openapi_spec(**OWN, holds="files", seconds=0.5), body)


def test_what_is_killed_in_the_middle_of_a_database_is_taken_back(tmp_path):
    """A database in the mode of write-ahead logs, with a server that keeps its connection open."""
    (tmp_path / "kept.py").write_text(KEPT, encoding="utf-8")
    shutil.copy(SHOP / "api.yaml", tmp_path)
    command = [*SERVE]
    command[3] = "kept:app"
    spec = openapi_spec(command=command, holds="files", env={"DATABASE": "{dir}/shop.db"})

    async def body(world):
        first = await world.reset(START, full=True)
        (one,) = await world.run(Run(start=first.handle, programs=[[place("P1")]], digest=True, keep=True, query=["/tables/shop.db/orders/*/pet"]))
        (two,) = await world.run(Run(start=first.handle, programs=[[place("P2")]], digest=True, query=["/tables/shop.db/orders/*/pet"]))
        (back,) = await world.run(Run(start=one.handle, programs=[[]], digest=True, query=["/tables/shop.db/orders/*/pet"]))
        assert [each for each in first.state["paths"] if "-wal" in each] == []
        return [[value for _, value in each.found["/tables/shop.db/orders/*/pet"]] for each in (one, two, back)], one.digest == back.digest

    assert in_world(spec, body, tmp_path) == ([["P1"], ["P2"], ["P1"]], True)


KEPT = '''
import os, sqlite3
from fastapi import Body, FastAPI
db = sqlite3.connect(os.environ["DATABASE"], check_same_thread=False, isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS orders (pet TEXT, day TEXT)")
app = FastAPI()
@app.post("/orders")
async def place_order(pet: str = Body(), day: str = Body()):
    db.execute("INSERT INTO orders VALUES (?, ?)", [pet, day])
    return {"count": db.execute("SELECT count(*) FROM orders").fetchone()[0]}
'''


def test_a_server_elsewhere_is_one_worlds_at_a_time():
    port = free_port()
    spec = openapi_spec(url=f"http://127.0.0.1:{port}", reset={"call": "reset"})

    async def both(one):
        assert one.levels.most == 1
        other = await world_kind(spec).prepare(spec, SHOP, print)()
        try:
            (kept,) = await one.run(Run(start=START, programs=[[place("P1")]], keep=True))
            assert await results(other, place("P1")) == [{"order": "O1001", "pet": "P1", "day": "2026-04-01"}]
            return await results(one, place("P1"), place("P2"), start=kept.handle)
        finally:
            await other.close()

    with shop(port):
        assert in_world(spec, both) == [{"error": "P1 is sold"}, {"order": "O1002", "pet": "P2", "day": "2026-04-01"}]


def test_a_server_elsewhere_is_set_back_by_a_command_and_shows_its_state(tmp_path):
    port = free_port()
    shutil.copy(SHOP / "api.yaml", tmp_path)
    (tmp_path / "back.py").write_text(f"import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:{port}/reset', method='POST'))",
                                      encoding="utf-8")
    back = {"command": ["python3", "{recipe}/back.py"]}
    spec = openapi_spec(url=f"http://127.0.0.1:{port}", reset=back, observe={"list_orders": {}})

    async def body(world):
        first = await world.reset(START, full=True)
        (made,) = await world.run(Run(start=START, programs=[[place("P1")]], observe=True))
        with pytest.raises(MagnetError) as caught:
            await world.reset(Reset(now=NOW, state={**first.state, "seen": {"list_orders": [1]}}))
        return first.state["seen"], made.observed["seen"], caught.value.diagnostics[0].code

    with shop(port):
        seen, after, code = in_world(spec, body, tmp_path)
    assert (seen, code) == ({"list_orders": []}, "MG655")
    assert after == {"list_orders": [{"pet": "P1", "day": "2026-04-01", "order": "O1001"}]}


def test_answers_are_recorded_once_without_secrets_and_given_ever_after(tmp_path, monkeypatch):
    port = free_port()
    shutil.copy(SHOP / "api.yaml", tmp_path)
    monkeypatch.setenv("SHOP_KEY", "very-secret")
    spec = openapi_spec(url=f"http://127.0.0.1:{port}", reset="none", security={"APIKeyHeader": "SHOP_KEY"},
                        redact=[{"tool": "get_pet", "at": "/name"}, {"match": "Tom"}])
    calls = [LIST, Step(call="get_pet", args={"pet": "P1"}), Step(call="get_pet", args={"pet": "very-secret"}), Step(call="clock")]
    with shop(port, KEY="very-secret"):
        first = in_world(spec, lambda world: results(world, *calls), tmp_path)
    assert [pet["name"] for pet in first[0]] == ["Mia", "[redacted]"]
    assert first[1]["name"] == "[redacted]"
    assert first[2] == {"error": "there is no pet [redacted]"}
    kept = sorted((tmp_path / "recorded").rglob("*.json"))
    assert len(kept) == len(calls)
    answers = [json.loads(path.read_text(encoding="utf-8"))["result"] for path in kept]
    assert all("very-secret" not in json.dumps(answer) for answer in answers)
    monkeypatch.delenv("SHOP_KEY")
    sealed = replace(spec, sealed=True)
    require_trust(tmp_path, sealed, allow=False)
    assert in_world(sealed, lambda world: results(world, *calls), tmp_path) == first
    assert in_world(sealed, lambda world: results(world, Step(call="list_orders")), tmp_path) == [{"error": "no answer to this call was recorded"}]
    with pytest.raises(MagnetError, match="SHOP_KEY"):
        in_world(spec, lambda world: results(world, LIST), tmp_path)


def test_what_writes_is_refused_where_nothing_can_be_set_back():
    spec = openapi_spec(url="http://127.0.0.1:9", reset="none")
    tools = [FunctionSignature(name="place_order", description="", parameters=tuple(
        Parameter(name=name, type=TypeRef("string")) for name in ("pet", "day"))), FunctionSignature(name="list_orders", description=""),
        FunctionSignature(name="list_order", description="")]

    async def body(world):
        with pytest.raises(MagnetError) as caught:
            world.check(tools)
        assert await results(world, place("P1")) == [{"error": "`place_order` changes something, and nothing here can be set back"}]
        return [(each.code, each.help) for each in caught.value.diagnostics]

    (refused, words), unknown = in_world(spec, body)
    assert refused == "MG653"
    assert "simulated" in words
    assert unknown == ("MG603", "did you mean `list_orders`?")


@pytest.mark.parametrize(("settings", "code", "words"), [
    ({"url": "http://127.0.0.1:9"}, "MG650", "how it is set back"),
    ({}, "MG650", "how it is set back"),
    ({"reset": "none"}, "MG650", "does not say where its server is"),
    ({**OWN, "reset": "none"}, "MG650", "not started here"),
    ({**OWN, "holds": "files", "reset": {"call": "reset"}}, "MG650", "set back by them"),
    ({"url": "http://127.0.0.1:9", "reset": "none", "env": {"A": "b"}}, "MG650", "is for a server that is started here"),
    ({**OWN, "observe": {"list_order": {}}}, "MG650", "did you mean `list_orders`?"),
    ({**OWN, "observe": {"place_order": {}}}, "MG650", "may change what it shows"),
    ({**OWN, "reset": {"call": "rest"}}, "MG650", "did you mean `reset`?"),
    ({**OWN, "security": {"key": "A"}}, "MG650", "has no security scheme `key`"),
    ({**OWN, "redact": [{}]}, "MG650", "says neither"),
    ({**OWN, "security": {"APIKeyHeader": "NO_SUCH_VARIABLE"}}, "MG654", "NO_SUCH_VARIABLE"),
    ({"command": ["false"]}, "MG651", "exited with status 1"),
    ({"command": ["no-such-program"]}, "MG651", "does not start"),
    ({"url": "http://127.0.0.1:9", "reset": {"call": "reset"}}, "MG655", "cannot be reached"),
    ({"url": "http://127.0.0.1:9", "reset": {"command": ["false"]}}, "MG655", "exited with status 1"),
    ({"document": "none.yaml", **OWN}, "MG502", "cannot be read"),
])
def test_what_cannot_be_is_told(settings, code, words):
    with pytest.raises(MagnetError) as caught:
        in_world(openapi_spec(**settings), lambda world: results(world, LIST))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code
    assert words in " ".join(filter(None, (diagnostic.message, diagnostic.help, *diagnostic.notes)))


def test_trust_hangs_on_the_document_the_command_and_where_secrets_go(tmp_path):
    shutil.copy(SHOP / "api.yaml", tmp_path)
    specs = [openapi_spec(**OWN), openapi_spec(**{**OWN, "command": ["true"]}), openapi_spec(url="http://a.test", reset="none"),
             openapi_spec(url="http://b.test", reset="none"),
             openapi_spec(url="http://a.test", reset="none", security={"APIKeyHeader": "A"}),
             openapi_spec(url="http://a.test", reset={"command": ["true"]}), openapi_spec(url="http://a.test", reset={"call": "reset"})]
    before = [code_digest(tmp_path, spec) for spec in specs]
    assert len(set(before)) == len(specs)
    (tmp_path / "api.yaml").write_text((SHOP / "api.yaml").read_text(encoding="utf-8") + "# other\n", encoding="utf-8")
    assert not set(before) & {code_digest(tmp_path, spec) for spec in specs}

