"""Held-out sets: what no conversation to train on has, from the recipe to the output, its verification and a play."""

import json
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, data_files, failing, files, forge, magnetc, rows
from running import teacher

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.template import Text
from magnetc.passes.held_out import is_held_out
from magnetc.passes.held_out_words import held_out_words
from magnetc.tools.importers import IMPORTERS

pytestmark = pytest.mark.slow

SHARE = 0.12


@pytest.fixture(scope="module")
def recipe(own_home, tmp_path_factory):
    """The library recipe that holds out one drawn tool and some compositions, with distractors and paths enough."""
    return held(tmp_path_factory.mktemp("held"), f"{{tools: 1, compositions: {SHARE}, states: 1}}")


def held(into: Path, what: str) -> Path:
    folder = Path(shutil.copytree(LIBRARY, into / "recipe"))
    text = (folder / "recipe.yaml").read_text()
    text = text.replace("test: 0.1}", f"test: 0.1, held_out: {what}}}" if what else "test: 0.1}").replace("loan: 20", "loan: 40")
    (folder / "recipe.yaml").write_text(text)
    operations = (folder / "operations.yaml").read_text()
    (folder / "operations.yaml").write_text(operations.replace("{merge:", "{distract: {count: [0, 2]}}, {merge:"))
    return folder


@pytest.fixture(scope="module")
def built(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "out"
    result = magnetc("build", recipe, "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def tool(built):
    (name,) = yaml.safe_load((built / "manifest.yaml").read_text())["held_out"]["tools"]
    return name


def offered(row):
    return {each["function"]["name"] for each in json.loads(row["tools"])}


def called(messages):
    return [call["function"]["name"] for message in messages for call in message.get("tool_calls") or ()]


def compositions(messages):
    return {(a, b) for a, b in pairwise(called(messages)) if is_held_out(11, SHARE, a, b)}


def test_no_row_to_train_on_has_what_is_held_out(built, tool):
    assert {"sft/held_out_tool.jsonl", "sft/held_out_composition.jsonl", "sft/held_out_state.jsonl", "sft/train.jsonl", "preference/train.jsonl"} <= set(data_files(built))
    assert not [name for name in data_files(built) if name.startswith("preference/held_out")]
    (state,) = yaml.safe_load((built / "manifest.yaml").read_text())["held_out"]["states"]
    for name in data_files(built):
        for row in rows(built, name):
            assert "held_out" in name or row["certificate"]["world"]["initial"] != state
            messages = row["messages"] if "messages" in row else row["prompt"] + row["chosen"]
            if not name.endswith("held_out_tool.jsonl"):
                assert tool not in offered(row)
                assert tool not in called(messages)
                assert (row["certificate"]["world"]["initial"] == state) == name.endswith("state.jsonl") or name.endswith("composition.jsonl")
                if not name.endswith("held_out_composition.jsonl"):
                    assert not compositions(messages)


def test_each_base_path_of_a_held_out_set_has_what_it_is_held_out_for(built, tool):
    by_base: dict[str, set[str]] = {}
    for name in data_files(built):
        for row in rows(built, name):
            by_base.setdefault(row["tags"]["base"], set()).add(name.rpartition("/")[2])
    assert all(len(names) == 1 for names in by_base.values()), "a path, its copies and its pairs never part"
    assert sum(tool in called(row["messages"]) for row in rows(built, "sft/held_out_tool")) > 10
    told = {"sft/held_out_tool.jsonl": lambda row: tool in offered(row), "sft/held_out_composition.jsonl": lambda row: compositions(row["messages"])}
    for name, has in told.items():
        found = list(rows(built, name))
        assert {row["tags"]["base"] for row in found if has(row)} == {row["tags"]["base"] for row in found}


def test_other_tools_are_all_trained_on(built, tool):
    trained = Counter(name for row in rows(built, "sft/train") for name in called(row["messages"]))
    everything = Counter(name for row in rows(built, "sft/") for name in called(row["messages"]))
    assert set(everything) - set(trained) == {tool}


def test_the_output_verifies_and_says_what_it_has(built, tool):
    assert failing(built) == {}
    figures = json.loads((built / "figures.json").read_text())["files"]
    assert figures["sft/held_out_tool.jsonl"] > 0
    assert "split: held_out_tool" in (built / "README.md").read_text()
    stages = yaml.safe_load((built / "manifest.yaml").read_text())["train"]["stages"]
    assert not [path for stage in stages for path in stage.values() if "held_out" in path]


def test_a_row_in_the_wrong_file_fails(built, tmp_path):
    out, data = tmp_path / "out", list(rows(built, "sft/held_out"))
    forge(built, out, lambda row: [row, *(data.pop() for _ in range(len(data))) ] if "messages" in row and not row["certificate"].get("denied") else [row])
    found = failing(out)
    assert any(8 in proofs for proofs in found.values())
    manifest = yaml.safe_load((out / "manifest.yaml").read_text())
    manifest["held_out"]["tools"] = ["find_books", "borrow_book"]
    (out / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    assert 8 in failing(out)["manifest.yaml"]


def test_units_that_nothing_is_hidden_from_are_not_made_anew(tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    recipe = held(tmp_path / "first", f"{{tools: 1, compositions: {SHARE}}}")
    assert magnetc("build", recipe, "--trust", "-o", tmp_path / "out1", "--paths", 12).exit_code == 0
    again = held(tmp_path / "again", f"{{tools: 1, compositions: {SHARE / 2}}}")
    shutil.copytree(recipe / ".magnetc", again / ".magnetc")
    result = magnetc("build", again, "--trust", "-o", tmp_path / "out", "--paths", 12)
    assert "12 units were made by an earlier build" in result.stderr
    plain = held(tmp_path / "plain", "")
    shutil.copytree(recipe / ".magnetc", plain / ".magnetc")
    result = magnetc("build", plain, "--trust", "-o", tmp_path / "out2", "--paths", 12)
    reused = int(result.stderr.partition(" units were made by an earlier build")[0].split()[-1])
    assert 0 < reused < 12
    anew = held(tmp_path / "anew", "")
    magnetc("build", anew, "--trust", "--no-cache", "-o", tmp_path / "out3", "--paths", 12)
    unlike = {name for name, content in files(tmp_path / "out2").items() if content != files(tmp_path / "out3")[name]}
    assert not [name for name in unlike if name.startswith(("sft", "preference"))]


def test_held_out_sets_are_played_each_by_itself(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with teacher(agent=built) as server:
        result = magnetc("eval", "heldout", built, "--trust", "--model", "student", "--endpoint", server.url, "--json", "--conversations", 4)
    found = {each["set"]: each["score"]["total"] for each in json.loads(result.stdout)["sets"]}
    assert list(found) == ["held_out_composition", "held_out_state", "held_out_tool", "test"]
    assert all(total["success_rate"] == 1.0 for total in found.values())


def test_what_is_mined_has_nothing_that_is_held_out(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with teacher(agent=built, mistakes=0.6) as server:
        result = magnetc("mine", built, "-o", tmp_path / "mined", "--model", "student", "--endpoint", server.url, "--trust", "-n", 2)
    assert result.exit_code == 0, result.output
    assert len(list(rows(tmp_path / "mined"))) > len(list(rows(built)))
    assert failing(tmp_path / "mined") == {}


def test_users_of_a_held_out_set_say_what_no_other_says(tmp_path):
    recipe = held(tmp_path, "{phrases: 0.4}")
    result = magnetc("build", recipe, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert failing(tmp_path / "out") == {}
    wording = held_out_words(load(recipe, Sink(), IMPORTERS))
    apart, known = said_by(wording.apart), said_by(wording.known)
    says = {name: [any(piece in message["content"] for piece in apart - known) for row in rows(tmp_path / "out", f"sft/{name}") for message in row["messages"]
                   if message["role"] == "user"] for name in ("train", "held_out_phrase")}
    assert len(says["train"]) > 60
    assert not any(says["train"])
    assert sum(says["held_out_phrase"]) > 10
    data = list(rows(tmp_path / "out", "sft/held_out_phrase"))
    own = {row["id"] for row in data}
    forge(tmp_path / "out", tmp_path / "forged", lambda row: [row, *(data.pop() for _ in range(len(data)))] if "messages" in row and row["id"] not in own else [row])
    assert any(8 in proofs for proofs in failing(tmp_path / "forged").values())


def said_by(spec):
    """Texts of phrases that are long enough to be told from others."""
    parts = [part for template in spec.turns for phrase in template.phrases for part in phrase.parts]
    return {part.text.strip() for part in parts if isinstance(part, Text) and len(part.text.strip()) > 6}


@pytest.mark.parametrize(("what", "code", "told"), [
    ("{phrases: 0.001}", "MG313", "no phrase can be held out"),
    ("{tools: 5}", "MG313", "4 can: without any other"),
    ("{states: 3}", "MG313", "the world has 3"),
    ("{tools: [find_books]}", "MG313", "nothing is left to train on"),
    ("{tools: [borrow_book]}", "MG314", "cannot be called without"),
    ("{tools: [renew_boan]}", "MG203", "renew_loan")])
def test_what_cannot_be_held_out_is_told(tmp_path, what, code, told):
    result = magnetc("check", held(tmp_path, what))
    assert code in result.stderr
    assert told in result.stderr
    assert result.exit_code == (0 if code == "MG314" else 1)


def test_a_set_that_stays_empty_is_MG637(tmp_path):
    result = magnetc("build", held(tmp_path, "{compositions: 0.000001}"), "--trust", "-o", tmp_path / "out", "--paths", 3)
    assert result.exit_code == 0
    assert "MG637" in result.stderr


def test_the_draw_hangs_on_the_seed_alone(tmp_path):
    folder = held(tmp_path, "{tools: 1}")
    drawn = {}
    for seed in range(11, 19):
        context = compile_recipe(folder, Sink(), seed=seed)
        assert context is not None
        (drawn[seed],) = context.held_out_tools
        again = compile_recipe(folder, Sink(), seed=seed, paths=7)
        assert again is not None
        assert again.held_out_tools == context.held_out_tools
    assert len(set(drawn.values())) > 1
    assert set(drawn.values()) <= {"renew_loan", "return_book", "opening_hours"}
