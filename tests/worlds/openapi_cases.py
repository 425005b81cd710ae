"""Worlds of an HTTP API for the conformance suite: a FastAPI app on SQLite, started by the world, or running elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cases import DATA, NOW, Case

from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds.protocol import Ref, Step

SHOP = DATA / "recipes" / "petshop"
SERVE = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", "{recipe}", "--port", "{port}", "--log-level", "warning"]
OWN = {"command": SERVE, "env": {"DATABASE": "{dir}/shop.db"}}


def openapi_spec(**settings: object) -> WorldSpec:
    return WorldSpec(kind="openapi", settings=json.dumps({"document": "api.yaml", **settings}), now=NOW, origin=Origin("recipe.yaml", "/world"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"


@contextmanager
def shop(port: int = PORT, **variables: str) -> Iterator[None]:
    """The shop, running at a port as it would without any world."""
    with tempfile.TemporaryDirectory() as folder:
        command = [word.replace("{recipe}", str(SHOP)).replace("{port}", str(port)) for word in SERVE]
        environment = {**os.environ, "DATABASE": f"{folder}/shop.db", "PYTHONDONTWRITEBYTECODE": "1", **variables}
        process = subprocess.Popen(command, env=environment)
        try:
            while process.poll() is None:
                with socket.socket() as found:
                    if not found.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.02)
            yield
        finally:
            process.kill()
            process.wait()


class RecordedHere:
    """A folder with the document alone, in which answers are recorded."""

    def __init__(self) -> None:
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name)
        shutil.copy(SHOP / "api.yaml", self.folder)


_RECORDED = RecordedHere()
_LIST = Step(call="list_pets", args={"kind": ["dog"], "limit": 1})
_PLACE = Step(call="place_order", args={"pet": "P2", "day": "2026-04-01"})
_MOVE = Step(call="place_order", args={"pet": "P3", "day": "2026-04-02"})
_SOLD = Step(call="get_order", args={"order": "O9999"})
_BUY = Step(call="place_order", args={"day": "2026-03-09"}, refs={"/pet": Ref(step=0, at="/*/id")})

OPENAPI = (
    Case(name="openapi-files", spec=openapi_spec(**OWN, holds="files"), folder=SHOP, read=_LIST, wrong=_SOLD, chain=(_LIST, _BUY), write=_PLACE,
         other=_MOVE, pattern="/tables/shop.db/pets/*/name"),
    Case(name="openapi-process", spec=openapi_spec(**OWN, reset={"call": "reset"}, observe={"list_orders": {}, "list_pets": {"limit": 50}}),
         folder=SHOP, read=_LIST, wrong=_SOLD, chain=(_LIST, _BUY), write=_PLACE, other=_MOVE, pattern="/seen/list_pets/*/name"),
    Case(name="openapi-elsewhere", spec=openapi_spec(url=URL, reset={"call": "reset"}), folder=SHOP, read=_LIST, wrong=_SOLD,
         chain=(_LIST, _BUY), write=_PLACE, other=_MOVE, behind=shop),
    Case(name="openapi-recorded", spec=openapi_spec(url=URL, reset="none"), folder=_RECORDED.folder, read=_LIST, wrong=_SOLD,
         chain=(_LIST, Step(call="get_pet", refs={"/pet": Ref(step=0, at="/*/id")})), behind=shop),
)
