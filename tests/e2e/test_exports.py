"""Exports of a dataset: everything is read back out of every form, and is what the rows say; what a form cannot hold is counted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from dataset import LIBRARY, files, magnetc, rows, sides, verify
from exported import functions, lines, parquet_rows, said, said_in_turns, trained

from magnetc.build.output import file_digest
from magnetc.emit.exports import NAMES
from magnetc.emit.exports.write import EXPORTS
from magnetc.ir.json import wire

PARTS = ("train", "validation", "test")

MESSAGE = {
    "type": "object",
    "required": ["role"],
    "oneOf": [
        {"properties": {"role": {"enum": ["system", "user"]}, "content": {"type": "string"}}, "required": ["content"], "additionalProperties": False},
        {"properties": {"role": {"const": "tool"}, "content": {"type": "string"}, "tool_call_id": {"type": "string"}},
         "required": ["content", "tool_call_id"], "additionalProperties": False},
        {"properties": {"role": {"const": "assistant"}, "content": {"type": ["string", "null"]}, "weight": {"enum": [0, 1]},
                        "tool_calls": {"type": "array", "minItems": 1, "items": {
                            "type": "object", "required": ["id", "type", "function"], "additionalProperties": False,
                            "properties": {"id": {"type": "string"}, "type": {"const": "function"}, "function": {
                                "type": "object", "required": ["name", "arguments"], "additionalProperties": False,
                                "properties": {"name": {"pattern": "^[a-zA-Z0-9_-]{1,64}$"}, "arguments": {"type": "string"}}}}}}},
         "additionalProperties": False, "anyOf": [{"required": ["tool_calls"]}, {"required": ["content"], "properties": {"content": {"type": "string"}}}]},
    ],
}
"""A message of OpenAI's fine-tuning files."""

REQUEST = {"messages": {"type": "array", "minItems": 1, "items": MESSAGE}, "parallel_tool_calls": {"type": "boolean"},
           "tools": {"type": "array", "minItems": 1, "maxItems": 128, "items": {"type": "object", "required": ["type", "function"]}}}
CHAT = {"type": "object", "properties": REQUEST, "required": ["messages"], "additionalProperties": False}
SIDE = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"allOf": [MESSAGE, {"properties": {"role": {"const": "assistant"}}}]}}
PREFERENCE = {"type": "object", "required": ["input", "preferred_output", "non_preferred_output"], "additionalProperties": False,
              "properties": {"input": CHAT, "preferred_output": SIDE, "non_preferred_output": SIDE}}


@pytest.fixture(scope="module")
def exports(library, tmp_path_factory):
    """The library in every form, by the command."""
    folder = tmp_path_factory.mktemp("exports")
    result = magnetc("export", library, *(f"--to={name}" for name in NAMES), "-o", folder / "all")
    assert result.exit_code == 0, result.output
    return folder / "all"


def names(out: Path, kind: str) -> list[str]:
    return [f"{kind}/{part}.jsonl" for part in PARTS if (out / kind / f"{part}.jsonl").is_file()]


def test_the_forms_are_those_that_recipes_name():
    schema = json.loads((Path(__file__).parents[2] / "grammar" / "schema" / "recipe.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["emit"]["items"]["enum"] == ["trl", *NAMES, "bfcl"]
    assert tuple(EXPORTS) == NAMES


def test_objects_are_what_the_strings_say(library, exports):
    for kind in ("sft", "preference"):
        for name in names(library, kind):
            made = lines(exports / "trl-objects" / name)
            for row, object_row in zip(lines(library / name), made, strict=True):
                assert object_row.keys() == row.keys() - {"tags", "certificate"}
                assert functions(object_row["tools"]) == functions(row["tools"])
                for part in row.keys() & {"messages", "prompt", "chosen", "rejected"}:
                    assert said(object_row[part]) == said(row[part])
                    assert [message.get("weight") for message in object_row[part]] == [message.get("weight") for message in row[part]]
                    assert all(isinstance(call["function"]["arguments"], dict) for message in object_row[part] for call in message.get("tool_calls", ()))


def test_sharegpt_trains_each_trained_message_once(library, exports):
    for name in names(library, "sft"):
        examples = lines(exports / "sharegpt" / name)
        for (row, index), example in zip(trained(lines(library / name)), examples, strict=True):
            assert example["id"] == f"{row['id']}#{index}"
            assert said_in_turns(example) == said(row["messages"][: index + 1])
            assert functions(example["tools"]) == functions(row["tools"])
    info = json.loads((exports / "sharegpt" / "dataset_info.json").read_text())
    assert {entry["file_name"] for entry in info.values()} == {name for kind in ("sft", "preference") for name in names(library, kind)}
    assert all(entry["ranking"] == name.startswith("preference_") for name, entry in info.items() if "ranking" in entry)


def test_sharegpt_pairs_part_at_one_message(library, exports):
    for name in names(library, "preference"):
        for row, example in zip(lines(library / name), lines(exports / "sharegpt" / name), strict=True):
            for side in ("chosen", "rejected"):
                told = said_in_turns(example, (example[side],))
                whole = said(row["prompt"] + row[side])
                assert told == whole[: len(told)]
            assert example["chosen"] != example["rejected"]


def test_openai_files_have_its_form(library, exports):
    chat, preference = (jsonschema.Draft7Validator(schema) for schema in (CHAT, PREFERENCE))
    at_once = any(len(message.get("tool_calls", ())) > 1 for row in rows(library) for side in sides(row) for message in side)
    for name in names(library, "sft"):
        for row, example in zip(lines(library / name), lines(exports / "openai" / name), strict=True):
            chat.validate(example)
            assert said(example["messages"]) == said(row["messages"])
            assert [message.get("weight") for message in example["messages"]] == [message.get("weight") for message in row["messages"]]
            assert functions(example["tools"]) == functions(row["tools"])
            assert example["parallel_tool_calls"] is at_once
    for name in names(library, "preference"):
        for row, example in zip(lines(library / name), lines(exports / "openai" / name), strict=True):
            preference.validate(example)
            for ours, theirs in (("chosen", "preferred_output"), ("rejected", "non_preferred_output")):
                told = said(example["input"]["messages"] + example[theirs])
                assert told == said(row["prompt"] + row[ours])[: len(told)]
            assert example["preferred_output"] != example["non_preferred_output"]


def test_parquet_has_the_rows(library, exports):
    for kind in ("sft", "preference"):
        for name in names(library, kind):
            made = parquet_rows(exports / "parquet" / name.replace(".jsonl", ".parquet"))
            for row, read in zip(lines(library / name), made, strict=True):
                row["tags"] = {key: value for key, value in row["tags"].items() if value is not None}
                assert {**read, "certificate": json.loads(read["certificate"])} == row


def test_what_is_written_is_not_escaped(library, exports):
    assert "“" in (library / "sft" / "train.jsonl").read_text(encoding="utf-8")
    for name in ("trl-objects", "sharegpt", "openai"):
        text = (exports / name / "sft" / "train.jsonl").read_text(encoding="utf-8")
        assert "“" in text
        assert "\\u" not in text


def test_a_build_writes_what_the_command_writes(tmp_path):
    """Both make the same bytes; the manifest lists them with their digests, and says what was left out."""
    folder = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("out*"))
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8") + f"emit: [trl, {', '.join(NAMES)}]\n", encoding="utf-8")
    out = tmp_path / "out"
    result = magnetc("build", folder, "--trust", "--paths", 8, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    assert manifest["exports"] == json.loads(result.stdout)["exports"]
    built = files(out / "exports")
    assert {f"exports/{name}" for name in built} == {name for name in manifest["others"] if name.startswith("exports/")}
    assert all(file_digest(out / "exports" / name) == manifest["others"][f"exports/{name}"] for name in built)
    told = magnetc("export", out, *(f"--to={name}" for name in NAMES), "-o", tmp_path / "again", "--json")
    assert files(tmp_path / "again") == built
    assert {name: {key: counts[key] for key in ("rows", "dropped")} for name, counts in json.loads(told.stdout).items()} == manifest["exports"]
    assert verify(out)["failures"] == []


@pytest.fixture
def changed(library, tmp_path):
    """Writes a copy of the library whose training conversations are others, its manifest right again."""

    def write(text: str) -> Path:
        out = shutil.copytree(library, tmp_path / "changed")
        (out / "sft" / "train.jsonl").write_text(text, encoding="utf-8")
        manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
        manifest["files"]["sft/train.jsonl"]["sha256"] = file_digest(out / "sft" / "train.jsonl")
        (out / "manifest.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
        return out

    return write


def test_what_a_form_cannot_hold_is_counted(library, changed, tmp_path):
    row = next(row for row in lines(library / "sft" / "train.jsonl") if row["messages"][0]["role"] == "system" and len(row["messages"]) > 5)
    untrained = {**row, "messages": [{**message, "weight": 0} if "weight" in message else message for message in row["messages"]]}
    repeated = {**row, "messages": [row["messages"][0], row["messages"][1], *row["messages"][1:]]}
    odd_name = {**row, "tools": row["tools"].replace('"name":"find_books"', '"name":"books.find"')}
    talking = {**row, "messages": [{**message, "content": "One moment."} if message.get("tool_calls") else message for message in row["messages"]]}
    out = changed("".join(json.dumps(each) + "\n" for each in (row, untrained, repeated, odd_name, talking)))
    result = magnetc("export", out, "--to=sharegpt", "--to=openai", "--to=trl-objects", "-o", tmp_path / "made", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    times = sum(message.get("weight", 0) for message in row["messages"])
    assert told["sharegpt"]["rows"]["sft/train.jsonl"] == 2 * times
    assert told["sharegpt"]["dropped"] == {"the user speaks twice in a row": times, "the agent says something beside a call": times,
                                           "no message of the row is trained": 1}
    assert told["openai"]["rows"]["sft/train.jsonl"] == 3
    assert told["openai"]["dropped"] == {"no message of the row is trained": 1, "a tool's name is none of [a-zA-Z0-9_-]{1,64}": 1}
    assert told["trl-objects"]["dropped"] == {}
    assert f"{times:,} left out: the user speaks twice in a row" in result.stderr


def test_pairs_are_cut_where_the_sides_part(library, tmp_path):
    """What both sides begin with goes to the prompt; a pair whose sides part elsewhere than where the agent speaks has no such form."""
    out = shutil.copytree(library, tmp_path / "changed")
    row = next(row for row in rows(library, "preference/train") if len(row["chosen"]) > 2 and row["chosen"][0].get("tool_calls"))
    shared = {**row, "chosen": [*row["chosen"][:2], *row["chosen"]], "rejected": [*row["chosen"][:2], *row["rejected"]]}
    result = [{**message, "content": "{}"} if message["role"] == "tool" else message for message in row["chosen"]]
    other_result, same = {**row, "rejected": result}, {**row, "rejected": row["chosen"]}
    (out / "preference" / "train.jsonl").write_text("".join(json.dumps(each) + "\n" for each in (row, shared, other_result, same)), encoding="utf-8")
    manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    manifest["files"]["preference/train.jsonl"]["sha256"] = file_digest(out / "preference" / "train.jsonl")
    (out / "manifest.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    assert magnetc("export", out, "--to=sharegpt", "--to=openai", "-o", tmp_path / "made").exit_code == 0
    for name in ("sharegpt", "openai"):
        counts = json.loads((tmp_path / "made" / name / "export.json").read_text(encoding="utf-8"))
        assert Counter(counts["dropped"]) == {"the sides part where the agent does not speak": 1, "one side is the beginning of the other": 1}
        assert counts["rows"]["preference/train.jsonl"] == 2
    first, second = lines(tmp_path / "made" / "openai" / "preference" / "train.jsonl")
    assert second["preferred_output"] == first["preferred_output"]
    assert said(second["input"]["messages"]) == said(row["prompt"] + row["chosen"][:2])


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}', '{"id":"a","tools":"[]","tags":{},"certificate":{},"messages":[{"role":"user"}]}',
                                  '{"id":"a","tools":"[]","tags":{},"certificate":{},"messages":[{"role":"assistant","content":"","weight":1,'
                                  '"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":NaN}"}}]}]}'])
def test_a_line_that_is_no_row_is_told(changed, line):
    result = magnetc("export", changed(line + "\n"), "--to", "openai")
    assert result.exit_code == 1
    assert "error[MG620]: line 1 of `sft/train.jsonl` is no row" in result.output


def test_parquet_says_what_it_has_no_column_for(library, changed, tmp_path):
    row = lines(library / "sft" / "train.jsonl")[0]
    result = magnetc("export", changed(json.dumps({**row, "tags": {**row["tags"], "mood": "calm"}}) + "\n"), "--to", "parquet", "-o", tmp_path / "made")
    assert f"error[MG620]: in the tags of `{row['id']}` is `mood`" in result.output
    assert not (tmp_path / "made").exists()


def test_changed_rows_are_not_exported(library, tmp_path):
    out = shutil.copytree(library, tmp_path / "changed")
    data = out / "sft" / "train.jsonl"
    data.write_text(data.read_text(encoding="utf-8").replace("a", "b", 1), encoding="utf-8")
    result = magnetc("export", out, "--to", "sharegpt")
    assert result.exit_code == 1
    assert "error[MG620]: `sft/train.jsonl` of" in result.output
    assert not (out / "exports").exists()


def test_nothing_else_is_overwritten(library, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    result = magnetc("export", library, "--to", "openai", "-o", tmp_path / "mine")
    assert "error[MG010]" in result.output
    assert files(tmp_path / "mine") == {"notes.txt": b"keep"}
    for _ in range(2):
        assert magnetc("export", library, "--to", "openai", "-o", tmp_path / "openai").exit_code == 0
    assert (tmp_path / "openai" / "export.json").is_file()


def test_parquet_asks_for_its_extra(library, tmp_path, monkeypatch):
    """A build says so before it makes anything."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    told = magnetc("export", library, "--to", "parquet", "-o", tmp_path / "made")
    assert "error[MG710]: `pyarrow` is not installed" in told.output
    assert 'pip install "magnetc[parquet]"' in told.output
    folder = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("out*"))
    with (folder / "recipe.yaml").open("a", encoding="utf-8") as recipe:
        recipe.write("emit: [trl, parquet]\n")
    assert "error[MG710]: `pyarrow` is not installed" in magnetc("build", folder, "--trust", "-o", tmp_path / "out").output
    assert not (tmp_path / "out").exists()


@pytest.mark.network
def test_llama_factory_reads_every_example(library, exports, tmp_path):
    """Its own converter skips none of them, and finds in them the calls of the rows."""
    pytest.importorskip("torch", reason="LLaMA-Factory needs torch; .ci/heavy installs it")
    own = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", own, "llamafactory==0.9.5"], check=True)
    script = Path(__file__).parents[1] / "data" / "read_by_llama_factory.py"
    done = subprocess.run([sys.executable, script, exports / "sharegpt"], env={**os.environ, "PYTHONPATH": str(own)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    read = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"file"')]
    for name in [*names(library, "sft"), *names(library, "preference")]:
        examples = lines(exports / "sharegpt" / name)
        mine = [made for made in read if made["file"] == name.removesuffix(".jsonl").replace("/", "_")]
        for example, made in zip(examples, mine, strict=True):
            turns = [*example["conversations"], *(example[side] for side in ("chosen", "rejected") if side in example)]
            assert [message["content"] for message in made["messages"]] == [turn["value"] for turn in turns]
            expected = [_calls(turn["value"]) for turn in turns if turn["from"] == "function_call"]
            for model, found in made["calls"].items():
                assert [[(call, wire(json.loads(arguments))) for call, arguments in each] for each in found] == expected, model


def _calls(value: str) -> list[tuple[str, str]]:
    calls = json.loads(value)
    return [(call["name"], wire(call["arguments"])) for call in (calls if isinstance(calls, list) else [calls])]
