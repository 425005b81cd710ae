"""`magnetc probe`: what tools do beside what is said of them, a diagnostic for each mismatch, the rest in the lock."""

import json
import shutil

import pytest
from dataset import RECIPES, magnetc

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.types import Field, Record, Ref
from magnetc.tools.importers import IMPORTERS


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("misfit") / "recipe"
    shutil.copytree(RECIPES / "misfit", folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert magnetc("lock", folder).exit_code == 0
    return folder, magnetc("probe", folder, "--trust", "--jobs", "2")


def told(output):
    """(code, tool) of each diagnostic."""
    lines = [line for line in output.splitlines() if line.startswith("warning[")]
    return sorted((line[8:13], line.partition("`")[2].partition("`")[0].replace("the result of ", "")) for line in lines)


def test_each_mismatch_is_told_and_nothing_else(probed):
    result = probed[1]
    assert result.exit_code == 0, result.output
    assert told(result.output) == [("MG640", "declared"), ("MG640", "flat"), ("MG640", "listed"), ("MG642", "moody"), ("MG643", "reader")]
    assert result.output.count("the recipe's `refine` has it right") == 1
    assert "`rain`, `wind` stand at the top of the result" in result.output
    assert "at `/process`" in result.output
    assert "misfit.magnet" in result.output
    assert "never called  broken: `broken` answers: out of order" in result.output
    assert "7 tools of 8 called" in result.output


def test_the_lock_keeps_what_was_seen(probed):
    section = json.loads((probed[0] / "magnetc.lock").read_text())["behaviour"]
    tools = section["tools"]
    assert tools["right"]["returns"] == {"type": "object", "properties": {"left": {"type": "integer"}}, "required": ["left"]}
    assert tools["right"]["errors"]["required"] == ["error"]
    assert tools["right"]["writes"] is True
    assert tools["flat"]["writes"] is False
    assert tools["moody"]["unsteady"] == ["/process"]
    assert tools["broken"]["stuck"]
    assert section["world"]


def test_an_import_that_says_nothing_of_its_result_returns_what_was_seen(probed):
    spec = load(probed[0], Sink(), IMPORTERS)
    assert spec.tool["silent"].returns == Record((Field("temperature", Ref("integer")), Field("day", Ref("string"))))


def test_another_lock_keeps_it(probed):
    before = json.loads((probed[0] / "magnetc.lock").read_text())
    assert magnetc("lock", probed[0]).exit_code == 0
    assert json.loads((probed[0] / "magnetc.lock").read_text()) == before


def test_as_json(probed):
    result = magnetc("probe", probed[0], "--trust", "--jobs", "1", "--json")
    start = result.stdout.index("{")
    assert set(json.loads(result.stdout[start:])) == {"flat", "listed", "right", "silent", "reader", "moody", "broken", "declared"}


def test_code_runs_only_when_it_is_trusted(probed):
    result = magnetc("probe", probed[0])
    assert result.exit_code == 1
    assert "MG606" in result.output
