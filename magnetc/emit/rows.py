"""Rows: a trajectory cut where the offered tools change, with weights and a certificate; and a pair with its fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from magnetc.distill.controls import RANDOM
from magnetc.distill.fault_between import dependency, fault_between
from magnetc.distill.pairs import PreferencePair
from magnetc.distill.proofs.view import parse
from magnetc.ir.json import Json, wire
from magnetc.ir.presentation import Presentation
from magnetc.ir.script import Script
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import Message, Trajectory, Value
from magnetc.teachers.reasoned import KEY

WEIGHT_OF = {"calls": "calls", "clarification": "clarifications", "refusal": "refusals", "answer": "refusals", "reply": "replies"}
"""The member of a recipe's `loss` for each purpose; a slip has none."""


def sft_rows(trajectory: Trajectory, spec: Spec) -> list[dict[str, Any]]:
    """One row per set of offered tools; each holds the history so far, its own turns trained (design §8)."""
    script = trajectory.script
    shown = Shown(spec, script.shown)
    rows = []
    for start, end in _segments(script.offered):
        messages = [m for m in trajectory.messages if m.turn < end]
        suffix = "" if end == len(script.turns) else f".{end}"
        row: dict[str, Any] = {"id": script.path.id + suffix}
        row["messages"] = _messages(messages, shown, trained_from=start)
        row["tools"] = shown.texts(script.offered[start])
        row["tags"] = _tags(script)
        row["certificate"] = _certificate(trajectory, messages, script, shown.used(script.offered[start], _made(messages)))
        rows.append(row)
    return rows


def _segments(offered: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Runs of turns with the same tools, as half-open ranges."""
    cuts = [0, *(i for i in range(1, len(offered)) if offered[i] != offered[i - 1]), len(offered)]
    return list(pairwise(cuts))


def _made(messages: Sequence[Message]) -> list[tuple[str, Mapping[str, Json], Json]]:
    return [(call.name, call.arguments, call.result) for message in messages for call in message.calls]


def _messages(messages: Sequence[Message], shown: Shown, *, trained_from: int) -> list[dict[str, Any]]:
    loss = dict(shown.spec.recipe.loss)
    rendered: list[dict[str, Any]] = []
    for message in messages:
        trained = message.purpose in WEIGHT_OF and message.turn >= trained_from
        weight = loss[WEIGHT_OF[message.purpose]] if trained else 0
        rendered += render(message, shown, weight)
    return rendered


def render(message: Message, shown: Shown, weight: int | None = None) -> list[dict[str, Any]]:
    """A message in TRL's conversational form; calls are followed by their results. `weight` on assistant messages, and what they thought, if they did."""
    if message.role != "assistant":
        return [{"role": message.role, "content": message.text}]
    thought = {KEY: message.reasoning} if message.reasoning else {}
    if not message.calls:
        return [{"role": "assistant", **thought, "content": message.text, "weight": weight}]
    functions = [{"name": shown.name(c.name), "arguments": wire(shown.arguments(c.name, c.arguments))} for c in message.calls]
    calls = [{"id": c.id, "type": "function", "function": function} for c, function in zip(message.calls, functions)]
    made: list[dict[str, Any]] = [{"role": "assistant", **thought, "content": "", "tool_calls": calls, "weight": weight}]
    made += [{"role": "tool", "tool_call_id": c.id, "name": shown.name(c.name), "content": wire(shown.result(c.name, c.result))}
             for c in message.calls]
    return made


def _tags(script: Script) -> dict[str, Any]:
    path = script.path
    return {
        "path": path.name,
        "base": path.base,
        "operations": list(dict.fromkeys(operation for turn in path.turns for operation in turn.operations)),
        "locale": path.locale,
        "copy_of": path.base if path.base != path.id else "",
    }


def _certificate(trajectory: Trajectory, messages: Sequence[Message], script: Script, used: Presentation) -> dict[str, Any]:
    ids = {call.id for message in messages for call in message.calls}
    world = trajectory.world
    return {
        "world": {"initial": world.initial, "seed": world.seed, "now": world.now, "replay": world.replay},
        "locale": script.path.locale,
        "arguments": {k: {p: dict(e) for p, e in v.items()} for k, v in trajectory.evidence.items() if k in ids},
        "replies": reply_evidence(messages),
        "refused": _refused(messages, script),
        **({"abstains": abstains} if (abstains := _abstains(messages, trajectory)) else {}),
        "inserted": [call.id for message in messages for call in message.calls if call.source in _inserted(script)],
        **({"denied": denied} if (denied := {k: dict(e) for k, e in trajectory.denied.items() if {k, e["repair"]} <= ids}) else {}),
        **({"slips": slips} if (slips := {k: dict(e) for k, e in trajectory.slips.items() if k in ids}) else {}),
        **({"shown": shown} if (shown := used.document()) else {}),
    }


def _inserted(script: Script) -> set[str]:
    """Calls that Insert made: implicit helpers, and those of turns it made."""
    helpers = {call.id for turn in script.turns for goal in turn.goals for call in goal.calls[1:]}
    turns = [turn for turn in script.turns if any(made.startswith("insert.long") for made in turn.operations)]
    return helpers | {call.id for turn in turns for goal in turn.goals for call in goal.calls}


def reply_evidence(messages: Sequence[Message]) -> dict[str, list[dict[str, Json]]]:
    """By index of the rendered message: what each value in a reply says, and where it stands."""
    found: dict[str, list[dict[str, Json]]] = {}
    wire_ids: dict[str, str] = {}
    index = 0
    for message in messages:
        wire_ids.update((call.source, call.id) for call in message.calls)
        if message.purpose in ("reply", "answer"):
            found[str(index)] = [
                {"said": part.text, "call": wire_ids[part.call], "at": part.pointer}
                for part in message.parts
                if isinstance(part, Value) and part.call in wire_ids
            ]
        index += 1 + len(message.calls)
    return found


def _refused(messages: Sequence[Message], script: Script) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    index = 0
    for message in messages:
        if message.purpose == "refusal" and script.turns[message.turn].withheld:
            found[str(index)] = list(script.turns[message.turn].withheld)
        index += 1 + len(message.calls)
    return found


def _abstains(messages: Sequence[Message], trajectory: Trajectory) -> dict[str, dict[str, Json]]:
    """By index of the rendered message, why nothing is called."""
    found: dict[str, dict[str, Json]] = {}
    index = 0
    for message in messages:
        if message.role == "assistant" and message.turn in trajectory.abstentions:
            found[str(index)] = dict(trajectory.abstentions[message.turn])
        index += 1 + len(message.calls)
    return found


PAIR = re.compile(r"\.pair([0-9]*)$")
"""How the id of a pair ends, behind that of its conversation: with its number, but for the first."""


def is_pair(row_id: str) -> bool:
    """Whether a row of this id is a preference pair."""
    return PAIR.search(row_id) is not None


def pair_row(pair: PreferencePair, trajectory: Trajectory, spec: Spec, number: int = 1) -> dict[str, Any]:
    """A preference row, the conversation's pair `number`. Both sides end where the offered tools change after the fault, or before a turn with a slip or in which the
    world refuses what the user wants: the rejected side has no slips and maybe another world, and must not be the better one.

    `weight` is for the likelihood of the chosen side, as in SFT rows; `credit` marks, on both sides, the agent's actions
    of the faulty user turn: where the preference acts. Nobody thinks aloud in a pair: only one side could. `fault.kind` and `fault.dependency` are what the difference of the
    sides shows, `fault.made` how the rejected side came about (a kind of `negatives`).
    """
    script = trajectory.script
    pair = pair.without_reasoning()
    start, end = next((a, b) for a, b in _segments(script.offered) if a <= pair.turn < b)
    end = next((turn for turn in range(pair.turn + 1, end) if script.turns[turn].slips or script.is_refused(turn)), end)
    chosen, rejected = (tuple(m for m in side if m.turn < end) for side in (pair.chosen, pair.rejected))
    shown = Shown(spec, script.shown)
    used = shown.used(script.offered[pair.turn], _made((*pair.prompt, *chosen, *rejected)))
    certificate = _certificate(trajectory, (*pair.prompt, *chosen), script, used)
    certificate["corresponds"] = dict(pair.corresponds)
    certificate["rejected_replies"] = reply_evidence((*pair.prompt, *rejected))
    row: dict[str, Any] = {
        "id": f"{script.path.id}.pair{number if number > 1 else ''}",
        "prompt": _messages(pair.prompt, shown, trained_from=start),
        "chosen": _credited(_messages(chosen, shown, trained_from=start), chosen, pair.turn),
        "rejected": _credited(_messages(rejected, shown, trained_from=len(script.turns)), rejected, pair.turn),
        "tools": shown.texts(script.offered[pair.turn]),
        "fault": {"kind": "", "turn": pair.turn, "shows": pair.shows, "dependency": "", "made": pair.made},
        "tags": _tags(script),
        "certificate": certificate,
    }
    good, bad = (parse(row["prompt"] + row[side], row["tools"], certificate, spec) for side in ("chosen", "rejected"))
    row["fault"] |= {"kind": RANDOM if pair.made == RANDOM else fault_between(good, bad, len(row["prompt"])), "dependency": dependency(good, bad, len(row["prompt"]))}
    return row


def _credited(rendered: list[dict[str, Any]], messages: Sequence[Message], faulty_turn: int) -> list[dict[str, Any]]:
    """Add `credit` to assistant messages: the root of the fault, and the other actions of its user turn."""
    assistants = (item for item in rendered if item["role"] == "assistant")
    for position, (message, item) in enumerate(zip((m for m in messages if m.role == "assistant"), assistants)):
        is_action = position == 0 or message.purpose != "reply"
        item["credit"] = int(message.turn == faulty_turn and is_action)
    return rendered
