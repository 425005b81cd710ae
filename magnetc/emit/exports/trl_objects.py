"""TRL's conversational form with objects where the rows have JSON strings: `tools`, and the `arguments` of calls."""

from __future__ import annotations

from magnetc.emit.exports.dataset import Dataset, Message, Row, read_json
from magnetc.emit.exports.hub import hub_page
from magnetc.emit.exports.sheet import Sheet
from magnetc.ir.json import wire


def trl_objects(dataset: Dataset, sheet: Sheet) -> None:
    """Every row, without its certificate; files as those of the dataset."""
    for name in (*dataset.files("sft"), *dataset.files("preference")):
        for row in dataset.rows(name):
            sheet.row(name, wire(_objects(row)))
    sheet.text("README.md", hub_page(dataset, sheet, "The rows in TRL's conversational form, tools and arguments as objects."))


def _objects(row: Row) -> Row:
    made = {key: value for key, value in row.items() if key not in ("tags", "certificate")}
    for part in ("messages", "prompt", "chosen", "rejected"):
        if part in made:
            made[part] = [with_objects(message) for message in made[part]]
    return {**made, "tools": read_json(row["tools"])}


def with_objects(message: Message) -> Message:
    """A message whose calls have their arguments as objects."""
    if "tool_calls" not in message:
        return message
    calls = [{**call, "function": {**call["function"], "arguments": read_json(call["function"]["arguments"])}} for call in message["tool_calls"]]
    return {**message, "tool_calls": calls}
