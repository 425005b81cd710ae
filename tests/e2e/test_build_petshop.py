"""A recipe of a real server, FastAPI on SQLite: built, verified from its output alone, and caught when it is changed."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from dataset import RECIPES, failing, forge, magnetc, rows
from openapi_cases import free_port, shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def programs():
    """The interpreter of the tests is the `python` of the recipe's command."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def folder(own_home, programs, tmp_path_factory):
    folder = shutil.copytree(RECIPES / "petshop", tmp_path_factory.mktemp("petshop") / "petshop")
    refused = magnetc("build", folder)
    assert "MG606" in refused.output
    assert "server `server`" in refused.output
    assert magnetc("trust", folder).exit_code == 0
    built = magnetc("build", folder)
    assert built.exit_code == 0, built.output
    return folder


def test_every_row_is_proven_where_nothing_but_the_output_is_left(folder, tmp_path):
    out = shutil.copytree(folder / "out", tmp_path / "elsewhere")
    result = magnetc("verify", out, "--json")  # trusted as the recipe is: its code and command are the same
    assert json.loads(result.stdout) == {"failures": [], "rows": sum(1 for _ in rows(out))}
    assert {row["certificate"]["world"]["replay"] for row in rows(out)} == {"exact"}
    assert len(list((out / "states").iterdir())) == 2


def test_what_is_changed_is_noticed(folder, tmp_path):
    def lied(row):
        message = next(message for message in row["messages"] if message["role"] == "tool" and '"price":' in message["content"])
        message["content"] = message["content"].replace('"price":', '"price":1')
        return row

    changed = [row["id"] for row in rows(folder / "out", "sft/") if any('"price":' in m["content"] for m in row["messages"] if m["role"] == "tool")]
    assert changed
    forge(folder / "out", tmp_path / "lied", lambda row: [lied(row)] if row["id"] in changed else [])
    found = failing(tmp_path / "lied")
    assert all(1 in found[f"{row}#0"] for row in changed)
    state = next((folder / "out" / "states").iterdir())
    out = shutil.copytree(folder / "out", tmp_path / "state")
    (out / "states" / state.name).write_text(state.read_text(encoding="utf-8").replace("Rex", "Max"), encoding="utf-8")
    assert failing(out)


READER = """
domain reader

type PetId = string examples "P1", "P2", "P4" minted
type Kind  = string one of "dog", "cat", "bird"
type Limit = integer range 2..5
type Name  = string
type Price = number

tool list_pets(kind: [Kind], limit?: Limit) -> [{id: PetId, name: Name, kind: Kind, price: Price}] reads { "Pets by kind." }
tool get_pet(pet: PetId) -> {id: PetId, name: Name, kind: Kind, price: Price} reads { "One pet." }
tool place_order(pet: PetId, day: string) -> {pet: PetId} writes { "Buy a pet." }

graph { infer typed }
path look {
  turns 2..3
  within [list_pets, get_pet]
}
operations { merge(0.3) }

turn list_pets { en ask "which {kind} do you have[, at most {limit}]" }
turn get_pet { en ask "what do you know about {pet}" }
refer PetId { en "that pet" | "the {kind} called {name}" }
reply list_pets { en "There is {#.}{name}{/.}." }
reply get_pet { en "{name} is a {kind} for {price}." }
"""
RECIPE = """
kind: recipe
name: reader
version: 0.1.0
include: [reader.magnet]
seed: 3
world: {openapi: {document: api.yaml, url: "http://127.0.0.1:%d", reset: none, redact: [{match: Tom}]}, now: "2026-03-02T09:00:00Z", variants: 1}
paths: {look: 6}
"""


def test_answers_that_were_recorded_are_verified_without_the_server(own_home, tmp_path):
    folder, out, again = tmp_path / "reader", tmp_path / "out", tmp_path / "again"
    folder.mkdir()
    shutil.copy(RECIPES / "petshop" / "api.yaml", folder)
    port = free_port()
    (folder / "recipe.yaml").write_text(RECIPE % port, encoding="utf-8")
    (folder / "reader.magnet").write_text(READER, encoding="utf-8")
    with shop(port):
        refused = magnetc("build", folder, "--trust", "-o", out)
        assert refused.exit_code == 1
        assert "MG653" in refused.output
        (folder / "reader.magnet").write_text("".join(line for line in READER.splitlines(keepends=True) if "place_order" not in line), encoding="utf-8")
        built = magnetc("build", folder, "--trust", "-o", out)
        assert built.exit_code == 0, built.output
    repeated = magnetc("build", folder, "--trust", "-o", again, "--jobs", "1")
    assert repeated.exit_code == 0, repeated.output
    for path in out.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(out)).read_bytes()
    assert json.loads(magnetc("verify", out, "--json").stdout)["failures"] == []  # it runs nothing, so that it needs no trust
    assert {row["certificate"]["world"]["replay"] for row in rows(out)} == {"recorded"}
    answers = sorted((out / "recipe" / "recorded").rglob("*.json"))
    assert "Tom" not in "".join(path.read_text(encoding="utf-8") for path in [*answers, *(out / "sft").glob("*.jsonl")])
    for path in answers:
        path.write_text(path.read_text(encoding="utf-8").replace('"price": ', '"price": 1'), encoding="utf-8")
    assert 1 in set().union(*failing(out).values())
