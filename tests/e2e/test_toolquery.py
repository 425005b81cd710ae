"""`magnetc eval toolquery`: agents at the shipped tasks, and at tasks that are written as AgentBoard writes them."""

import asyncio
import json
import os
import pickle

import pytest
from dataset import magnetc
from running import teacher
from toolquery import AGENTBOARD_TASKS, SPEC, Solver, agentboard, as_rows, call, finish, records

from magnetc.diagnostics import MagnetError
from magnetc.eval.toolquery.agentboard import read_nets
from magnetc.eval.toolquery.environment import Tools, environment, own_spec
from magnetc.eval.toolquery.run import run
from magnetc.eval.toolquery.tasks import agentboard_tasks, own_tasks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spec():
    return own_spec()


def done(spec, chosen, policy, data=None, **options):
    async def body():
        async with environment(data, spec, print) as world:
            return await run(chosen, policy, world, Tools(spec), **options)

    return asyncio.run(body())


def test_who_makes_the_calls_of_the_tasks_solves_all(spec):
    chosen = own_tasks()
    policy = Solver(chosen.tasks)
    result = done(spec, chosen, policy, batch=25)
    assert max(policy.sizes) == 25
    found = result.groups()
    assert {name: (group.tasks, group.success_rate, group.strict_rate, group.progress, group.grounded) for name, group in found.items()} == {
        "all": (60, 1.0, 1.0, 1.0, 1.0), "weather": (20, 1.0, 1.0, 1.0, 1.0), "movie": (20, 1.0, 1.0, 1.0, 1.0), "academia": (20, 1.0, 1.0, 1.0, 1.0),
        "easy": (43, 1.0, 1.0, 1.0, 1.0), "hard": (17, 1.0, 1.0, 1.0, 1.0)}
    assert [score.steps for score in result.scores] == [len(task.calls) + 1 for task in chosen.tasks]


def test_wrong_answers_are_progress_and_no_success(spec):
    chosen = own_tasks()
    result = done(spec, chosen, Solver(chosen.tasks, lambda task: finish("something else")))
    assert {score.success for score in result.scores} == {False}
    assert all(score.ended and score.progress == (len(score.task.subgoals) - 1) / len(score.task.subgoals) for score in result.scores)


def test_answers_that_some_tool_gave_are_official_and_not_strict(spec):
    """The level of the air is a result and the answer: said twice by a tool, it counts as AgentBoard counts, whatever is handed in."""
    (task,) = [task for task in own_tasks().tasks if task.id == "weather-06"]
    again = own_tasks().part(["weather"], None)
    again = type(again)(name="one", digest="", tasks=(task,))
    level = task.calls[-1]

    class Twice(Solver):
        def _next(self, request):
            said = sum(message["role"] == "assistant" for message in request.messages)
            return call(level[0], **level[1]) if said == len(task.calls) else finish("good") if said > len(task.calls) else super()._next(request)

    (score,) = done(spec, again, Twice([task])).scores
    assert (score.progress, score.success, score.strict, score.answer) == (1.0, True, False, "good")


def test_the_command_scores_a_model_behind_an_endpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = [task for task in records() if task["family"] != "academia"]
    with teacher(agent=as_rows(tmp_path / "known", known)) as server:
        words = ("eval", "toolquery", "--model", "student", "--endpoint", server.url, "--limit", "3", "--steps", "8", "--results", "scores.json")
        result = magnetc(*words, "--json")
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert (told["set"], told["digest"]) == ("magnetc-toolquery-60[9 of 60]", own_tasks().digest)
        assert told["groups"]["movie"]["success_rate"] == told["groups"]["weather"]["progress_rate"] == 1.0
        assert told["groups"]["academia"] | {"steps": 8.0, "grounding": 0.0, "success_rate": 0.0, "progress_rate": 0.0} == told["groups"]["academia"]
        assert "9 tasks, 27 messages the short way, 72 at the most" in result.stderr
        assert "27 messages of the agent in 9 conversations" in result.stderr
        written = json.loads((tmp_path / "scores.json").read_text())
        assert written["tasks"][0]["messages"][-1]["role"] == "tool"
        asked = server.stats()["requests"]
        shown = magnetc(*words)
        assert server.stats()["requests"] == asked, "what is in the journal is not asked for again"
    assert "magnetc-toolquery-60[9 of 60]" in shown.stdout
    assert "100.0%" in next(line for line in shown.stdout.splitlines() if line.startswith("movie"))


def test_tasks_of_agentboard_are_run_in_its_own_nets(tmp_path, spec):
    data = agentboard(tmp_path)
    chosen = agentboard_tasks(data)
    assert [task.goal for task in chosen.tasks] == [task["goal"] for task in AGENTBOARD_TASKS[:2]]
    (reason,) = chosen.left_out
    assert "open-meteo" in reason
    ways = {chosen.tasks[0].goal: (call("paperNodeCheck", node="First Steps"), call("loadPaperNet"), call("paperNodeCheck", node="First Steps"), finish(2019)),
            chosen.tasks[1].goal: (call("loadAuthorNet"), call("authorEdgeCheck", node1="Ada Quill", node2="Ben Rook"), finish(["Second Thoughts"]))}

    class Way:
        async def act(self, requests):
            return [ways[request.messages[1]["content"]][sum(m["role"] == "assistant" for m in request.messages)] for request in requests]

    result = done(spec, chosen, Way(), data)
    assert [(score.progress, score.strict, score.steps) for score in result.scores] == [(1.0, True, 4), (1.0, True, 3)]
    assert json.loads(result.scores[0].messages[3]["content"]) == "Please load the PaperNet first."
    assert result.document("m")["set"] == "agentboard-tool-query"


def test_nets_answer_as_agentboards_toolkit_does(tmp_path):
    nets, loaded = read_nets(agentboard(tmp_path)), {"loadPaperNet", "loadAuthorNet"}
    assert nets.call("neighbourCheck", {"graph": "PaperNet", "node": "Second Thoughts"}, loaded) == (["First Steps"], False)
    assert nets.call("neighbourCheck", {"graph": "AuthorNet", "node": "Ada Quill"}, loaded) == (["Ben Rook"], False)
    assert nets.call("authorNodeCheck", {"node": "Ada Quill"}, loaded) == ({"name": "Ada Quill", "org": "North"}, False)
    assert nets.call("paperEdgeCheck", {"node1": "Second Thoughts", "node2": "First Steps"}, loaded) == ({}, False)
    assert nets.call("paperEdgeCheck", {"node1": "First Steps", "node2": "Second Thoughts"}, loaded) == (
        "There is no edge between First Steps and Second Thoughts.", True)
    assert nets.call("authorNodeCheck", {"node": "Nobody"}, loaded) == ("There is no node named Nobody in the AuthorNet.", True)
    assert nets.call("finish", {"answer": ["b", "a"]}, loaded) == (["a", "b"], False)
    assert nets.call("finish", {"answer": ["b", 1]}, loaded)[0].startswith("ERROR | TypeError")
    assert nets.call("paperNodeCheck", {"node": ["x"]}, loaded)[1]


class Evil:
    def __reduce__(self):
        return os.mkdir, ("was-run",)


@pytest.mark.parametrize(("files", "why"), [
    ({"paper_net": pickle.dumps(Evil())}, "it names `posix.mkdir`"),
    ({"author_net": b"no pickle"}, "`author_net.pkl` cannot be read"),
    ({"paper_net": {"nodes": 1}}, "not as `networkx` keeps graphs"),
])
def test_pickles_are_read_and_never_run(tmp_path, monkeypatch, files, why):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MagnetError) as raised:
        read_nets(agentboard(tmp_path / "data", **files))
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "MG707"
    assert why in diagnostic.message
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(("text", "why"), [
    (None, "no file `tool-query/test.jsonl` is in it"), ("{", "line 1 of `test.jsonl` is no JSON"), ('{"goal": "x"}', "task 1 is no task of ToolQuery"),
    ('{"goal": "x", "subgoals": [1], "additional_info": {"tool": "todo"}}', "task 1 is no task of ToolQuery"),
])
def test_data_that_is_none_is_told(tmp_path, text, why):
    (tmp_path / "tool-query").mkdir()
    if text is not None:
        (tmp_path / "tool-query" / "test.jsonl").write_text(text)
    result = magnetc("eval", "toolquery", "--data", tmp_path, "--model", "m")
    assert result.exit_code == 1
    assert "MG707" in result.stderr
    assert why in result.stderr


def test_the_recipe_builds_verified_data(tmp_path):
    pytest.importorskip("rensa")
    checked = magnetc("check", SPEC)
    assert checked.exit_code == 0, checked.output
    assert checked.stderr.splitlines() == ["`toolquery` is sound: 40 tools, 66 edges, 4 paths"]
    out = tmp_path / "out"
    built = magnetc("build", SPEC, "-o", out, "--paths", "8", "--trust")
    assert built.exit_code == 0, built.output
    verified = magnetc("verify", out, "--trust", "--json")
    assert verified.exit_code == 0, verified.output
    assert json.loads((out / "coverage.json").read_text())["tools"]["covered"] > 5
