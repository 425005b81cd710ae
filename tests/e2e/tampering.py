"""Ways to tamper with a row: each yields changed copies, one for every place that it can change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from dataset import Row

from magnetc.ir.json import wire

OTHER_WORDS = {"north": "harbour", "harbour": "old town", "old town": "harbour"}


def other(value: Any) -> Any:
    """A believable other value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value - 1 if value > 3 else value + 1
    if value in OTHER_WORDS:
        return OTHER_WORDS[value]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    return value[:-1] + ("A" if value[-1:] != "A" else "B")


def leaves(value: Any, at: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """(path, scalar) of a JSON value."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*at, key))
    elif value is not None:
        yield at, value


def put(value: Any, at: tuple, new: Any) -> None:
    for key in at[:-1]:
        value = value[key]
    value[at[-1]] = new


def parts(row: Row) -> list[str]:
    """The members of a row that hold messages."""
    return ["messages"] if "messages" in row else ["prompt", "chosen", "rejected"]


def messages(row: Row, *names: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for part in parts(row):
        for index, message in enumerate(row[part]):
            if not names or part in names:
                yield part, index, message


def changed_arguments(row: Row, only: tuple[str, ...] = ()) -> Iterator[Row]:
    """One argument leaf of one call is another value."""
    for part, index, message in messages(row, *only):
        for number, call in enumerate(message.get("tool_calls", ())):
            arguments = json.loads(call["function"]["arguments"])
            for at, value in leaves(arguments):
                changed, copy = deepcopy(arguments), deepcopy(row)
                put(changed, at, other(value))
                copy[part][index]["tool_calls"][number]["function"]["arguments"] = wire(changed)
                yield copy


def changed_results(row: Row) -> Iterator[Row]:
    """One leaf of one tool result is another value."""
    for part, index, message in messages(row):
        if message["role"] == "tool":
            result = json.loads(message["content"])
            for at, value in leaves(result):
                changed, copy = deepcopy(result), deepcopy(row)
                put(changed, at, other(value))
                copy[part][index]["content"] = wire(changed)
                yield copy


def reworded(text: str, said: str, number: int = 0) -> str | None:
    """`text` with one mention of `said` replaced by other words; None when there is none."""
    places = [m for m in re.finditer(re.escape(said), text) if _whole(text, m.start(), m.end())]
    if number >= len(places):
        return None
    here = places[number]
    instead = str(int(said) + 10) if said.isdigit() else "something else"
    return text[: here.start()] + instead + text[here.end() :]


def _without_mention(row: Row, part: str, index: int, said: str) -> Iterator[Row]:
    """Copies in which one of the first three mentions of `said` in a message says something else."""
    for number in range(3):
        text = reworded(row[part][index]["content"], said, number)
        if text is not None:
            copy = deepcopy(row)
            copy[part][index]["content"] = text
            yield copy


def _whole(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def users(row: Row) -> list[tuple[str, int]]:
    """Where the user's turns stand in the accepted conversation."""
    return [(part, index) for part, index, m in messages(row, "messages", "prompt", "chosen") if m["role"] == "user"]


def changed_words(row: Row) -> Iterator[Row]:
    """The words that give one argument say something else."""
    told = {(e["user"], e["said"]) for entries in row["certificate"]["arguments"].values() for e in entries.values() if "user" in e}
    for turn, said in sorted(told):
        part, index = users(row)[turn]
        yield from _without_mention(row, part, index, said)


def changed_replies(row: Row) -> Iterator[Row]:
    """One value that a reply says is another."""
    for side, evidence in (("chosen", "replies"), ("rejected", "rejected_replies")):
        before = len(row.get("prompt", ()))
        for place, entries in row["certificate"].get(evidence, {}).items():
            if "messages" in row:
                part, index = "messages", int(place)
            else:
                part, index = ("prompt", int(place)) if int(place) < before else (side, int(place) - before)
            for said in sorted({entry["said"] for entry in entries}):
                yield from _without_mention(row, part, index, said)


def swapped_sides(row: Row) -> Iterator[Row]:
    if "rejected" in row:
        copy = deepcopy(row)
        copy["chosen"], copy["rejected"] = row["rejected"], row["chosen"]
        yield copy


def changed_faults(row: Row, kinds: list[str]) -> Iterator[Row]:
    if "fault" in row:
        for kind in kinds:
            if kind != row["fault"]["kind"]:
                copy = deepcopy(row)
                copy["fault"]["kind"] = kind
                yield copy


def changed_shown(row: Row) -> Iterator[Row]:
    """What the certificate says of how tools are shown is something else: an order, a name, an entry less or more."""
    shown = row["certificate"].get("shown", {})
    for member, names in shown.items():
        for name in names:
            changes = [lambda n, k: n.pop(k), lambda n, k: n.update({k + "x": n.pop(k)})]
            if member == "orders":
                changes += [lambda n, k: n.update({k: n[k][::-1]}), lambda n, k: n.update({k: n[k][1:]})]
            else:
                changes += [lambda n, k: n.update({k: n[k] + "x"}), lambda n, k: n.update({k: k}), lambda n, k: n.update({k: 7})]
                others = [each for each in names if each != name]
                changes += [lambda n, k, o=each: n.update({k: n[o], o: n[k]}) for each in others[:2]]
            for change in changes:
                copy = deepcopy(row)
                change(copy["certificate"]["shown"][member], name)
                if copy != row:
                    yield copy
    for member in ("tools", "parameters", "results", "dreams"):
        copy = deepcopy(row)
        copy["certificate"].setdefault("shown", {}).setdefault(member, {})["water_plants"] = "vel_tarn"
        yield copy


def changed_structure(row: Row) -> Iterator[Row]:
    """The row says the same with other parts: calls, types, turns, tools, credit or evidence that a build cannot write."""
    for part, index, message in messages(row):
        if message.get("tool_calls"):
            yield from _changed_calls(row, part, index)
        if message["role"] == "tool":
            for change in (lambda m: m.update(name="opening_hour"), lambda m: m.update(tool_call_id="call_99"),
                           lambda m: m.update(content=m["content"].replace(":", ": ")), lambda m: m.update(role="user")):
                copy = deepcopy(row)
                change(copy[part][index])
                yield copy
        if "credit" in message:
            copy = deepcopy(row)
            copy[part][index]["credit"] = 1 - message["credit"]
            yield copy
        for change in (lambda m, i: m.pop(i), lambda m, i: m.insert(i, deepcopy(m[i])), lambda m, i: m[i].pop("content")):
            copy = deepcopy(row)
            change(copy[part], index)
            yield copy
    yield from _changed_tools(row)
    yield from _changed_evidence(row)


def _changed_calls(row: Row, part: str, index: int) -> Iterator[Row]:
    for number, call in enumerate(row[part][index]["tool_calls"]):
        arguments = json.loads(call["function"]["arguments"])
        texts = [" " + wire(arguments), wire({**arguments, "note": 1})]
        texts += [wire({**arguments, key: float(value)}) for key, value in arguments.items() if type(value) is int]
        texts += [wire({**arguments, key: str(value)}) for key, value in arguments.items() if type(value) is int]
        texts += [wire({k: v for k, v in arguments.items() if k != key}) for key in arguments]
        for text in texts:
            copy = deepcopy(row)
            copy[part][index]["tool_calls"][number]["function"]["arguments"] = text
            yield copy
        for name in ("find_book", "state", "__init__"):
            copy = deepcopy(row)
            copy[part][index]["tool_calls"][number]["function"]["name"] = name
            yield copy


def _changed_tools(row: Row) -> Iterator[Row]:
    tools = json.loads(row["tools"])
    trained = [m for _, _, m in messages(row) if m.get("weight") or m.get("credit")]
    called = {call["function"]["name"] for m in trained for call in m.get("tool_calls", ())}
    for index, tool in enumerate(tools):
        fewer = [other for other in tools if other is not tool]
        renamed = deepcopy(tools)
        renamed[index]["function"]["description"] += " Always."
        for changed in (renamed, *([fewer] if tool["function"]["name"] in called else [])):
            copy = deepcopy(row)
            copy["tools"] = wire(changed)
            yield copy


def _changed_evidence(row: Row) -> Iterator[Row]:
    certificate = row["certificate"]
    for call, entries in certificate["arguments"].items():
        copy = deepcopy(row)
        del copy["certificate"]["arguments"][call]
        yield copy
        for pointer, entry in entries.items():
            for change in _evidence_changes(entry):
                copy = deepcopy(row)
                change(copy["certificate"]["arguments"][call], pointer)
                yield copy
    for index in certificate["replies"]:
        copy = deepcopy(row)
        del copy["certificate"]["replies"][index]
        yield copy
    for member in ("final", "initial", "now"):
        copy = deepcopy(row)
        copy["certificate"]["world"][member] = "2020" + certificate["world"][member]
        yield copy


def _evidence_changes(entry: dict[str, Any]):
    yield lambda entries, at: entries.pop(at)
    yield lambda entries, at: entries.update({at + "x": entries[at]})
    yield lambda entries, at: entries.update({at: {"dreamt": True}})
    if "user" in entry:
        yield lambda entries, at: entries[at].update(user=entry["user"] + 7)
        yield lambda entries, at: entries[at].update(user=-1)
        yield lambda entries, at: entries[at].update(said=entry["said"] + "s")
    if "output" in entry:
        yield lambda entries, at: entries[at].update(output="call_77")
        yield lambda entries, at: entries[at].update(at=entry["at"] + "/0")
        yield lambda entries, at: entries[at].update(necessary="no")
