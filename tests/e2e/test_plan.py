"""The plan of a build: counted before anything is asked, and held to."""

import json
import shutil
from pathlib import Path

import pytest
from dataset import LIBRARY, magnetc
from running import teacher

from magnetc.build.plan import ASKED_TO_MISLEAD

PATHS = 6


@pytest.fixture
def recipe(own_home, tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    return shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))


def hosted(recipe, url, more=""):
    path = recipe / "recipe.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f'teacher: {{openai: {{model: small, endpoint: "{url}", price: {{input: 1, output: 2}}{more}}}}}\n', encoding="utf-8")


def plan(recipe, *options):
    result = magnetc("plan", recipe, "--trust", "--paths", PATHS, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_units_that_are_there_are_not_made(recipe, tmp_path):
    before = plan(recipe)
    assert [(each["units"], each["there"], each["made"]) for each in before["paths"]] == [(PATHS, 0, PATHS)]
    assert before["asking"] == []
    assert magnetc("build", recipe, "--trust", "--paths", PATHS, "-o", tmp_path / "out").exit_code == 0
    after = plan(recipe)
    assert [(each["units"], each["there"], each["made"]) for each in after["paths"]] == [(PATHS, PATHS, 0)]
    assert after["conversations"] == 0
    assert "every unit is there" in magnetc("plan", recipe, "--trust", "--paths", PATHS).stdout


def test_what_is_asked_is_counted_before(recipe, tmp_path):
    with teacher() as server:
        hosted(recipe, server.url)
        planned = plan(recipe, "-o", tmp_path / "plan.json")
        assert server.stats().get("requests", 0) == 0
        result = magnetc("build", recipe, "--trust", "--paths", PATHS, "-o", tmp_path / "out", "--plan", tmp_path / "plan.json", "--json")
        assert result.exit_code in (0, 1), result.output
        asked = {each["program"]: each["questions"] for each in planned["asking"]}
        assert set(asked) == {"back_translate", "forward_translate", "reply"}
        assert 0 < asked["back_translate"] <= asked["reply"]
        assert asked["back_translate"] < asked["forward_translate"], "a reader goes through every round of a turn"
    low, high = planned["money"]
    assert 0 < low < high


@pytest.mark.parametrize(("kind", "twins"), [("multi_turn", True), ("single_turn", False)])
def test_what_the_mixture_has_drawn_anew_is_counted_and_no_pair_for_what_calls_nothing(recipe, kind, twins):
    """A twin ends with a request that is declined, of which no pair is made; paths of one turn give room for none here, and are drawn anew for it."""
    path = recipe / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{mutate: 1.0}", "{mislead: 1}") + f"mixture: {{{kind}: 1, abstain: 1}}\n", encoding="utf-8")
    (recipe / "operations.yaml").write_text("kind: operations\noperations: [{no_tool: {near: 0.5}}]\n", encoding="utf-8")
    hosted(recipe, "http://127.0.0.1:9")
    planned = plan(recipe)
    asked = {each["program"]: each["questions"] for each in planned["asking"]}
    assert planned["conversations"] >= PATHS
    assert (planned["conversations"] > PATHS) == twins
    assert asked["mislead"] == ASKED_TO_MISLEAD * PATHS


def test_a_build_keeps_to_the_plan_or_does_nothing(recipe, tmp_path):
    plan(recipe, "-o", recipe / "plan.json")
    assert magnetc("build", recipe, "--trust", "--paths", PATHS, "-o", tmp_path / "out", "--plan", recipe / "plan.json").exit_code == 0
    path = recipe / "turns.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("find me something", "look for something", 1), encoding="utf-8")
    result = magnetc("build", recipe, "--trust", "--paths", PATHS, "-o", tmp_path / "other", "--plan", recipe / "plan.json")
    assert result.exit_code == 1
    assert "error[MG514]" in result.output
    assert not (tmp_path / "other").exists()
    (tmp_path / "none.json").write_text("[]", encoding="utf-8")
    assert "is no plan" in magnetc("build", recipe, "--trust", "--plan", tmp_path / "none.json").output


def test_a_budget_stops_a_build_that_goes_on_later(recipe, tmp_path):
    with teacher() as server:
        hosted(recipe, server.url)
        result = magnetc("build", recipe, "--trust", "--paths", PATHS, "-o", tmp_path / "out", "--budget", "0.001")
        assert result.exit_code == 1
        assert "error[MG508]" in result.output
        assert 0 < server.stats()["requests"] < 40


def test_a_journal_is_looked_into_copied_and_forgotten(recipe, tmp_path):
    with teacher() as server:
        hosted(recipe, server.url)
        magnetc("build", recipe, "--trust", "--paths", 2, "-o", tmp_path / "out")
    counts = {each["program"]: each["replies"] for each in json.loads(magnetc("journal", "list", recipe, "--json").stdout)}
    assert counts["back_translate"] > 0
    shown = [json.loads(line) for line in magnetc("journal", "show", recipe, "--program", "back_translate").stdout.splitlines()]
    assert len(shown) == counts["back_translate"]
    assert "What the user wants" in shown[0]["request"]["messages"][0]["content"]
    copy = tmp_path / "copy.sqlite"
    assert str(sum(counts.values())) in magnetc("journal", "export", recipe, copy).stderr
    assert str(counts["back_translate"]) in magnetc("journal", "prune", recipe, "--program", "back_translate").stderr
    assert "back_translate" not in magnetc("journal", "list", recipe).stdout
    assert str(counts["back_translate"]) in magnetc("journal", "import", recipe, copy).stderr
    assert {each["program"]: each["replies"] for each in json.loads(magnetc("journal", "list", recipe, "--json").stdout)} == counts
    other = Path(tmp_path / "text.sqlite")
    other.write_text("no journal", encoding="utf-8")
    assert "error[MG507]" in magnetc("journal", "import", recipe, other).output
