"""BFCL's form of a conversation: question, possible answer, and the calls as the official checkers read them.

    to_bfcl("multi_turn_base_0", messages, {"TravelAPI": {...}}, ["TravelAPI"]) ->
    {"question": {"id": "multi_turn_base_0", "question": [[{"role": "user", "content": "..."}], ...],
                  "initial_config": {...}, "involved_classes": ["TravelAPI"]},
     "answer":   {"id": "multi_turn_base_0", "ground_truth": [["get_flight_cost(travel_from='SFO', ...)"], ...]},
     "decoded":  [[["get_flight_cost(travel_from='SFO', ...)"]], ...],
     "results":  [[['{"travel_cost_list":[400.0]}']], ...]}

`ground_truth` is calls by user turn; `decoded` calls by turn and step, a step being one assistant message; `results` what
the tools answered to them, as the messages have it, for the check that BFCL's own executor answers the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.emit.exports.dataset import Message, Row, read_json
from magnetc.emit.exports.sheet import Sheet
from magnetc.ir.json import Json, wire
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec

CONVERSATION_ID = re.compile(r".+_[0-9]+\Z")
REFUSED_NAMES = frozenset(["kill", "exit", "quit", "remove", "unlink", "popen", "Popen", "run"])
"""Function names that BFCL's executor does not call."""

QUESTIONS, IDS = "BFCL_v4_multi_turn_base.json", "ids.txt"
"""Files of the export: entries, and the id of the row of each."""

MISREAD = "an argument looks like a call to BFCL's checker"


def initial_configs(folder: Path) -> dict[str, Json]:
    """What an export in `folder` says of how each conversation began, by its row's id."""
    ids = (folder / IDS).read_text(encoding="utf-8").splitlines()
    with (folder / QUESTIONS).open(encoding="utf-8", newline="\n") as file:
        return {id: json.loads(line)["initial_config"] for id, line in zip(ids, file, strict=True)}


def write_conversation(rows: Sequence[Row], initial: Mapping[str, Json], spec: Spec, sheet: Sheet) -> None:
    """A conversation: question, possible answer, and the calls by step as the official checkers read them; `ids.txt` has the rows' ids.

    `initial` is the world's own account of how it began, with the seed it mints by: its parts that are named like a class are the configurations of
    backends. These have the real names: calls and results are read back into them. Slips are no part of a right answer.

    A conversation over several tool sets is one entry: its last row has all of it. What a user turn announces as newly
    offered becomes BFCL's `missed_function` of that turn, and what is never offered its `excluded_function`.
    """
    row = rows[-1]
    messages = _shown(row, spec).read_messages(_without_slips(row))
    if check_literals(messages, spec.tool) is not None:
        sheet.dropped[MISREAD] += 1
        return
    offered = {tool for each in rows for tool in _names(each, spec)}
    excluded = [tool for tool in spec.tool if tool not in offered]
    config = {name: value for name, value in initial.items() if name[:1].isupper()}
    entry = to_bfcl(f"multi_turn_base_{sheet.rows[QUESTIONS]}", messages, config, sorted(config), _missed(rows, spec), excluded)
    sheet.line(IDS, row["id"])
    sheet.row(QUESTIONS, wire(entry["question"]))
    sheet.line(f"possible_answer/{QUESTIONS}", wire(entry["answer"]))
    sheet.line("decoded.json", wire({"id": entry["answer"]["id"], "decoded": entry["decoded"], "results": entry["results"]}))


def _without_slips(row: Row) -> list[Message]:
    """A row's messages without the agent's own wrong calls, each of which has a message of its own, and their results."""
    slips = row["certificate"].get("slips", {})
    return [message for message in row["messages"] if message.get("tool_call_id") not in slips
            and not any(call["id"] in slips for call in message.get("tool_calls") or ())]


def _shown(row: Row, spec: Spec) -> Shown:
    return Shown(spec, Presentation.read(row["certificate"].get("shown", {})))


def _names(row: Row, spec: Spec) -> list[str]:
    shown = _shown(row, spec)
    return [shown.read_name(tool["function"]["name"]) for tool in read_json(row["tools"])]


def _missed(rows: Sequence[Row], spec: Spec) -> dict[str, list[str]] | None:
    if len(rows) < 2:
        return None
    turns = sum(message["role"] == "user" for message in rows[0]["messages"])
    return {str(turns): sorted(set(_names(rows[1], spec)) - set(_names(rows[0], spec)))}


def to_bfcl(conversation_id: str, messages: list[dict[str, Json]], initial_config: Mapping[str, Json],
            involved_classes: list[str], missed_function: Mapping[str, list[str]] | None = None,
            excluded_function: Sequence[str] = ()) -> dict[str, Json]:
    """One conversation in BFCL's form.

    `messages` are rows' messages: system, user, assistant (with `tool_calls` in OpenAI's form) and tool. Each user
    message opens a turn. A system message is kept in front of the first turn's, since the agent has to see it there too.
    `missed_function` maps a turn's index, as a string, to the tools that are offered from that turn on; BFCL words such
    a turn itself, so its question is empty. `excluded_function` are tools of these classes that are never offered.

    Raises:
        MagnetError: MG610 for messages that have no BFCL form.
    """
    if not CONVERSATION_ID.fullmatch(conversation_id):
        raise _error(f"`{conversation_id}` does not end in `_` and a number", "name it as in `multi_turn_base_0`")
    question, decoded, results = _turns(conversation_id, messages)
    entry: dict[str, Json] = {"id": conversation_id, "question": question,
                              "initial_config": {name: initial_config.get(name, {}) for name in involved_classes},
                              "involved_classes": list(involved_classes)}
    if missed_function:
        entry["missed_function"] = {turn: list(names) for turn, names in missed_function.items()}
        for turn in missed_function:
            if not turn.isdecimal() or not 0 < int(turn) < len(question):
                raise _error(f"`{conversation_id}` has no turn `{turn}` that could bring a missed function")
            question[int(turn)] = []
    if excluded_function:
        entry["excluded_function"] = list(excluded_function)
    ground_truth = [[call for step in steps for call in step] for steps in decoded]
    return {"question": entry, "answer": {"id": conversation_id, "ground_truth": ground_truth}, "decoded": decoded,
            "results": results}


Steps = list[list[list[str]]]
"""Texts by turn, step and call."""


def _turns(conversation_id: str, messages: list[dict[str, Json]]) -> tuple[list[list[Json]], Steps, Steps]:
    """User messages by turn, calls by turn and step, and their results likewise."""
    question: list[list[Json]] = []
    decoded: Steps = []
    results: Steps = []
    system: list[Json] = []
    for message in messages:
        match message["role"]:
            case "system" if not question:
                system.append({"role": "system", "content": message["content"]})
            case "user":
                question.append([*system, {"role": "user", "content": message["content"]}])
                decoded.append([])
                results.append([])
                system = []
            case "assistant" if message.get("tool_calls"):
                if not decoded:
                    raise _error(f"`{conversation_id}` has a call before the first user message")
                decoded[-1].append([call_text(call["function"]) for call in message["tool_calls"]])
                results[-1].append([])
            case "tool":
                if not results or not results[-1]:
                    raise _error(f"`{conversation_id}` has a tool's result before any call")
                results[-1][-1].append(message["content"])
    if not question:
        raise _error(f"`{conversation_id}` has no user message")
    return question, decoded, results


def call_text(function: Mapping[str, Json]) -> str:
    """A call as Python text with keyword arguments and literals: `cd(folder='reports')`.

    Keywords only: documents and implementations disagree on positions (`purchase_insurance`).
    """
    name, arguments = function["name"], function["arguments"]
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    if not name.isidentifier() or name in REFUSED_NAMES:
        raise _error(f"BFCL cannot call a function named `{name}`", "rename the tool")
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def check_literals(messages: Iterable[dict[str, Json]], tool_names: Iterable[str]) -> Diagnostic | None:
    """What the official checker would misread, if anything: text inside an argument that looks like a tool's call.

    It puts an instance's name before every `tool (` of a call's text, quoted or not, and another one in the reference.
    """
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(tool_names)))})\s*\(")
    for message in messages:
        for call in message.get("tool_calls") or ():
            arguments = json.loads(call["function"]["arguments"])
            for text in _strings(arguments):
                if found := pattern.search(text):
                    return Diagnostic(code="MG611", message=f"an argument of `{call['function']['name']}` holds "
                                                            f"`{found[0]}`, which BFCL's checker takes for a call",
                                      help="drop the conversation from the BFCL export")
    return None


def _strings(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for key, item in value.items():
                yield key
                yield from _strings(item)


def _error(message: str, help: str | None = None) -> MagnetError:
    return MagnetError(Diagnostic(code="MG610", message=message, help=help))
