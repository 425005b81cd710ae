"""What docs/training.md shows: its Python runs, and its table of credit is what the trainer does."""

import json
import re
from pathlib import Path

import chat_families as families
import pytest
import torch

from magnetc.models.chat import Chat
from magnetc.models.scratch import ScratchSettings, scratch_model
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.rows import encode_row
from magnetc.train.preference.credit import CREDITS, with_credit

pytestmark = pytest.mark.train

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
SIZES = ScratchSettings(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=32)
TEMPLATES = {"qwen2_5": "Qwen 2.5", "hermes": "Hermes", "scratch": "`scratch`", "llama3_1": "Llama 3.1",
             "llama3_2": "Llama 3.1, 3.2", "mistral": "Mistral", "qwen3": "Qwen3"}
CELLS = re.compile(r"^\| `(\w+)` \| (\d[^|]*) \| (\d[^|]*) \|$", re.MULTILINE)


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    code = re.search(r"<!-- example: trainers -->\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
    tokenizer = families.tokenizer("scratch")
    tokenizer.save_pretrained(tmp_path / "models" / "base")
    scratch_model(SIZES, tokenizer).save_pretrained(tmp_path / "models" / "base")
    for folder, rows in (("sft", families.ROWS), ("preference", families.PAIRS)):
        write_rows(tmp_path / "out" / "travel" / folder / "train.jsonl", rows[:4])
        write_rows(tmp_path / "out" / "travel" / folder / "validation.jsonl", rows[4:6])
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        names = {"__name__": "example"}
        exec(compile(code, "docs/training.md", "exec"), names)
    figures = names["figures"]
    documented = re.findall(r"`(\w+)`", PAGE.partition("Figures of an evaluation")[2].partition("by kind of fault")[0])
    assert {f"eval_{name}" for name in documented} <= set(figures)
    kind = families.PAIRS[4]["fault"]["kind"]
    for name in ("margin", "chosen_span", "rejected_span"):
        assert f"`KIND/{name}`" in PAGE
        assert f"eval_{kind}/{name}" in figures
    assert (tmp_path / "runs" / "mdpo" / "model" / "chat_template.jinja").is_file()


def call(name, number, credit, weight, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"role": "assistant", "content": "", "weight": weight, "credit": credit,
            "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]}


def side(weight, flight, price, yen, departs):
    def result(number, **values):
        return {"role": "tool", "tool_call_id": f"call_{number}", "content": json.dumps(values)}

    def says(text):
        return {"role": "assistant", "content": text, "weight": 0, "credit": 0}

    return [
        call("book_flight", 1, 1, weight, flight_id=flight), result(1, booking_id="BFAMW2", price=price),
        call("convert_currency", 2, 1, weight, amount=price, source="USD", target="JPY"), result(2, amount=yen),
        says(f"That was {price} dollars. Converted, that is {yen} yen."),
        {"role": "user", "content": "Remind me of the times for that booking."},
        call("get_booking", 3, 0, weight, booking_id="BFAMW2"), result(3, departs=departs),
        says(f"Atlanta to Tokyo at {departs}."),
    ]


PAIR = {"id": "example", "tools": "[]", "fault": {"kind": "wrong_value"},
        "prompt": [{"role": "user", "content": "Let's go with the least expensive flight. And what is it in yen?"}],
        "chosen": side(1, "FMQXC2", 706.0, 107868.0, "10:25"), "rejected": side(0, "FCN2H4", 906.0, 138426.0, "12:55")}


def test_the_table_of_credit_is_what_is_done():
    table = {credit: sides for credit, *sides in CELLS.findall(PAGE.partition("## Credit")[2].partition("## ")[0])}
    assert tuple(table) == CREDITS
    pair = encode_pair(PAIR, Chat(families.tokenizer("scratch")))
    for credit, cells in table.items():
        example = with_credit(pair, credit)
        sides = ((example.chosen, pair.chosen_spans), (example.rejected, pair.rejected_spans))
        for cell, (part, spans) in zip(cells, sides):
            touched = [n for n, span in enumerate(spans, 1) if part.credit[span.start : span.end].any()]
            whole = [n for n, span in enumerate(spans, 1) if part.credit[span.start : span.end].all()]
            assert touched == [int(n) for n in re.findall(r"\d", cell)]
            assert whole == ([] if "tokens that differ" in cell else touched)


@pytest.mark.parametrize("family", TEMPLATES)
def test_the_table_of_templates_is_what_is_done(family):
    chat = Chat(families.tokenizer(family))
    (row,) = [line for line in PAGE.splitlines() if re.match(rf"\| [^|]*{TEMPLATES[family]}", line)]
    _, sequences, kept = row.strip("| ").split(" | ")
    for example in families.ROWS:
        spans = [part.messages for part in encode_row(example, chat)]
        units = {"one a user turn": {span.turn for own in spans for span in own},
                 "one a message": {span.index for own in spans for span in own}}
        assert len(spans) == len(units.get(sequences, [1]))
    for example in families.PAIRS:
        pair = encode_pair(example, chat)
        for spans, left_out in zip((pair.chosen_spans, pair.rejected_spans), pair.left_out):
            assert left_out == 0 or not kept.startswith("all")
            assert {span.turn for span in spans} == {0} or kept != "the faulty turn"
            assert len(spans) == 1 or not kept.startswith("the message")
