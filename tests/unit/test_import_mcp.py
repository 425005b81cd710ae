"""The MCP importer: what a server lists, over its standard input and over HTTP, and what is told when it does not."""

import json
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("mcp")

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.tools.importers import mcp_server
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.mcp_server import import_mcp

SERVER = Path(__file__).parents[1] / "data" / "imports" / "server.py"
COMMAND = shlex.join([sys.executable, str(SERVER)])


def place(folder, allow=lambda command: None):
    return Place(folder=folder, site_packages=lambda: folder, allow_code=allow)


def check(snapshot):
    add, note = snapshot.functions
    assert snapshot.source == "shelf 1.2"
    assert (add["name"], add["description"], add["effect"]) == ("add", "Add two numbers.", "reads")
    assert add["parameters"]["required"] == ["a"]
    assert add["parameters"]["properties"]["b"]["default"] == 2
    assert add["returns"]["properties"]["result"]["type"] == "integer"
    assert note["name"] == "note"
    assert not {"returns", "effect"} & set(note)


def test_a_command(tmp_path):
    asked = []
    snapshot = import_mcp(COMMAND, place(tmp_path, asked.append))
    check(snapshot)
    assert asked == [COMMAND]
    assert import_mcp(COMMAND, place(tmp_path)).digest == snapshot.digest
    json.dumps(snapshot.entry())


def test_a_url(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = SERVER.read_text().replace("server.run()", f'server.run("streamable-http", port={port})')
    (tmp_path / "web.py").write_text(code)
    with subprocess.Popen([sys.executable, tmp_path / "web.py"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.1)
            check(import_mcp(f"http://127.0.0.1:{port}/mcp", place(tmp_path)))
        finally:
            running.terminate()


def test_a_command_that_is_not_trusted_does_not_run(tmp_path):
    def refuse(command):
        raise MagnetError(Diagnostic(code="MG606", message=command))

    with pytest.raises(MagnetError, match="MG606"):
        import_mcp(f"touch {tmp_path / 'ran'}", place(tmp_path, refuse))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("command", "said"), [
    ("no-such-command-here", "cannot be asked"), ("false", "cannot be asked"), ('echo "', "no command"),
    (shlex.join([sys.executable, "-c", "import time; time.sleep(60)"]), "within")])
def test_a_server_that_does_not_answer_is_told(tmp_path, monkeypatch, command, said):
    monkeypatch.setattr(mcp_server, "SECONDS", 3.0)
    with pytest.raises(MagnetError) as caught:
        import_mcp(command, place(tmp_path))
    assert caught.value.diagnostics[0].code == "MG502"
    assert said in caught.value.diagnostics[0].message
