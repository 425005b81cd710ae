"""Rows survive Arrow: Hugging Face datasets loads them back as they stand in the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.datasets


@pytest.mark.parametrize("name", ["sft/train.jsonl", "preference/train.jsonl"])
def test_rows_load_back_unchanged(library, tmp_path, name):
    datasets = pytest.importorskip("datasets", reason="`datasets` is not installed; .ci/heavy installs it")
    path = Path(library) / name
    loaded = datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path), split="train")
    written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(loaded) == len(written)
    for ours, theirs in zip(written, loaded):
        for key in ("messages", "prompt", "chosen", "rejected", "tools"):
            if key in ours:
                assert without_nulls(theirs[key]) == ours[key]


def without_nulls(value):
    """Arrow may show an absent key as null; a row never writes one."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
