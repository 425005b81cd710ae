"""Any conversation of calls comes back out of every export as it was: names, arguments type by type, results, and what is trained."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from exported import functions, lines, parquet_rows, said, said_in_turns
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.emit.exports import NAMES
from magnetc.emit.exports.dataset import Dataset
from magnetc.emit.exports.write import write_export
from magnetc.ir.json import wire

TEXT = st.text(max_size=8)
VALUE = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
                     lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5)
OBJECT = st.dictionaries(TEXT, VALUE, max_size=3)
NAME = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
WEIGHT = st.integers(0, 1)


@st.composite
def conversations(draw, regular=True):
    """Messages of whole user turns: rounds of one to three calls with their results, then words. Else anybody may speak at any time."""
    messages = [{"role": "system", "content": draw(TEXT)}] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        for _ in range(1 if regular else draw(st.integers(0, 2))):
            messages.append({"role": "user", "content": draw(TEXT)})
        for _ in range(draw(st.integers(0, 2))):
            ids = [f"call_{len(messages)}_{number}" for number in range(draw(st.integers(1, 3)))]
            calls = [{"id": id, "type": "function", "function": {"name": draw(NAME), "arguments": wire(draw(OBJECT))}} for id in ids]
            messages.append({"role": "assistant", "content": "", "tool_calls": calls, "weight": draw(WEIGHT)})
            messages += [{"role": "tool", "tool_call_id": id, "name": "any", "content": wire(draw(VALUE))} for id in (ids if regular else ids[1:])]
        messages.append({"role": "assistant", "content": draw(TEXT), "weight": draw(WEIGHT)})
    return messages


def row_of(number, messages, tools):
    tags = {"path": "p", "base": f"p-{number}", "operations": [], "locale": "en", "copy_of": ""}
    listed = [{"type": "function", "function": {"name": name, "parameters": parameters}} for name, parameters in tools.items()]
    return {"id": f"p-{number}", "messages": messages, "tools": wire(listed), "tags": tags, "certificate": {"row": ""}}


def exported(rows, folder):
    (folder / "sft").mkdir()
    (folder / "sft" / "train.jsonl").write_text("".join(wire(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    return {name: write_export(name, Dataset(folder, ("sft/train.jsonl",)), folder / name) for name in NAMES}


ROWS = st.lists(st.tuples(conversations(), st.dictionaries(NAME, OBJECT, max_size=2)), min_size=1, max_size=2)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_every_form_says_what_the_rows_say(made):
    rows = [row_of(number, messages, tools) for number, (messages, tools) in enumerate(made)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        counts = exported(rows, folder)
        trained = [row for row in rows if any(message.get("weight") for message in row["messages"])]
        read = {form: lines(folder / form / "sft" / "train.jsonl") if counts[form]["rows"] else [] for form in ("trl-objects", "trl-completions", "openai", "sharegpt")}
        parquet = parquet_rows(folder / "parquet" / "sft" / "train.parquet")
    for form, source in (("trl-objects", rows), ("openai", trained)):
        for row, found in zip(source, read[form], strict=True):
            assert said(found["messages"]) == said(row["messages"])
            assert functions(found.get("tools", [])) == functions(row["tools"])
    for row, found in zip(rows, parquet, strict=True):
        assert (said(found["messages"]), found["tools"]) == (said(row["messages"]), row["tools"])
    ends = [(row, index) for row in rows for index, message in enumerate(row["messages"]) if message.get("weight")]
    for (row, index), found in zip(ends, read["sharegpt"], strict=True):
        told = [turn for turn in said(row["messages"][: index + 1]) if turn != ("system", wire(""))]
        assert said_in_turns(found) == told
    for (row, index), found in zip(ends, read["trl-completions"], strict=True):
        assert said(found["prompt"] + found["completion"]) == said(row["messages"][: index + 1])
        assert len(found["completion"]) == 1
    untrained = len(rows) - len(trained)
    assert sum(counts["sharegpt"]["dropped"].values()) == sum(counts["openai"]["dropped"].values()) == untrained


@settings(max_examples=25, deadline=None)
@given(st.lists(conversations(regular=False), min_size=1, max_size=3))
def test_nothing_is_lost_uncounted(made):
    """What LLaMA-Factory cannot take is left out and counted; what is written alternates and ends with a trained message."""
    rows = [row_of(number, messages, {}) for number, messages in enumerate(made)]
    with TemporaryDirectory() as name:
        counts = exported(rows, Path(name))["sharegpt"]
        found = lines(Path(name) / "sharegpt" / "sft" / "train.jsonl") if counts["rows"] else []
    whole = {row["id"]: row["messages"] for row in rows}
    for example in found:
        row, _, index = example["id"].partition("#")
        assert whole[row][int(index)]["weight"] == 1
        assert said_in_turns(example)[-1] == said(whole[row][: int(index) + 1])[-1]
    weights = [sum(message.get("weight", 0) for message in row["messages"]) for row in rows]
    assert len(found) + sum(counts["dropped"].values()) == sum(weights) + weights.count(0)
