"""Rows and exports survive Arrow: Hugging Face datasets loads them back as they stand in the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset import magnetc
from exported import functions, lines, said, without_nulls

from magnetc.emit.exports import NAMES

pytestmark = pytest.mark.datasets

PARTS = ("messages", "prompt", "chosen", "rejected")


@pytest.fixture(scope="module")
def datasets():
    return pytest.importorskip("datasets", reason="`datasets` is not installed; .ci/heavy installs it")


@pytest.fixture(scope="module")
def exports(library, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "all"
    assert magnetc("export", library, *(f"--to={name}" for name in NAMES), "-o", folder).exit_code == 0
    return folder


@pytest.mark.parametrize("name", ["sft/train.jsonl", "preference/train.jsonl"])
def test_rows_load_back_unchanged(datasets, library, tmp_path, name):
    path = Path(library) / name
    loaded = datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path), split="train")
    written = lines(path)
    assert len(loaded) == len(written)
    for ours, theirs in zip(written, loaded):
        for key in (*PARTS, "tools"):
            if key in ours:
                assert without_nulls(theirs[key]) == ours[key]


@pytest.mark.parametrize("kind", ["sft", "preference"])
def test_an_output_is_a_dataset_of_the_hub(datasets, library, tmp_path, kind):
    """As its card offers it, though a partition may have no copy, no operation or no replies."""
    loaded = datasets.load_dataset(str(library), kind, cache_dir=str(tmp_path))
    for part, theirs in loaded.items():
        written = lines(library / kind / f"{part}.jsonl")
        assert [dict(row) for row in theirs] == written


@pytest.mark.parametrize("name", ["trl-objects", "parquet"])
@pytest.mark.parametrize("kind", ["sft", "preference"])
def test_an_export_is_a_dataset_of_the_hub(datasets, library, exports, tmp_path, name, kind):
    """Every partition by its name, every call with its arguments, and no key that another call has."""
    loaded = datasets.load_dataset(str(exports / name), kind, cache_dir=str(tmp_path))
    assert set(loaded) == {path.stem for path in (library / kind).glob("*.jsonl")}
    for part, theirs in loaded.items():
        for row, read in zip(lines(library / kind / f"{part}.jsonl"), theirs, strict=True):
            assert read["id"] == row["id"]
            assert functions(read["tools"]) == functions(row["tools"])
            for key in row.keys() & set(PARTS):
                messages = [{name: value for name, value in message.items() if value is not None} for message in read[key]]
                assert said(messages) == said(row[key])
                assert [message.get("weight") for message in messages] == [message.get("weight") for message in row[key]]


def test_rows_given_as_objects_are_filled_with_nulls(datasets, exports):
    """What docs/exports.md warns of, and why the rows have strings in these places."""
    objects = lines(exports / "trl-objects" / "sft" / "train.jsonl")
    calls = [{"arguments": call["function"]["arguments"]} for row in objects for message in row["messages"] for call in message.get("tool_calls", ())]
    loaded = datasets.Dataset.from_list(calls)
    every = set().union(*(call["arguments"] for call in calls))
    assert all(set(row["arguments"]) == every for row in loaded)
    assert any(set(call["arguments"]) != every for call in calls)


@pytest.mark.parametrize("name", ["sharegpt", "openai"])
@pytest.mark.parametrize("kind", ["sft", "preference"])
def test_lines_load_back_unchanged(datasets, exports, tmp_path, name, kind):
    path = exports / name / kind / "train.jsonl"
    loaded = datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path), split="train")
    for ours, theirs in zip(lines(path), loaded, strict=True):
        if name == "sharegpt":
            assert theirs == ours
        else:
            assert json.dumps(without_nulls(theirs), sort_keys=True) == json.dumps(without_nulls(ours), sort_keys=True)
