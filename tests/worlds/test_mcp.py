"""Worlds of MCP servers: processes that are killed, that hang, that hold state; HTTP; names that clash; what is refused."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from cases import DATA, NOW
from mcp_cases import FILES, MCP, MEMORY, mcp_spec

from magnetc.diagnostics import MagnetError
from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.types import Ref as TypeRef
from magnetc.tools.trust import code_digest
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.protocol import Reset, Run, Step

pytestmark = pytest.mark.mcp
START = Reset(seed=1, now=NOW)
COUNTER = {"command": [sys.executable, "{recipe}/mcp_counter.py"]}
WEB = {"command": [sys.executable, "{recipe}/mcp_counter.py", "{port}"], "url": "http://127.0.0.1:{port}/mcp"}


def in_world(spec, body):
    """What `body(world)` returns."""
    async def run():
        world = await world_kind(spec).prepare(spec, DATA / "worlds", print)()
        try:
            return await body(world)
        finally:
            await world.close()

    return asyncio.run(run())


def add(amount):
    return Step(call="add", args={"amount": amount})


def children():
    """Processes that this one started, servers below a launcher too."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        own = [pid for pid, above in parents.items() if above == parent]
        found += own
        waiting += own
    return found


@pytest.mark.parametrize("server", [COUNTER, WEB], ids=["stdio", "http"])
def test_state_of_a_process_is_set_back_by_starting_it_anew(server):
    async def body(world):
        assert world.levels.reset == "command"
        (first,) = await world.run(Run(start=START, programs=[[add(2), add(3)]], keep=True))
        (on,) = await world.run(Run(start=first.handle, programs=[[add(10)]]))
        (again,) = await world.run(Run(start=START, programs=[[add(2)]]))
        (back,) = await world.run(Run(start=first.handle, programs=[[add(1)]]))
        return [outcome.results[-1]["count"] for outcome in (first, on, again, back)]

    assert in_world(mcp_spec(servers={"counter": server}), body) == [5, 15, 2, 6]


@pytest.mark.parametrize("case", [case for case in MCP if case.name in ("git", "all-in-processes")], ids=lambda case: case.name)
def test_a_server_that_is_killed_costs_time_alone(case):
    steps = [case.read, case.write, case.read, case.other, case.read] * 3
    run = Run(start=START, programs=[steps], digest=True, stop_on_error=False)
    killed = 0

    async def kill():
        nonlocal killed
        for _ in range(2):
            await asyncio.sleep(0.02)
            for pid in children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            await asyncio.sleep(1)

    async def body(world):
        (calm,) = await world.run(run)
        killer = asyncio.create_task(kill())
        disturbed = [(await world.run(run))[0] for _ in range(3)]
        await killer
        disturbed += await world.run(run)
        return calm, disturbed

    calm, disturbed = in_world(case.spec, body)
    assert killed >= 2
    assert all((outcome.results, outcome.digest) == (calm.results, calm.digest) for outcome in disturbed)


def test_a_tool_that_hangs_or_kills_its_server():
    spec = mcp_spec(servers={"counter": COUNTER}, seconds=0.5)

    async def body(world):
        (late,) = await world.run(Run(start=START, programs=[[add(1), Step(call="sleep", args={"seconds": 30})]]))
        assert (late.late, late.error) == (True, 1)
        assert "did not return within 0.5 s" in late.reason
        with pytest.raises(MagnetError, match=r"dies again and again during `die`.*last words") as caught:
            await world.run(Run(start=START, programs=[[Step(call="die")]]))
        assert caught.value.diagnostics[0].code == "MG602"
        return (await world.run(Run(start=START, programs=[[add(4)]])))[0].results

    assert in_world(spec, body) == [{"count": 4}]


def test_tools_of_the_same_name_are_told_apart_by_their_server():
    spec = mcp_spec(servers={"one": COUNTER, "two": COUNTER, "memory": MEMORY})

    async def body(world):
        world.check([FunctionSignature(name="one_add", description="", parameters=(Parameter(name="amount", type=TypeRef("integer")),)),
                     FunctionSignature(name="read_graph", description="")])
        with pytest.raises(MagnetError) as caught:
            world.check([FunctionSignature(name="one_ad", description=""), FunctionSignature(name="two_add", description=""),
                         FunctionSignature(name="read_graph", description="", parameters=(Parameter(name="deep", type=TypeRef("boolean")),))])
        first = caught.value.diagnostics[0]
        assert (first.code, first.help) == ("MG603", "did you mean `one_add`?")
        assert [d.message for d in caught.value.diagnostics][1:] == [
            "the tool `two_add` of the world needs a `amount`", "the tool `read_graph` of the world takes no `deep`"]
        steps = [Step(call="one_add", args={"amount": 1}), Step(call="two_add", args={"amount": 5}), Step(call="add", args={"amount": 1})]
        (outcome,) = await world.run(Run(start=START, programs=[steps], stop_on_error=False))
        return outcome.results

    assert in_world(spec, body) == [{"count": 1}, {"count": 5}, {"error": "unknown tool `add`"}]


def test_the_private_directory_has_one_name_wherever_it_is():
    spec = mcp_spec(servers={"files": FILES}, seeds=["desk"])

    async def body(world):
        steps = [Step(call="write_file", args={"path": "/workspace/a.txt", "content": "see /workspace"}),
                 Step(call="list_allowed_directories"), Step(call="read_text_file", args={"path": "/workspace/a.txt"}),
                 Step(call="read_text_file", args={"path": "/etc/passwd"})]
        (outcome,) = await world.run(Run(start=START, programs=[steps], stop_on_error=False))
        return outcome.results

    written, allowed, read, outside = in_world(spec, body)
    assert written == {"content": "Successfully wrote to /workspace/a.txt"}
    assert allowed == {"content": "Allowed directories:\n/workspace"}
    assert read == {"content": "see /workspace"}
    assert "Access denied" in outside["error"]


@pytest.mark.parametrize(("settings", "code", "words"), [
    ({"servers": {"a": {"command": ["no-such-program"]}}}, "MG651", "does not start"),
    ({"servers": {"a": {"command": [sys.executable, "-c", "import sys; sys.exit('no disk')"]}}}, "MG651", "no disk"),
    ({"servers": {"a": {"url": "http://127.0.0.1:1/mcp"}}}, "MG650", "cannot be set back"),
    ({"servers": {"a": {}}}, "MG650", "has no `command`"),
    ({"servers": {"a": COUNTER}, "normalise": [{"to": "x"}]}, "MG650", "says neither"),
    ({"servers": {"a": COUNTER}, "normalise": [{"match": "(", "to": "x"}]}, "MG650", "cannot be read"),
    ({"servers": {"a": COUNTER}, "setup": [["false"]]}, "MG652", "`false`: it exited with status 1"),
    ({"servers": {"a": COUNTER}, "setup": [["sh", "-c", "kill -9 $$"]]}, "MG652", "it exited with status -9"),
    ({"servers": {"a": {**COUNTER, "npm": ["left-pad"]}}}, "MG605", "no exact version"),
])
def test_what_cannot_be_is_told(settings, code, words):
    with pytest.raises(MagnetError) as caught:
        in_world(mcp_spec(**settings), lambda world: world.run(Run(start=START, programs=[[add(1)]])))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code
    assert words in diagnostic.message + " ".join(diagnostic.notes)


def test_a_setup_that_is_ended_from_outside_is_done_anew(tmp_path):
    mark = tmp_path / "mark"
    once = ["sh", "-c", f"test -e {mark} || {{ touch {mark}; kill -9 $$; }}"]
    spec = mcp_spec(servers={"a": COUNTER}, setup=[once])
    (outcome,) = in_world(spec, lambda world: world.run(Run(start=START, programs=[[add(1)]])))
    assert mark.exists()
    assert outcome.results == [{"count": 1}]


def test_trust_hangs_on_commands_packages_and_seeds(tmp_path):
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "a.txt").write_text("a")
    settings = {"servers": {"memory": MEMORY}, "seeds": ["seed"], "setup": [["true"]]}
    before = code_digest(tmp_path, mcp_spec(**settings))
    assert before == code_digest(tmp_path, mcp_spec(**json.loads(json.dumps(settings))))
    others = [code_digest(tmp_path, mcp_spec(**{**settings, "setup": [["false"]]})),
              code_digest(tmp_path, mcp_spec(**{**settings, "servers": {"memory": {**MEMORY, "npm": []}}}))]
    (tmp_path / "seed" / "a.txt").write_text("b")
    others.append(code_digest(tmp_path, mcp_spec(**settings)))
    assert len({before, *others}) == 4
