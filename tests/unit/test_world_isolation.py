"""Isolation: what recipe code may not do, it cannot do, and what it breaks is one request's."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.ir.limits import Limits
from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds.confine import EXCEEDED, FAILED, descendants, in_force
from magnetc.tools.worlds.confined import confined
from magnetc.tools.worlds.protocol import Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld

WORLDS = Path(__file__).parents[1] / "data" / "worlds"
NOW = "2026-03-02T09:00:00Z"
SPEC = WorldSpec(python="hostile:HostileWorld", now=NOW, origin=Origin("recipe.yaml", "/world"))
SMALL = Limits(seconds=0.5, memory=512, disk=8, output=4, files=32)

has = in_force()
needs_files = pytest.mark.skipif(not has["files"], reason="this kernel has no Landlock")
needs_network = pytest.mark.skipif(not has["network"], reason="seccomp is not there")
needs_processes = pytest.mark.skipif(not has["processes"], reason="seccomp is not there")


def calls(*steps, limits=SMALL):
    """What each call gives: its result, or the message of the diagnostic. Afterwards the world still works."""

    async def body():
        async with await PythonWorld.start(SPEC, WORLDS, limits=limits) as world:
            given = []
            for name, arguments in steps:
                try:
                    (outcome,) = await world.run(Run(start=Reset(now=NOW), programs=[[Step(call=name, args=arguments)]]))
                    given.append(outcome.results[0])
                except MagnetError as error:
                    given.append(str(error).removeprefix("MG602: ").partition("`: ")[2])
            (outcome,) = await world.run(Run(start=Reset(now=NOW), programs=[[Step(call="add")]]))
            assert outcome.results == [{"count": 1}]
            return given

    return asyncio.run(body())


def call(name, limits=SMALL, **arguments):
    (given,) = calls((name, arguments), limits=limits)
    return given


@needs_processes
def test_no_process_is_started():
    refused = {"error": "[Errno 1] Operation not permitted"}
    assert calls(("fork_bomb", {}), ("start_processes", {})) == [refused, refused]


@needs_files
def test_files_elsewhere_are_out_of_reach(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="utf-8")
    at = {"path": str(precious)}
    new = str(tmp_path / "new")
    given = calls(("read", at), ("write", at), ("delete", at), ("empty", at), ("write", {"path": new}), ("parents_secrets", {}))
    assert all("[Errno 13] Permission denied" in result["error"] for result in given)
    assert precious.read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [precious]


@needs_files
def test_the_recipe_is_read_and_not_written():
    own = str(WORLDS / "hostile.py")
    read, written = calls(("read", {"path": own}), ("write", {"path": own}))
    assert read["text"].startswith('"""A world whose tools')
    assert "Permission denied" in written["error"]


def test_the_working_directory_is_fresh_for_each_trajectory(tmp_path):
    (tmp_path / "others").write_text("", encoding="utf-8")

    async def body():
        async with await PythonWorld.start(SPEC, WORLDS) as world:
            async def run(*steps):
                return (await world.run(Run(start=Reset(now=NOW), programs=[steps])))[0].results

            await run(Step(call="write", args={"path": "note"}))
            assert await run(Step(call="entries")) == [["note"]]
            await run(Step(call="go_elsewhere", args={"path": "/usr"}))
            world.drop_all()
            assert await run(Step(call="entries")) == [[]]
            return world._directory

    assert not Path(asyncio.run(body())).exists()


@needs_network
def test_nobody_is_called():
    with socket.socket() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        server.bind(("127.0.0.1", 0))
        server.listen()
        datagrams.bind(("127.0.0.1", 0))
        given = calls(("call_home", {"port": server.getsockname()[1]}), ("say_by_datagram", {"port": datagrams.getsockname()[1]}))
        assert given == [{"error": "[Errno 13] Permission denied"}] * 2
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_network_is_there_when_the_recipe_says_so():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert call("call_home", limits=replace(SMALL, network=True), port=server.getsockname()[1]) is None
        with server.accept()[0] as connection:
            assert connection.recv(10) == b"secret"


@needs_processes
def test_nobody_else_is_killed():
    assert call("kill_parent") == {"error": "[Errno 1] Operation not permitted"}


def test_a_loop_ends_with_the_time_of_its_program():
    assert call("spin") == {"error": "`spin` did not return within 0.5 s"}


@pytest.mark.slow
def test_a_loop_that_goes_on_behind_is_ended():
    async def body():
        async with await PythonWorld.start(SPEC, WORLDS, limits=SMALL) as world:
            await world.run(Run(start=Reset(now=NOW), programs=[[Step(call="spin_behind")]]))
            pipe = world._pipe
            await asyncio.wait_for(asyncio.shield(pipe.closed), 90)
            assert pipe.epitaph().startswith("it was killed by signal 24")
            (outcome,) = await world.run(Run(start=Reset(now=NOW), programs=[[Step(call="add")]]))
            assert outcome.results == [{"count": 1}]

    asyncio.run(body())


def test_memory_is_limited_by_default():
    assert call("allocate", limits=Limits(), size=10 << 30) == {"error": "MemoryError"}


def test_output_is_limited():
    printed, answered = calls(("print_much", {"size": 64 << 20}), ("answer_much", {"size": 8 << 20}))
    assert printed == {"printed": 64 << 20}
    assert answered == "it answered with more than 4 MB"


def test_the_disk_is_not_filled():
    one, many = calls(("fill_disk", {"size": 64 << 20}), ("fill_disk_with_files", {}), limits=replace(SMALL, seconds=5))
    assert one == {"error": "[Errno 27] File too large"}
    assert many == "it wrote more than 8 MB to its directory"


def test_a_world_that_ends_itself_or_its_pipes():
    left, closed, forged = calls(("leave", {}), ("close_everything", {}), ("forge", {}))
    assert left == "it exited with status 7"
    assert closed.startswith("it ")
    assert forged == "it wrote to the pipe of its answers"


def test_files_are_not_opened_without_end():
    assert "Too many open files" in call("open_files", count=100)["error"]


def test_a_worker_killed_from_outside_is_replaced():
    async def body():
        async with await PythonWorld.start(SPEC, WORLDS, limits=replace(SMALL, seconds=10)) as world:
            running = asyncio.ensure_future(world.run(Run(start=Reset(now=NOW), programs=[[Step(call="spin")]])))
            await asyncio.sleep(0.2)
            os.kill(world._pipe.transport.get_pid(), signal.SIGKILL)
            with pytest.raises(MagnetError, match=r"MG602: .* died during `spin`: it was killed by signal 9"):
                await running
            (outcome,) = await world.run(Run(start=Reset(now=NOW), programs=[[Step(call="add")]]))
            assert outcome.results == [{"count": 1}]

    asyncio.run(body())


# Commands that start others


def supervised(tmp_path, script, processes, **options):
    command = confined([sys.executable, "-S", "-c", script], Limits(processes=processes),
                       read=[sys.prefix, sys.base_prefix], write=[str(tmp_path)])
    return subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_a_command_may_start_as_many_processes_as_it_is_given(tmp_path):
    script = "import subprocess, sys; print(subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout); sys.exit(5)"
    with supervised(tmp_path, script, 4) as process:
        assert process.communicate(timeout=20)[0].split() == ["hello"]
        assert process.returncode == 5


def test_a_fork_bomb_is_ended_with_all_it_started(tmp_path):
    script = "import os\nfor _ in range(6): os.fork()\nimport time\nopen(str(os.getpid()), 'w').close()\ntime.sleep(60)"
    with supervised(tmp_path, script, 16) as process:
        assert "more than 16 processes were started" in process.communicate(timeout=20)[1]
        assert process.returncode == EXCEEDED
    assert not [path for path in tmp_path.iterdir() if Path("/proc", path.name, "root").exists()]


def test_what_a_command_leaves_behind_ends_with_it(tmp_path):
    script = ("import os, time\n"
              "if not os.fork():\n    os.setsid()\n    if not os.fork():\n        open(f'{os.getpid()}', 'w').close()\n"
              "        time.sleep(60)\n    os._exit(0)\nos.wait()\n"
              "while not os.listdir(): time.sleep(0.01)\n")
    with supervised(tmp_path, script, 4) as process:
        assert process.wait(20) == 0
    (left,) = tmp_path.iterdir()
    assert not Path("/proc", left.name).exists()


def test_a_supervised_command_ends_when_it_is_told_to(tmp_path):
    with supervised(tmp_path, "print('up', flush=True); import time; time.sleep(60)", 4) as process:
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM


def test_what_cannot_be_started_says_so(tmp_path):
    command = confined([str(tmp_path / "nothing")], Limits(), read=[], write=[str(tmp_path)])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == FAILED
    assert "No such file or directory" in done.stderr


def test_the_processes_below_one_are_known():
    with subprocess.Popen(["sleep", "60"]) as process:
        deadline = time.monotonic() + 5
        while process.pid not in descendants() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.pid in descendants()
        process.kill()
