"""A repair: the student's wrong call as history, and behind it the right one, as the row has it.

The wrong call is a slip of the certificate: never trained, and without a trace in the world. One that the world refuses is what Recover
plants; one that was answered is a look at the wrong thing, which changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from magnetc.build.mine.certified import certificate_of, shown_in
from magnetc.build.mine.rollout import NOT_CALLS, Message, Rollout
from magnetc.distill.proofs.sourced import leaves_of
from magnetc.distill.proofs.view import parse
from magnetc.ir.json import Json, canonical, wire
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec


class NoRepair(Exception):
    """Why a rollout makes no row with a repair. Its text is stable: it is counted."""


def repair_row(rollout: Rollout, row_id: str, spec: Spec) -> dict[str, Any]:
    """The SFT row called `row_id`, to be certified: all before the turn at weight 0, the wrong call and its result, then the row's own messages.

    Raises:
        NoRepair: what the student did first is no single call that a right one of the next message stands for.
    """
    asked, (turn,) = rollout.asked, rollout.played.turns
    own, root = rollout.apart()
    if not own or root >= asked.end or len(own[0].get("tool_calls") or ()) != 1:
        raise NoRepair("the student begins to go wrong by something else than one call")
    certificate = asked.row["certificate"]
    shown = Shown(spec, Presentation.read(certificate.get("shown", {})))
    done = sum(len(message.get("tool_calls") or ()) for message in asked.row["messages"][asked.start : root])
    slip = turn.attempts[done] if len(turn.attempts) > done else None
    if slip is None or slip.refused or not slip.reached or not _is_only(own[0], slip.name):
        raise NoRepair(NOT_CALLS)
    before = sum(len(message.get("tool_calls") or ()) for message in asked.row["messages"][:root])
    repair = _repair(slip.function, slip.arguments, asked.row["messages"][root : asked.end], shown)
    if repair is None:
        raise NoRepair("no call of the row is the student's with one other value")
    name, pointer = repair
    id = f"call_{before + 1}"
    stated = {"id": id, "type": "function", "function": {
        "name": shown.name(slip.function), "arguments": wire(shown.arguments(slip.function, slip.arguments))}}
    planted: list[Message] = [
        {"role": "assistant", "content": "", "tool_calls": [stated], "weight": 0},
        {"role": "tool", "tool_call_id": id, "name": shown.name(slip.function), "content": wire(shown.result(slip.function, slip.result))}]
    messages = [{**message, "weight": 0} if message["role"] == "assistant" else message for message in asked.row["messages"][:root]]
    rest = asked.row["messages"][root : asked.end]
    later = {call["id"]: f"call_{int(call['id'].removeprefix('call_')) + 1}" for message in rest for call in message.get("tool_calls") or ()}
    ids = {call["id"] for message in asked.row["messages"][: asked.end] for call in message.get("tool_calls") or ()}
    part = _moved(certificate_of(certificate, ids, asked.end), root, later)
    answered = not (isinstance(slip.result, dict) and "error" in slip.result)
    entry: dict[str, Json] = {"repair": later[name], "at": pointer} | ({"answered": True} if answered else {})
    part["slips"] = {**part.get("slips", {}), id: entry}
    rows = [*messages, *planted, *(_renamed(message, later) for message in rest)]
    view = parse(rows, asked.row["tools"], {**part, "shown": certificate.get("shown", {})}, spec)
    part |= {"shown": used} if (used := shown_in(shown, view)) else {}
    return {"id": row_id, "messages": rows, "tools": asked.row["tools"], "tags": asked.row["tags"],
            "certificate": part}


def _is_only(message: Message, name: str) -> bool:
    return [call["function"]["name"] for call in message["tool_calls"]] == [name]


def _repair(function: str, arguments: Mapping[str, Json], rest: list[Message], shown: Shown) -> tuple[str, str] | None:
    """(id, pointer): the call of the next message that is the student's but for the value at one place."""
    mine = dict(leaves_of(arguments))
    for call in rest[0].get("tool_calls") or ():
        if shown.read_name(call["function"]["name"]) != function:
            continue
        theirs = dict(leaves_of(shown.read_arguments(function, json.loads(call["function"]["arguments"]))))
        other = [at for at in mine | theirs if at not in mine or at not in theirs or canonical(mine[at]) != canonical(theirs[at])]
        if len(other) == 1:
            return call["id"], other[0]
    return None


def _renamed(message: Message, names: Mapping[str, str]) -> Message:
    if message.get("tool_calls"):
        return {**message, "tool_calls": [{**call, "id": names.get(call["id"], call["id"])} for call in message["tool_calls"]]}
    if "tool_call_id" in message:
        return {**message, "tool_call_id": names.get(message["tool_call_id"], message["tool_call_id"])}
    return message


def _moved(certificate: Mapping[str, Any], root: int, names: Mapping[str, str]) -> dict[str, Any]:
    """A certificate in which two messages stand before message `root`, and calls from there on have other names."""
    moved = {**certificate, "inserted": [names.get(name, name) for name in certificate["inserted"]]}
    moved["arguments"] = {names.get(name, name): {at: _pointing(entry, names) for at, entry in entries.items()}
                          for name, entries in certificate["arguments"].items()}
    for name in ("replies", "refused", "abstains"):
        if name in certificate:
            moved[name] = {str(int(index) + 2 * (int(index) >= root)): entry for index, entry in certificate[name].items()}
    moved["replies"] = {index: [_pointing(entry, names) for entry in entries] for index, entries in moved["replies"].items()}
    for name in ("slips", "denied"):
        if name in certificate:
            moved[name] = {names.get(call, call): _pointing(entry, names) for call, entry in certificate[name].items()}
    return moved


def _pointing(entry: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An entry whose calls have other names: those under the keys that name one."""
    made = {key: names.get(value, value) if key in ("output", "call", "repair") and isinstance(value, str) else value for key, value in entry.items()}
    return {key: _pointing(value, names) if key == "superseded" and isinstance(value, Mapping) else value for key, value in made.items()}
