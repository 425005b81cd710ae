"""`magnetc eval heldout`: models behind an endpoint play held-out conversations through the command line."""

import json
from types import SimpleNamespace

import pytest
from dataset import magnetc, rows
from running import teacher

from magnetc.build.output import file_digest
from magnetc.eval.heldout import held_out_rows
from magnetc.ir.json import wire


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The journal of a play is in the folder where it is started."""
    monkeypatch.chdir(tmp_path)


def evaluated(out, url, *more):
    result = magnetc("eval", "heldout", out, "--trust", "--model", "student", "--endpoint", url, "--json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), result


def test_who_says_what_the_rows_say_succeeds_everywhere(library, tmp_path):
    with teacher(agent=library) as server:
        found, result = evaluated(library, server.url, "-o", tmp_path / "results.json")
        assert server.stats()["requests"] > 0
    assert json.loads((tmp_path / "results.json").read_text()) == found
    assert found["manifest"] == file_digest(library / "manifest.yaml")
    assert found["options"] == {"user": "recorded", "trials": 1, "conversations": None, "most_actions": 8, "temperature": 0.0, "top_p": 1.0, "max_tokens": 512}
    (test,) = found["sets"]
    data = list(rows(library, "sft/test"))
    assert (test["set"], test["rows"], test["played"]) == ("test", len(data), len(data))
    assert [each["id"] for each in test["conversations"]] == [row["id"] for row in data]
    total = test["score"]["total"]
    for name in ("success_rate", "turn_success_rate", "call_recall", "call_precision", "asked_rate", "declined_rate"):
        assert total[name] == 1.0
        assert test["intervals"][name][1] == pytest.approx(1.0)
        assert test["intervals"][name][0] < 1
    for name in ("asked_needlessly", "refused_needlessly", "acted_wrongly", "other_state", "missing_results", "refused", "malformed"):
        assert total[name] == 0
    assert total["asks"] > 0 < total["declines"]
    assert {"none", "short"} <= set(test["score"]["distances"])
    said = sum(m["role"] == "assistant" and before for row in data for m, before in trained(row))
    assert f"{said} messages of the agent in {len(data)} conversations" in result.stderr


def trained(row):
    """Each message with whether it is in a turn that is played."""
    turns, number = [], -1
    for message in row["messages"]:
        number += message["role"] == "user"
        turns.append((message, number))
    first = min(number for message, number in turns if message.get("weight"))
    return [(message, number >= first) for message, number in turns]


def test_trials_are_other_draws_and_mistakes_are_told_apart(library):
    with teacher(agent=library, mistakes=0.5) as server:
        found, _ = evaluated(library, server.url, "-k", 4, "--temperature", 1)
        again, _ = evaluated(library, server.url, "-k", 4, "--temperature", 1)
    assert again["sets"] == found["sets"]
    (test,) = found["sets"]
    total = test["score"]["total"]
    assert test["played"] == 8 == total["conversations"] / 4
    assert 0 < total["successes"] < 32
    assert 0 < total["refused_needlessly"] < total["acts"]
    assert total["malformed"] + total["refused"] > 0
    assert total["other_state"] > 0 < total["missing_results"]
    assert list(test["pass"]) == ["1", "2", "3", "4"]
    assert test["pass"]["1"] > test["pass"]["2"] >= test["pass"]["3"]
    assert test["pass"]["1"] == pytest.approx(total["success_rate"])
    assert any(0 < each["successes"] < 4 for each in test["conversations"])
    for each in test["conversations"]:
        for trial in each["trials"]:
            assert trial["success"] == all(turn["success"] for turn in trial["turns"])
            assert all(turn["success"] == (turn["state"] and turn["results"] and turn["answered"]) for turn in trial["turns"])
            assert trial["recalled"] == sum(turn["recalled"] for turn in trial["turns"])


def test_a_user_with_a_goal_is_another_option(library):
    with teacher(agent=library) as server:
        found, _ = evaluated(library, server.url, "--user", "goal", "--conversations", 4)
    assert found["options"]["user"] == "goal"
    assert found["sets"][0]["score"]["total"]["success_rate"] == 1.0


def test_the_table_says_what_was_counted(library):
    with teacher(agent=library) as server:
        result = magnetc("eval", "heldout", library, "--trust", "--model", "student", "--endpoint", server.url, "--conversations", 5)
    assert result.exit_code == 0
    for text in ("test: 5 conversations of 8, played by student", "conversations that succeed", "100.0%", "operation split.miss_params", "dependency short"):
        assert text in result.stdout


@pytest.mark.parametrize(("name", "told"), [("tset", "did you mean `test`?"), ("validation", "a partition that training reads")])
def test_what_is_no_held_out_set_is_MG720(library, name, told):
    result = magnetc("eval", "heldout", library, "--trust", "--model", "m", "--endpoint", "http://127.0.0.1:9/v1", "--set", name)
    assert result.exit_code == 1
    assert "MG720" in result.stderr
    assert told in result.stderr


def test_trials_without_a_temperature_are_refused(library):
    result = magnetc("eval", "heldout", library, "--model", "m", "-k", 2)
    assert result.exit_code == 2
    assert "--temperature" in result.stderr


def test_words_may_hold_any_break_of_lines(tmp_path):
    path = tmp_path / "sft/test.jsonl"
    path.parent.mkdir()
    told = [{"id": "a", "messages": [{"role": "user", "content": "one\u2028two\x85three\u2029four\x0b\x0c\r\n"}]}, {"id": "b", "messages": []}]
    path.write_text("".join(wire(row) + "\n" for row in told), encoding="utf-8")
    manifest = {"files": {"sft/test.jsonl": {"sha256": file_digest(path)}}}
    assert held_out_rows(SimpleNamespace(folder=tmp_path, manifest=manifest), "test") == told
