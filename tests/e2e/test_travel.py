"""The travel example: what its users are promised, on a small build of it."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest
from dataset import magnetc, rows

from magnetc.distill.taxonomy import taxonomy

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("travel") / "out"
    result = magnetc("build", ROOT / "examples" / "travel", "--trust", "--paths", "150", "-o", out)
    assert result.exit_code == 0, result.output
    return out


def turn_of(side: list[dict]) -> list[dict]:
    """The messages of a side up to the user's next words."""
    return list(takewhile(lambda message: message["role"] != "user", side))


def test_pairs_do_too_much_as_often_as_too_little(travel: Path):
    way = Counter(taxonomy()[row["fault"]["kind"]].direction for row in rows(travel, "preference/"))
    assert way["other"] > way["less"] > 10
    assert 0.5 < way["more"] / way["less"] < 2


def test_a_call_too_many_stands_beside_the_last_ones_or_after_them(travel: Path):
    places = Counter()
    for row in rows(travel, "preference/"):
        if row["fault"]["kind"] == "needless_call":
            chosen, rejected = (turn_of(row[side]) for side in ("chosen", "rejected"))
            right, wrong = ([(call["function"]["name"], call["function"]["arguments"]) for message in side for call in message.get("tool_calls", ())]
                            for side in (chosen, rejected))
            assert wrong[: len(right)] == right
            assert len(wrong) == len(right) + 1
            stands_for_none = [call["id"] for message in rejected for call in message.get("tool_calls", ())][-1]
            assert stands_for_none not in row["certificate"]["corresponds"]
            places["beside" if right else "after"] += 1
    assert places["beside"] > 3
    assert places["after"] > 3


def skeletons_of(out: Path) -> Counter[str]:
    path = ROOT / "benchmarks" / "skeletons.py"
    spec = importlib.util.spec_from_file_location("skeletons", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Counter(module.skeletons(out))


def sft(out: Path) -> dict[str, dict]:
    return {row["id"]: row for part in ("train", "validation", "test") for row in rows(out, f"sft/{part}.jsonl")}


def test_users_do_not_repeat_themselves(travel):
    counts = skeletons_of(travel)
    turns = sum(counts.values())
    assert max(counts.values()) <= max(1, turns // 100)
    assert len(counts) >= turns / 4


def test_a_copy_differs_from_its_base_only_where_it_was_split(travel):
    conversations = sft(travel)
    compared = 0
    for row in conversations.values():
        base = conversations.get(row["tags"]["copy_of"] or "")
        if base is None or not row["id"].endswith((".miss_params", ".miss_func")):
            continue
        own, other = (results(r) for r in (row, base))
        assert own == other
        said, original = (words(r) for r in (row, base))
        assert len(said) == len(original) + 1
        start = next(i for i, (a, b) in enumerate(zip(said, original)) if a != b or i + 1 == len(original))
        assert said[:start] == original[:start]
        assert said[start + 2 :] == original[start + 1 :]
        compared += 1
    assert compared >= 10


def test_coverage_is_near_its_gates_with_a_third_of_the_paths(travel):
    found = json.loads((travel / "coverage.json").read_text(encoding="utf-8"))
    assert {thing: found[thing]["share"] for thing in ("tools", "operations")} == {"tools": 1.0, "operations": 1.0}
    assert found["enum_values"]["share"] >= 0.9
    assert found["edges"]["share"] >= 0.7
    assert found["distances"]["share"] >= 0.6
    assert found["tools"]["out_of_reach"] == []


def results(row: dict) -> list[tuple[str, str]]:
    return [(m["name"], m["content"]) for m in row["messages"] if m["role"] == "tool"]


def words(row: dict) -> list[str]:
    return [m["content"] for m in row["messages"] if m["role"] == "user"]


def test_a_short_list_of_tools_is_offered_and_mistaken_ones_are_on_it(travel):
    """Above 8 are lists of tools that are all called, or were by a turn that Insert made and that was left out."""
    sizes, mistaken, above = Counter(), 0, 0
    for row in rows(travel):
        tools = {tool["function"]["name"] for tool in json.loads(row["tools"])}
        sides = [row["messages"]] if "messages" in row else [row["prompt"] + row["chosen"], row["prompt"] + row["rejected"]]
        called = [{call["function"]["name"] for m in side for call in m.get("tool_calls", ())} for side in sides]
        assert called[-1] <= tools
        above += len(tools) > max(8, len(tools & called[0]))
        sizes[len(tools)] += 1
        mistaken += row.get("fault", {}).get("kind") == "wrong_function"
    assert len(sizes) >= 6
    assert above <= sizes.total() // 50
    assert mistaken >= 5


def test_both_languages_are_spoken(travel):
    locales = Counter(row["tags"]["locale"] for row in sft(travel).values())
    assert set(locales) == {"en", "fr"}


def test_no_user_names_a_function(travel):
    for row in sft(travel).values():
        called = {call["function"]["name"] for m in row["messages"] for call in m.get("tool_calls", ())}
        for text in words(row):
            assert not any(name in text for name in called if "_" in name)
