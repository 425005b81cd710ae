"""`mix`: rows of a user's own files among the training rows, which claim no proof, in whatever form they are kept."""

import json
import shutil
import tracemalloc
from dataclasses import replace
from itertools import permutations

import pytest
import yaml
from dataset import LIBRARY, failing, forge, magnetc, rows, verify
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_small import small_spec

from magnetc.build.mix import read_mix
from magnetc.build.partitions import Partitions
from magnetc.diagnostics import MagnetError, Sink
from magnetc.emit.exports.dataset import read_json
from magnetc.emit.foreign.forms import read_row
from magnetc.emit.foreign.trl import messages_of, tools_of, unfit
from magnetc.ir.spec import Mix
from magnetc.passes.held_out import is_held_out

pytestmark = pytest.mark.slow

SHARE = 0.12
TOOL = {"name": "get_weather", "description": "The weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def trl(number):
    return {"messages": [{"role": "user", "content": f"Weather in city {number}?"},
                         {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "get_weather", "arguments": {"city": f"c{number}"}}}]},
                         {"role": "tool", "content": "sunny"}, {"role": "assistant", "content": "Sunny."}], "tools": [{"type": "function", "function": TOOL}]}


def openai(number):
    call = {"id": f"id{number}", "type": "function", "function": {"name": "get_weather", "arguments": json.dumps({"city": f"o{number}"})}}
    return {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"And in {number}?"}, {"role": "assistant", "content": None, "tool_calls": [call]},
                         {"role": "tool", "tool_call_id": f"id{number}", "content": "rain"}, {"role": "assistant", "content": "Rain.", "weight": 0}], "tools": [TOOL]}


def sharegpt(number):
    return {"conversations": [{"from": "human", "value": f"Shares of {number}?"}, {"from": "function_call", "value": json.dumps({"name": "get_weather", "arguments": {"city": "s"}})},
                              {"from": "observation", "value": "snow"}, {"from": "gpt", "value": "Snow."}], "tools": json.dumps([TOOL])}


def recipe(folder, mix, **changes):
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "mix": mix, **changes}, sort_keys=False))
    return folder


def write(path, documents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in documents))


def train(out):
    return list(rows(out, "sft/train"))


@pytest.fixture(scope="module")
def mixed(own_home, tmp_path_factory):
    """(dataset, what the build said)."""
    folder = tmp_path_factory.mktemp("mix")
    write(folder / "mine/chats.jsonl", [form(number) for number in range(20) for form in (trl, openai, sharegpt)])
    write(folder / "more.jsonl", [trl(number) for number in range(100, 103)])
    library = recipe(folder / "library", [{"file": "../mine", "weight": 0.5}, {"file": "../more.jsonl", "weight": 1, "name": "more"}], emit=["trl", "openai", "parquet"])
    result = magnetc("build", library, "--trust", "-o", folder / "out", "--json")
    assert result.exit_code == 0, result.output
    return folder / "out", result


def test_as_many_as_the_weight_asks_for_and_each_one_once(mixed):
    out, result = mixed
    found = train(out)
    own = [row for row in found if "mix" not in row["tags"]]
    theirs = [row for row in found if row["tags"].get("mix") == "mine"]
    assert len(theirs) == round(len(own) / 2)
    assert len({row["id"] for row in found}) == len(found)
    told = json.loads(result.stdout)
    assert told["mix"] == [{"name": "mine", "weight": 0.5, "of": 60, "asked": len(theirs), "rows": len(theirs), "overlapping": 0},
                           {"name": "more", "weight": 1.0, "of": 3, "asked": len(own), "rows": 3, "overlapping": 0}]
    assert told["files"]["sft/train.jsonl"] == len(found)
    assert told["rows"] == len(list(rows(out, "sft/"))) - len(theirs) - 3
    assert f"warning[MG635]: `../more.jsonl` was to give {len(own)} rows, and has 3" in result.stderr


def test_every_form_comes_to_the_form_of_the_other_rows(mixed):
    theirs = [row for row in train(mixed[0]) if row["tags"].get("mix")]
    assert {row["messages"][-1]["content"] for row in theirs} == {"Sunny.", "Rain.", "Snow."}
    for row in theirs:
        ask, act, result, reply = row["messages"][-4:]
        (call,) = act["tool_calls"]
        assert (ask["role"], act["weight"], reply["weight"]) == ("user", 1, 0 if reply["content"] == "Rain." else 1)
        assert json.loads(call["function"]["arguments"])["city"]
        assert (result["tool_call_id"], result["name"]) == (call["id"], "get_weather")
        assert json.loads(row["tools"]) == [{"type": "function", "function": TOOL}]
        assert row["certificate"].keys() == {"row"}


def test_verify_says_of_how_many_nothing_is_proven_and_holds_them_to_their_digests(mixed, tmp_path):
    out, _ = mixed
    theirs = sum(bool(row["tags"].get("mix")) for row in train(out))
    found = verify(out)
    assert found["failures"] == []
    assert found["mixed"] == theirs

    def claim(row):
        if row["tags"].get("mix"):
            row["tags"]["mix"] = "others"
        yield row

    forge(out, tmp_path / "forged", claim)
    told = verify(tmp_path / "forged")
    assert len(told["failures"]) >= theirs
    assert any("which the recipe does not name" in failure["message"] for failure in told["failures"])


def test_no_other_row_passes_as_one_of_them(mixed, tmp_path):
    """A pair, a row with another id and a row in another file would claim nothing, and be counted as proven."""
    out, _ = mixed

    def claim(row):
        if not row["tags"].get("mix"):
            yield {**row, "tags": {**row["tags"], "mix": "mine"}, "certificate": {"row": ""}}

    ids = forge(out, tmp_path / "forged", claim)
    assert {name.partition(".")[0] for name in ids} > {"loan-000000"}
    assert set(failing(tmp_path / "forged")) == set(ids)


def test_pages_and_exports_have_them_apart(mixed):
    out, result = mixed
    page = (out / "report.html").read_text()
    assert "claim no proof" in page
    assert f"Every one of {json.loads(result.stdout)['rows'] + json.loads(result.stdout)['pairs']} rows was executed and proven" in page
    card = (out / "README.md").read_text()
    assert "| more | 3 | 3 | 1.0 |" in card
    assert "{name: mix, dtype: string}" in card
    pq = pytest.importorskip("pyarrow.parquet")
    marks = pq.read_table(out / "exports/parquet/sft/train.parquet").column("tags").to_pylist()
    assert sum(each["mix"] is not None for each in marks) == sum(bool(row["tags"].get("mix")) for row in train(out))
    name = next(row["id"] for row in train(out) if row["tags"].get("mix") == "more")
    assert "mixed in from `../more.jsonl`: nothing is proven of it" in magnetc("why", out, name).output


def test_the_same_rows_are_taken_whatever_their_order_and_units_stay(own_home, tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    documents = [trl(number) for number in range(40)]
    write(tmp_path / "mine.jsonl", documents)
    folder = recipe(tmp_path / "library", [{"file": "../mine.jsonl", "weight": 0.5}], paths={"loan": 8}, negatives={})

    def said():
        result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
        assert result.exit_code == 0, result.output
        return result.stderr, {row["messages"][0]["content"] for row in train(tmp_path / "out") if row["tags"].get("mix")}

    _, first = said()
    write(tmp_path / "mine.jsonl", documents[::-1])
    told, second = said()
    assert second == first
    assert "8 units were made by an earlier build" in told
    assert "is up to date" in said()[0]
    write(tmp_path / "mine.jsonl", [*documents, trl(99)])
    assert len(said()[1] - first) <= 1


def test_what_is_held_out_is_not_mixed_in(own_home, tmp_path):
    """Neither a tool that is held out nor a composition comes in by a user's file; tools that only the file has are no part of it."""
    def chat(number, names):
        made = [{"type": "function", "function": {"name": name, "arguments": {}}} for name in names]
        acts = [part for call in made for part in ({"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "ok"})]
        return {"messages": [{"role": "user", "content": f"Do {number}."}, *acts, {"role": "assistant", "content": "Done."}],
                "tools": [{"type": "function", "function": {**TOOL, "name": name}} for name in dict.fromkeys(names)]}

    ours = ("find_books", "borrow_book", "opening_hours", "return_book")
    drawn = next(names for names in permutations(ours, 2) if is_held_out(11, SHARE, *names))
    theirs = [names for number in range(60) if is_held_out(11, SHARE, *(names := (f"mine_{number}", "mine")))]
    chats = [("renew_loan",), drawn, ("find_books",), *theirs]
    write(tmp_path / "mine.jsonl", [chat(number, names) for number, names in enumerate(chats)])
    partitions = {"train": 0.9, "validation": 0.1, "held_out": {"tools": ["renew_loan"], "compositions": SHARE}}
    folder = recipe(tmp_path / "library", [{"file": "../mine.jsonl", "weight": 20}], paths={"loan": 8}, negatives={}, partitions=partitions)
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    found = [row for row in train(tmp_path / "out") if row["tags"].get("mix")]
    assert verify(tmp_path / "out")["failures"] == []
    assert not [row for row in found if "renew_loan" in row["tools"]]
    assert len(found) == len(chats) - 2 > 3
    (told,) = json.loads(result.stdout)["mix"]
    assert told["held_out"] == 2
    assert "2 of them have what the recipe holds out" in result.stderr


def test_rows_are_read_one_by_one_and_as_they_were(tmp_path):
    """Rows to be mixed in are not all in memory, and one that changed meanwhile is not taken for what it was."""
    size, count = 20_000, 300
    write(tmp_path / "mine.jsonl", [{**trl(number), "note": "é" * size} for number in range(count)])
    spec = small_spec()
    spec = replace(spec, recipe=replace(spec.recipe, mix=(Mix(name="mine", file="mine.jsonl", weight=1.0),)))
    partitions = Partitions(spec, frozenset())
    (mixed,) = read_mix(spec, tmp_path, Sink())
    tracemalloc.start()
    try:
        assert sum(1 for _ in mixed.rows(count, 1, None, partitions)) == count
        assert tracemalloc.get_traced_memory()[1] < size * count / 4
    finally:
        tracemalloc.stop()
    (mixed,) = read_mix(spec, tmp_path, Sink())
    write(tmp_path / "mine.jsonl", [trl(number) for number in range(count)])
    with pytest.raises(MagnetError, match=r"MG634: `mine\.jsonl` was changed while the dataset was built"):
        list(mixed.rows(count, 1, None, partitions))


def test_lines_that_cannot_be_trained_on_are_shown_where_they_stand(own_home, tmp_path):
    bad = ['{"messages": [', json.dumps({"chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}], "prompt": "x"}),
           json.dumps({"messages": [{"role": "user", "content": "?"}]}), json.dumps({"messages": [{"role": "wizard", "content": "?"}]}),
           json.dumps({"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!", "weight": 0.5}]}), "[]", "7"]
    (tmp_path / "bad.jsonl").write_text("\n".join([json.dumps(trl(1)), *bad]) + "\n")
    result = magnetc("build", recipe(tmp_path / "library", [{"file": "../bad.jsonl", "weight": 1}]), "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert not (tmp_path / "out").exists()
    assert result.stderr.count("error[MG634]") == 6
    for number, problem in ((2, "it is no row"), (3, "it is a pair"), (4, "the agent says nothing"), (5, "`wizard` is no role"), (6, "a weight is 0 or 1")):
        assert f"line {number} of `../bad.jsonl` cannot be mixed in: {problem}" in result.stderr
    assert "/bad.jsonl:5:" in result.stderr
    assert "2 more lines of `../bad.jsonl`" in result.stderr


@pytest.mark.parametrize(("file", "said"), [("nowhere.jsonl", "there is no file `nowhere.jsonl` to mix in"), ("empty.jsonl", "`empty.jsonl` has no rows")])
def test_a_file_that_is_not_there_or_empty_is_an_error(own_home, tmp_path, file, said):
    folder = recipe(tmp_path / "library", [{"file": file, "weight": 1}])
    (folder / "empty.jsonl").write_text("\n")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert f"error[MG634]: {said}" in result.stderr
    assert ("MG634" in magnetc("check", folder).output) == (file == "nowhere.jsonl")


LEAF = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.sampled_from(["user", "assistant", "tool", "gpt", "{}", "[]"])
KEY = st.sampled_from(["role", "from", "content", "value", "tool_calls", "function", "name", "arguments", "id", "weight", "tool_call_id", "parameters", "type"])
ANY = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4), max_leaves=12)
MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool", "system", "gpt", "x"])}, optional={
    "content": ANY, "tool_calls": ANY | st.lists(st.fixed_dictionaries({"function": st.fixed_dictionaries({"name": st.text(max_size=3), "arguments": ANY})}, optional={"id": LEAF}), max_size=3),
    "weight": LEAF, "tool_call_id": LEAF, "name": LEAF})


@given(st.dictionaries(st.sampled_from(["messages", "conversations", "tools", "prompt", "completion", "system"]), ANY | st.lists(MESSAGE, max_size=5), max_size=4))
@settings(max_examples=150, deadline=None)
def test_whatever_a_line_holds_it_is_refused_or_becomes_a_sound_row(document):
    row, problems = read_row(document)
    if row is None:
        assert problems
        return
    if unfit(row, problems) is None:
        messages, tools = messages_of(row), read_json(tools_of(row))
        from magnetc.emit.exports.dataset import _row as sound

        line = json.dumps({"id": "x", "tools": json.dumps(tools), "tags": {}, "certificate": {}, "messages": messages})
        assert sound(line) is not None, line
