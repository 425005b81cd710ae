"""BFCL's own code, in an environment of its own: its checkers, its documents and its backends."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from magnetc.build.lock import find_site_packages, update_lock
from magnetc.cli.main import main
from magnetc.diagnostics import MagnetError, Sink
from magnetc.emit.exports.bfcl import to_bfcl
from magnetc.eval.bfcl.check import check
from magnetc.eval.judge import judge_conversations, judge_pairs
from magnetc.frontend.load import load
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.importers.importer import Place
from magnetc.tools.worlds.protocol import Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld

pytestmark = pytest.mark.bfcl

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "specs" / "bfcl"
PACKAGES = ("bfcl-eval==2026.3.23", "mpmath==1.3.0")
NOW = "2026-03-02T09:00:00Z"


@pytest.fixture(scope="module")
def python():
    try:
        return ensure_environment(PACKAGES, lambda text: None)
    except MagnetError as error:
        pytest.skip(f"the BFCL environment cannot be made: {error}")


def own_entries(python, category):
    """BFCL's own questions, with its ground truth as the answer."""
    data = find_site_packages(python) / "bfcl_eval" / "data"
    name = f"BFCL_v4_multi_turn_{category}.json"
    answers = [json.loads(line) for line in (data / "possible_answer" / name).open(encoding="utf-8")]
    truth = {answer["id"]: answer["ground_truth"] for answer in answers}
    questions = [json.loads(line) for line in (data / name).open(encoding="utf-8")]
    return [{**question, "ground_truth": truth[question["id"]],
             "decoded": [[turn] if turn else [] for turn in truth[question["id"]]]} for question in questions]


@pytest.mark.parametrize("category", ["base", "miss_func", "miss_param", "long_context"])
def test_ground_truth_passes(python, category):
    verdicts = check(python, own_entries(python, category))
    assert len(verdicts) == 200
    assert [verdict for verdict in verdicts if not (verdict["official"] and verdict["irrelevance"])] == []


def test_wrong_answers_fail(python):
    entries = own_entries(python, "miss_func")[:40]
    for entry in entries:
        entry["decoded"][-1] = []
    assert not any(verdict["official"] for verdict in check(python, entries))
    silent = own_entries(python, "miss_func")[:40]
    for entry in silent:
        turn = entry["ground_truth"].index([])
        entry["decoded"][turn] = entry["decoded"][turn + 1]
    assert not any(verdict["irrelevance"] for verdict in check(python, silent))


def test_only_calls_of_tools_are_evaluated(python, tmp_path):
    trace = tmp_path / "trace"
    entries = []
    for text in (f"open({str(trace)!r}, 'w')", f"ls(a=open({str(trace)!r}, 'w'))", f"ls(open({str(trace)!r}, 'w')).get(1)", "ls("):
        entries.append(own_entries(python, "base")[1])
        entries[-1]["decoded"][0] = [[text]]
    assert [verdict["official"] for verdict in check(python, entries)] == [False] * 4
    assert not trace.exists()
    entries[0]["ground_truth"][0] = [f"open({str(trace)!r}, 'w')"]
    assert check(python, entries[:1])[0]["error_type"] == "magnetc:not_a_call"
    assert not trace.exists()


def test_a_made_up_tool_is_an_error_that_can_be_repaired(python):
    entry = own_entries(python, "base")[0]
    entry["decoded"][0].insert(0, ["list_directory()"])
    assert check(python, [entry])[0]["official"]


def test_a_missing_turn_is_told(python):
    entry = own_entries(python, "base")[0]
    entry["decoded"].pop()
    assert check(python, [entry])[0]["error_type"] == "magnetc:turn_count"


def test_an_environment_without_the_package_is_told(tmp_path):
    with pytest.raises(MagnetError, match="MG702"):
        check(tmp_path / "python", [{"id": "x_1"} | dict.fromkeys(("initial_config", "involved_classes", "decoded", "ground_truth"))])


def test_the_committed_lock_is_what_the_package_holds(python, tmp_path):
    written = update_lock(tmp_path, {("bfcl", name): None for name in ("GorillaFileSystem", "TravelAPI")},
                          Place(folder=tmp_path, site_packages=lambda: find_site_packages(python)))
    assert written.read_text(encoding="utf-8") == (FOLDER / "magnetc.lock").read_text(encoding="utf-8")


def test_states_restore_the_world(python):
    script = ROOT / "tests" / "data" / "bfcl" / "world_walks.py"
    done = subprocess.run([python, "-I", script, FOLDER], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["trees"] == 8
    assert min(count for name, count in told["covered"].items() if name != "unknown_argument") > 5


def flight(token):
    return {"access_token": token, "travel_date": "2026-05-01", "travel_from": "SFO", "travel_to": "BOS",
            "travel_class": "economy"}


async def booking(python, seed):
    """A conversation whose second turn needs an id minted in the first, and the state it began in."""
    spec = load(FOLDER, Sink(), IMPORTERS)
    async with await PythonWorld.start(spec.recipe.world, FOLDER, python) as world:
        world.check(spec.tools)
        state = (await world.reset(Reset(seed=1, now=NOW), full=True)).state
        start = await world.reset(Reset(state=state, seed=seed, now=NOW), full=True)
        token, card = start.profile["access_token"], start.state["here"]["cards"][0]
        first = Step(call="book_flight", args={**flight(token), "card_id": card})
        (booked,) = await world.run(Run(start=start.handle, programs=[[first]]))
        second = Step(call="cancel_booking", args={"access_token": token, "booking_id": booked.results[0]["booking_id"]})
        (both,) = await world.run(Run(start=start.handle, programs=[[first, second]]))
        return start.state, [first, second], both.results


def as_messages(steps, results):
    messages = []
    for step, result in zip(steps, results):
        function = {"name": step.call, "arguments": json.dumps(dict(step.args))}
        messages += [{"role": "user", "content": "Please."},
                     {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": function}]},
                     {"role": "tool", "tool_call_id": "c", "content": json.dumps(result)}]
    return messages


def test_an_export_replays_only_from_its_own_state(python):
    state, steps, results = asyncio.run(booking(python, 12))
    other, _, _ = asyncio.run(booking(python, 13))
    assert results[1] == {"cancel_status": True}
    verdicts = []
    for number, config in enumerate((state, other)):
        made = to_bfcl(f"multi_turn_base_{number}", as_messages(steps, results), config, ["GorillaFileSystem", "TravelAPI"])
        entry = {**made["question"], "ground_truth": made["answer"]["ground_truth"], "decoded": made["decoded"],
                 "results": made["results"]}
        verdicts += check(python, [entry])
    assert [verdict["official"] for verdict in verdicts] == [True, True]
    assert [verdict["replayed"] for verdict in verdicts] == [True, False]


@pytest.fixture(scope="module")
def built(tmp_path_factory, python):
    out = tmp_path_factory.mktemp("bfcl") / "out"
    result = CliRunner().invoke(main, ["build", str(FOLDER), "--trust", "-o", str(out)])
    assert result.exit_code == 0, result.output
    return out


def test_every_built_conversation_passes_both_checkers(built):
    verdicts = judge_conversations(built, print)
    assert len(verdicts) >= 200
    assert [v for v in verdicts if not (v["official"] and v["irrelevance"] and v["replayed"])] == []


def test_what_proof_7_calls_non_equivalent_fails_there_too(built):
    verdicts = judge_pairs(built, print)
    assert len(verdicts) >= 100
    assert [(v["row"], v["fault"]) for v in verdicts if v["official"] and v["irrelevance"]] == []
