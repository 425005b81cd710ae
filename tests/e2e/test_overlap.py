"""What entries of a benchmark have in common with a dataset that a build wrote."""

import json
from dataclasses import replace

import pytest
from dataset import rows

from magnetc.diagnostics import MagnetError, Sink
from magnetc.eval.bfcl.entries import Entry
from magnetc.eval.bfcl.overlap import TRAINED, overlapping

pytest.importorskip("rensa")


def entry_of(row, id):
    """An entry that says and calls what a row does."""
    turns, calls = [], []
    for message in row["messages"]:
        if message["role"] == "user":
            turns.append((message,))
            calls.append([])
        for call in message.get("tool_calls") or ():
            calls[-1].append((call["function"]["name"], json.loads(call["function"]["arguments"])))
    return Entry(id=id, category="multi_turn_base", turns=tuple(turns), tools=(), truth_calls=tuple(map(tuple, calls)), classes=("X",))


def test_entries_are_found_in_what_a_model_was_trained_on(library):
    row = max(rows(library, "sft/train"), key=lambda each: sum(len(message.get("tool_calls") or ()) for message in each["messages"]))
    same = entry_of(row, "same")
    silent = replace(same, id="words", truth_calls=())
    calling = replace(same, id="calls", turns=tuple(({"role": "user", "content": f"word {number} of nothing at all"},) for number in range(len(same.turns))))
    other = replace(calling, id="other", truth_calls=((("no_tool", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}),),))
    sink = Sink()
    found, compared = overlapping([same, silent, calling, other], library, sink)
    assert found == {"calls": ["calls"], "same": ["calls", "words"], "words": ["words"]}
    assert compared == sum(1 for name in TRAINED for _ in rows(library, name.removesuffix(".jsonl")))
    assert not sink.has_errors


def test_data_that_is_none_is_told(library, tmp_path):
    with pytest.raises(MagnetError, match="MG620"):
        overlapping([], tmp_path, Sink())
    with pytest.raises(MagnetError, match="MG633"):
        overlapping([], tmp_path / "rows.jsonl", Sink())
