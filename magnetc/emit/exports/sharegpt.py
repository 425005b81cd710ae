"""LLaMA-Factory's ShareGPT form: what it trains on with `mask_history: true` are the messages that the rows train.

    {"id": "booking-000017#4", "conversations": [{"from": "human", "value": "…"}, {"from": "function_call", "value": "{\"name\": …"},
     {"from": "observation", "value": "…"}, {"from": "gpt", "value": "…"}], "system": "…", "tools": "[…]"}

Turns alternate: `human` and `observation` stand at odd positions, `gpt` and `function_call` at even ones. The form has no weights, and
so each trained message is an example of its own, the last turn of it. A pair has one message a side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from magnetc.emit.exports.dataset import Dataset, Message, Row, read_json
from magnetc.emit.exports.pairs import first_difference
from magnetc.emit.exports.sheet import Sheet
from magnetc.ir.json import Json, wire

Turn = dict[str, str]

COLUMNS = {"messages": "conversations", "system": "system", "tools": "tools"}
UNTRAINED = "no message of the row is trained"


def sharegpt(dataset: Dataset, sheet: Sheet) -> None:
    """Files as those of the dataset, and `dataset_info.json`, by which LLaMA-Factory knows them."""
    for name in dataset.files("sft"):
        for row in dataset.rows(name):
            for example in _examples(row, sheet):
                sheet.row(name, wire(example))
    for name in dataset.files("preference"):
        for row in dataset.rows(name):
            example = _pair(row)
            if isinstance(example, str):
                sheet.dropped[example] += 1
            else:
                sheet.row(name, wire(example))
    sheet.text("dataset_info.json", json.dumps({name.removesuffix(".jsonl").replace("/", "_"): _entry(name) for name in sheet.rows}, indent=1) + "\n")


def _entry(name: str) -> dict[str, Json]:
    """How LLaMA-Factory reads a file."""
    if name.startswith("preference/"):
        return {"file_name": name, "formatting": "sharegpt", "ranking": True, "columns": {**COLUMNS, "chosen": "chosen", "rejected": "rejected"}}
    return {"file_name": name, "formatting": "sharegpt", "columns": COLUMNS}


def _examples(row: Row, sheet: Sheet) -> Iterator[dict[str, Json]]:
    """An example for each trained message, which ends it."""
    trained = [index for index, message in enumerate(row["messages"]) if message.get("weight")]
    if not trained:
        sheet.dropped[UNTRAINED] += 1
    told = Told.of(row["messages"])
    for index in trained:
        if index in told.ends:
            yield {"id": f"{row['id']}#{index}", "conversations": told.turns[: told.ends[index]], **_around(row, told)}
        else:
            sheet.dropped[told.broken] += 1


def _pair(row: Row) -> dict[str, Json] | str:
    """A pair cut to one message a side, or why it has no such form."""
    cut = first_difference(row)
    if isinstance(cut, str):
        return cut
    prompt, *sides = cut
    told, ends = Told.of(prompt), [Told.of([*prompt, side]) for side in sides]
    broken = next((each.broken for each in (told, *ends) if each.broken), "")
    if broken:
        return broken
    chosen, rejected = (each.turns[-1] for each in ends)
    return {"id": row["id"], "conversations": told.turns, "chosen": chosen, "rejected": rejected, **_around(row, told)}


def _around(row: Row, told: Told) -> dict[str, Json]:
    return {"system": told.system, "tools": wire([tool["function"] for tool in read_json(row["tools"])])}


@dataclass(slots=True)
class Told:
    """Messages as turns. `ends` says how many turns there are after a message of the agent, by its index; `broken` why it goes no further."""

    system: str = ""
    turns: list[Turn] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    broken: str = ""

    @classmethod
    def of(cls, messages: Sequence[Message]) -> Told:
        told, index = cls(), 0
        if messages[0]["role"] == "system":
            told.system, index = messages[0]["content"], 1
        while index < len(messages) and not told.broken:
            index = told._take(messages, index)
        return told

    def _take(self, messages: Sequence[Message], index: int) -> int:
        """Take the next turn; returns the index of the message after it."""
        message = messages[index]
        match message["role"]:
            case "user":
                self._say("human", message["content"])
            case "tool":
                results = _results(messages, index)
                self._observe(messages[index - 1] if index else {}, results)
                return index + len(results)
            case "assistant" if message.get("tool_calls"):
                if message["content"]:
                    self.broken = "the agent says something beside a call"
                self._say("function_call", _calls(message))
                self._ended(index)
            case "assistant":
                self._say("gpt", message["content"])
                self._ended(index)
            case _:
                self.broken = "a system message is not the first"
        return index + 1

    def _say(self, who: str, value: str) -> None:
        agent = who in ("gpt", "function_call")
        if agent is not bool(len(self.turns) % 2):
            self.broken = self.broken or ("the agent speaks without being asked" if agent else "the user speaks twice in a row")
        self.turns.append({"from": who, "value": value})

    def _observe(self, calls: Message, results: Sequence[Message]) -> None:
        """The results of a message's calls, in their order: one as it is, several as a JSON list."""
        if [call["id"] for call in calls.get("tool_calls", ())] != [result["tool_call_id"] for result in results]:
            self.broken = "results do not follow their calls, one each"
            return
        texts = [result["content"] for result in results]
        self._say("observation", texts[0] if len(texts) == 1 else wire([_value(text) for text in texts]))

    def _ended(self, index: int) -> None:
        if not self.broken:
            self.ends[index] = len(self.turns)


def _results(messages: Sequence[Message], start: int) -> list[Message]:
    end = next((index for index in range(start, len(messages)) if messages[index]["role"] != "tool"), len(messages))
    return list(messages[start:end])


def _calls(message: Message) -> str:
    """One call as an object, several as a list of them."""
    calls = [{"name": call["function"]["name"], "arguments": read_json(call["function"]["arguments"])} for call in message["tool_calls"]]
    return wire(calls[0] if len(calls) == 1 else calls)


def _value(text: str) -> Json:
    """A result as the value that its text is JSON of; else the text."""
    try:
        return read_json(text)
    except ValueError:
        return text
