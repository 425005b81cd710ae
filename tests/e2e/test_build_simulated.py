"""A recipe without an implementation: built, proven, and told where it says what cannot be."""

import json
import shutil

import pytest
from dataset import RECIPES, magnetc, rows, verify

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(own_home, tmp_path_factory):
    folder = shutil.copytree(RECIPES / "errands", tmp_path_factory.mktemp("simulated") / "errands")
    result = magnetc("build", folder)  # nothing of it runs, so that it needs no trust
    assert result.exit_code == 0, result.output
    return folder


def test_every_row_is_proven(folder):
    assert verify(folder / "out") == {"failures": [], "rows": sum(1 for _ in rows(folder / "out"))}


def test_all_tools_are_called_and_what_was_written_is_read(folder):
    called, read = set(), 0
    for row in rows(folder / "out", "sft/"):
        made = {}
        calls = {}
        for message in row["messages"]:
            for call in message.get("tool_calls", ()):
                calls[call["id"]] = call["function"]["name"], json.loads(call["function"]["arguments"])
                called.add(call["function"]["name"])
            if message["role"] != "tool":
                continue
            name, arguments = calls[message["tool_call_id"]]
            result = json.loads(message["content"])
            if name == "add_task":
                made[result["task_id"]] = arguments["subject"]
            elif name == "get_task" and arguments["task_id"] in made:
                assert result["subject"] == made[arguments["task_id"]]
                read += 1
    assert len(called) == 10
    assert read


def test_a_build_is_repeated_to_the_byte(folder, tmp_path):
    assert magnetc("build", folder, "-o", tmp_path / "again").exit_code == 0
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(folder / "out")).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("said", "words"), [
    ("{tools: {get_tasks: {does: read}}}", "did you mean `get_task`?"), ("{tools: {get_task: {of: TaskID}}}", "did you mean `TaskId`?"),
    ("{tools: {get_task: {does: reads}}}", "did you mean `read`?"), ("{entities: 0}", "`entities`")])
def test_what_the_recipe_says_of_tools_is_checked(said, words, tmp_path):
    folder = shutil.copytree(RECIPES / "errands", tmp_path / "errands")
    path = folder / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("simulated: {}", f"simulated: {said}"), encoding="utf-8")
    result = magnetc("check", folder)
    assert result.exit_code == 1
    assert words in result.output
