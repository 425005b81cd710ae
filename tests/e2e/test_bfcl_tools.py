"""The typed recipe of all BFCL functions against the package itself: what its tools return, and that the recipe builds."""

import json
import shutil
import subprocess
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from click.testing import CliRunner

from magnetc.build.lock import find_site_packages, update_lock
from magnetc.cli.main import main
from magnetc.diagnostics import MagnetError, Sink
from magnetc.frontend.load import load
from magnetc.ir.conform import violations
from magnetc.ir.types import leaves
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.importers.importer import Place

pytestmark = pytest.mark.bfcl

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "specs" / "bfcl_tools"
REPLAY = ROOT / "tests" / "data" / "bfcl" / "tool_results.py"

BY_HAND = {
    "view_messages_sent": "is not a string", "get_ticket": "is missing", "get_order_details": "is missing",
    "retrieve_invoice": "is not one of the values of `TravelClass`",
}
"""Records that BFCL's initial states hold and its tools would never make: inboxes of lists, tickets without a title."""


@pytest.fixture(scope="module")
def spec():
    return load(FOLDER, Sink(), IMPORTERS)


@pytest.fixture(scope="module")
def python(spec):
    try:
        return ensure_environment(spec.recipe.world.packages, lambda text: None)
    except MagnetError as error:
        pytest.skip(f"the BFCL environment cannot be made: {error}")


def test_the_committed_lock_is_what_the_package_holds(spec, python, tmp_path):
    written = update_lock(tmp_path, {("bfcl", tool.category): None for tool in spec.tools},
                          Place(folder=tmp_path, site_packages=lambda: find_site_packages(python)))
    assert written.read_text(encoding="utf-8") == (FOLDER / "magnetc.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(python):
    done = subprocess.run([python, "-I", REPLAY, FOLDER], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def pointers(value, at=""):
    """Where scalars stand in a result."""
    match value:
        case dict():
            return [each for key, item in value.items() for each in pointers(item, f"{at}/{key}")]
        case list():
            return [each for index, item in enumerate(value) for each in pointers(item, f"{at}/{index}")]
        case _:
            return [at]


def failed(call):
    return isinstance(call["result"], dict) and "error" in call["result"]


def test_ground_truth_returns_what_the_types_say(spec, told):
    calls = [call for call in told if call["ground_truth"]]
    assert (len(calls), len({call["tool"] for call in calls})) == (3422, 81)
    assert not any(map(failed, calls))
    wrong = {(call["tool"], each) for call in calls
             for each in violations(call["result"], spec.tool[call["tool"]].returns, spec.type_table)}
    assert {(name, each) for name, each in wrong if BY_HAND.get(name, "nothing") not in each} == set()
    assert {name for name, _ in wrong} == set(BY_HAND)


def test_every_tool_takes_and_returns_what_the_types_say(spec, told):
    calls = [call for call in told if not call["ground_truth"]]
    assert {call["tool"] for call in calls} == set(spec.tool)
    assert {call["tool"] for call in calls if failed(call)} == {"get_outside_temperature_from_weather_com"}
    for call in calls:
        tool = spec.tool[call["tool"]]
        if not failed(call):
            assert violations(call["result"], tool.returns, spec.type_table) == [], tool.name
        for name, value in call["arguments"].items():
            assert violations(value, tool.parameter(name).type, spec.type_table) == [], (tool.name, name)


def test_no_declared_field_is_made_up(spec, told):
    """Each field that has a meaning was seen in some result."""
    seen = defaultdict(set)
    for call in told:
        seen[call["tool"]].update(pointers(call["result"]))
    made_up = {(tool.name, at) for tool in spec.tools for at, ref in leaves(tool.returns)
               if ref.name in spec.type_table.types and not any(fnmatchcase(each, at) for each in seen[tool.name])}
    assert made_up == {("get_outside_temperature_from_weather_com", "/outsideTemperature")}


def test_it_builds_and_verifies(python, tmp_path):
    out = tmp_path / "out"
    for command in (["build", str(FOLDER), "--trust", "-o", str(out)], ["verify", str(out), "--trust"]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output
    assert len((out / "sft" / "train.jsonl").read_text(encoding="utf-8").splitlines()) >= 4


def test_probing_finds_where_documents_are_wrong(python, tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "bfcl_tools")
    result = CliRunner().invoke(main, ["probe", str(folder), "--trust"])
    assert result.exit_code == 0, result.output
    for code, name, note in (
        ("MG641", "purchase_insurance", "in the code: access_token, insurance_type, booking_id, insurance_cost, card_id"),
        ("MG640", "check_tire_pressure", "`/tirePressure` is not there"),
        ("MG640", "displayCarStatus", "`/status` is not there"),
        ("MG640", "list_all_airports", "`/` is not an object"),
        ("MG640", "send_message", "`/message_id` is not an integer"),
    ):
        assert f"warning[{code}]: `{name}`" in result.output
        assert note in result.output
