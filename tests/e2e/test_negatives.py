"""Negatives beside mutations: controls, and faults that only a rule shows; each proven from the row alone."""

import shutil
from collections import Counter, defaultdict
from copy import deepcopy

import pytest
from dataset import LIBRARY, failing, forge, magnetc, rows, verify
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.build.unit import pairs_wanted
from magnetc.ir.spec import Recipe, WorldSpec

PATHS = 60


@pytest.fixture(scope="module")
def controlled(own_home, tmp_path_factory):
    """A build of the library with a mutation and a control of each conversation."""
    folder = tmp_path_factory.mktemp("controlled")
    copy = shutil.copytree(LIBRARY, folder / "recipe", ignore=shutil.ignore_patterns(".magnetc", "__pycache__"))
    recipe = copy / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("negatives: {mutate: 1.0}", "negatives: {mutate: 1, random: 1}"))
    result = magnetc("build", copy, "--trust", "--paths", PATHS, "-o", folder / "out")
    assert result.exit_code == 0, result.output
    assert "random" in result.output
    return folder / "out"


def test_every_proof_holds(controlled):
    assert verify(controlled)["failures"] == []


def calls(side):
    end = next((index for index, message in enumerate(side) if message["role"] == "user"), len(side))
    return [[call["function"]["name"] for call in message["tool_calls"]] for message in side[:end] if "tool_calls" in message]


def test_a_control_calls_other_tools_as_often(controlled):
    kinds = Counter(row["fault"]["made"] for row in rows(controlled, "preference/"))
    assert kinds["random"] > 15
    assert kinds["mutate"] > 15
    for row in rows(controlled, "preference/"):
        assert (row["fault"]["kind"] == "random") == (row["fault"]["made"] == "random")
        if row["fault"]["made"] == "random":
            right, wrong = calls(row["chosen"]), calls(row["rejected"])
            assert list(map(len, right)) == list(map(len, wrong))
            assert {name for names in right for name in names}.isdisjoint(name for names in wrong for name in names)


def test_pairs_of_a_conversation_are_two_at_the_most_and_in_other_turns(controlled):
    turns = defaultdict(list)
    for row in rows(controlled, "preference/"):
        base, _, number = row["id"].rpartition(".pair")
        assert number in ("", "2")
        turns[base].append(row["fault"]["turn"])
    assert max(map(len, turns.values())) == 2
    assert all(len(set(found)) == len(found) for found in turns.values())


def test_the_card_and_the_gate_know_controls(controlled):
    card = (controlled / "README.md").read_text()
    assert "| random (control) |" in card
    assert "A control is no fault" in card
    assert "control: calls other tools" in (controlled / "report.html").read_text()


def as_control(row, **fault):
    return {**deepcopy(row), "fault": {**row["fault"], **fault}}


def test_nothing_else_can_be_said_of_a_control(controlled, tmp_path):
    """A control is no fault, a fault no control; it makes no call that is right, nor more of them, and goes on nowhere."""
    def other(row):
        if row.get("fault", {}).get("made") == "mutate":
            yield as_control(row, made="random", kind="random")
            yield as_control(row, made="another")
        elif "fault" in row:
            yield as_control(row, made="mutate")
            yield as_control(row, kind="wrong_function")
            longer = as_control(row)
            longer["rejected"] += [{"role": "user", "content": "And now?"}, {"role": "assistant", "content": "Nothing.", "weight": 0, "credit": 0}]
            yield longer
            standing = as_control(row)
            ids = [call["id"] for message in row["rejected"] for call in message.get("tool_calls", ())]
            standing["certificate"]["corresponds"] = {ids[0]: next(call["id"] for message in row["chosen"] for call in message.get("tool_calls", ()))}
            yield standing

    ids = forge(controlled, tmp_path / "out", other)
    found = failing(tmp_path / "out")
    assert set(found) == set(ids)
    assert all(proofs & {3, 7} for proofs in found.values())


def test_what_a_rule_shows_is_shown_by_it(controlled, tmp_path):
    """Where executions come to the same, the calls break a rule: said of another path, or with the value in the words, nothing is left of it."""
    shown = Counter(row["fault"]["kind"] for row in rows(controlled, "preference/") if row["fault"]["shows"] == "policy")
    assert {"acted_while_missing", "needless_call"} <= set(shown)

    def other(row):
        if row.get("fault", {}).get("shows") != "policy":
            return
        for shows in ("state", "missing result"):
            yield as_control(row, shows=shows)
        if row["fault"]["kind"] == "needless_call":
            yield {**deepcopy(row), "tags": {**row["tags"], "path": "another"}}
        else:
            root = row["rejected"][0]["tool_calls"][0]["function"]["arguments"]
            told = deepcopy(row)
            told["prompt"][-1]["content"] += f" {root}"
            yield told

    ids = forge(controlled, tmp_path / "out", other)
    assert ids
    found = failing(tmp_path / "out")
    assert set(found) == set(ids)
    assert all(7 in proofs for proofs in found.values())


@settings(max_examples=40)
@given(st.tuples(*[st.integers(0, 8)] * 3).filter(lambda rates: sum(rates) <= 8), st.integers(0, 10**6))
def test_rates_are_kept_and_no_conversation_has_more(rates, seed):
    """Quarters of a pair for each of three kinds, over two hundred conversations."""
    kinds = ("mutate", "mislead", "random")
    recipe = Recipe(name="r", version="1", seed=seed, world=WorldSpec(python="w:W", now="2026-03-02T09:00:00Z"),
                    negatives=tuple((kind, rate / 4) for kind, rate in zip(kinds, rates)))
    wanted = [pairs_wanted(recipe, f"p-{number}") for number in range(200)]
    assert all(0 <= sum(each.values()) <= -(-sum(rates) // 4) for each in wanted)
    assert all(count >= 0 for each in wanted for count in each.values())
    for kind, rate in zip(kinds, rates):
        assert abs(sum(each[kind] for each in wanted) / 200 - rate / 4) < 0.2
