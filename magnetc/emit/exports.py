"""Exports beside the TRL rows, by the name in the recipe's `emit`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from magnetc.emit.bfcl import check_literals, to_bfcl
from magnetc.ir.json import Json, wire
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec


class Conversation(Protocol):
    """What an export is given: a conversation's rows, and the world's state at the beginning."""

    @property
    def rows(self) -> list[dict[str, Any]]: ...

    @property
    def initial(self) -> Json: ...


class Sheet(Protocol):
    """Where an export writes: one line at a time to named files."""

    def line(self, name: str, text: str) -> int: ...


def bfcl(conversation: Conversation, spec: Spec, sheet: Sheet) -> None:
    """BFCL multi-turn: question, possible answer, and the calls by step as the official checkers read them.

    Its backends have the real names: calls and results are read back into them. Slips are no part of a right answer.

    A conversation over several tool sets is one entry: its last row has all of it. What a user turn announces as newly
    offered becomes BFCL's `missed_function` of that turn, and what is never offered its `excluded_function`.
    """
    row = conversation.rows[-1]
    messages = _shown(row, spec).read_messages(_without_slips(row))
    if check_literals(messages, spec.tool) is not None:
        return
    offered = {tool for each in conversation.rows for tool in _names(each, spec)}
    excluded = [tool for tool in spec.tool if tool not in offered]
    config, classes = _initial_config(conversation.initial)
    number = sheet.line("exports/bfcl/ids.txt", row["id"])
    name, missed = f"multi_turn_base_{number}", _missed(conversation.rows, spec)
    entry = to_bfcl(name, messages, config, classes, missed, excluded)
    sheet.line("exports/bfcl/BFCL_v4_multi_turn_base.json", wire(entry["question"]))
    sheet.line("exports/bfcl/possible_answer/BFCL_v4_multi_turn_base.json", wire(entry["answer"]))
    decoded = {"id": entry["answer"]["id"], "decoded": entry["decoded"], "results": entry["results"]}
    sheet.line("exports/bfcl/decoded.json", wire(decoded))


def _without_slips(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row's messages without the agent's own wrong calls, each of which has a message of its own, and their results."""
    slips = row["certificate"].get("slips", {})
    return [message for message in row["messages"] if message.get("tool_call_id") not in slips
            and not any(call["id"] in slips for call in message.get("tool_calls") or ())]


def _shown(row: Mapping[str, Any], spec: Spec) -> Shown:
    return Shown(spec, Presentation.read(row["certificate"].get("shown", {})))


def _names(row: Mapping[str, Any], spec: Spec) -> list[str]:
    shown = _shown(row, spec)
    return [shown.read_name(tool["function"]["name"]) for tool in json.loads(row["tools"])]


def _initial_config(state: Json) -> tuple[dict[str, Json], list[str]]:
    """The backends' configurations: the parts of the state that are named like a class."""
    config = {name: value for name, value in state.items() if name[:1].isupper()}
    return config, sorted(config)


def _missed(rows: list[dict[str, Any]], spec: Spec) -> dict[str, list[str]] | None:
    if len(rows) < 2:
        return None
    turns = sum(message["role"] == "user" for message in rows[0]["messages"])
    return {str(turns): sorted(set(_names(rows[1], spec)) - set(_names(rows[0], spec)))}


EXPORTS: dict[str, Callable[[Conversation, Spec, Sheet], None]] = {"bfcl": bfcl}
"""`trl` is not here: its rows are what every other export is made from."""
