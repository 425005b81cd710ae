"""Proof 6, unanswerable: where nothing is called, nothing is to be called. What a row itself shows; the world is asked in `reach.py`.

*near* and *none*: the tools that would serve are not offered, one that comes near is, or none. *value*: the type of the
parameter has no such value. *context*: the results that hold the answer are there. *chitchat*: nothing can be checked but that
no number is stated (proof 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.view import ConversationView
from magnetc.ir.conform import violations
from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.surface.impossible import read_impossible
from magnetc.teachers.conversation import entity_of


def abstentions(view: ConversationView) -> Mapping[str, Mapping[str, Json]]:
    """The certificate's entries by index of the message."""
    return view.certificate.get("abstains", {})


def check(view: ConversationView, spec: Spec, operations: list[str]) -> list[str]:
    """`operations` are those in the row's tags: each `no_tool` has its entry, and each entry its operation."""
    entries = abstentions(view)
    named = sorted(name.partition("@")[0].partition(".")[2] for name in operations if name.startswith("no_tool."))
    problems = [] if named == sorted(str(entry["kind"]) for entry in entries.values()) else [
        "the abstentions of the certificate are not those of the row's operations"]
    for index, entry in entries.items():
        at = int(index)
        if not 0 < at < len(view.messages) or not _in_place_of_calls(view, at):
            problems.append(f"message {at} is certified to call nothing, and is no answer to the user without a call")
            continue
        problems += [f"message {at} {problem}" for problem in _problems(view, at, entry, spec)]
    return problems


def _in_place_of_calls(view: ConversationView, at: int) -> bool:
    message = view.messages[at]
    return message["role"] == "assistant" and not message.get("tool_calls") and view.messages[at - 1]["role"] == "user"


def _problems(view: ConversationView, at: int, entry: Mapping[str, Json], spec: Spec) -> Iterator[str]:
    match AbstentionKind(str(entry["kind"])):
        case AbstentionKind.NEAR | AbstentionKind.NONE:
            yield from _unserved_problems(view, at, entry, spec)
        case AbstentionKind.VALUE:
            yield from _value_problems(view, at, entry, spec)
        case AbstentionKind.CONTEXT:
            yield from _context_problems(view, at, entry)
        case AbstentionKind.CHITCHAT:
            pass


def _unserved_problems(view: ConversationView, at: int, entry: Mapping[str, Json], spec: Spec) -> Iterator[str]:
    would = entry["would"]
    assert isinstance(would, list)
    refused = view.certificate["refused"].get(str(at), [])
    tools = [str(call["call"]) for call in would]
    if not tools or not set(tools) <= set(refused):
        yield "declines other tools than those that would serve"
        return
    for call in would:
        known = {p.name: p for p in spec.tool[call["call"]].parameters}
        for name, value in call["arguments"].items():
            if name not in known or violations(value, known[name].type, spec.type_table):
                yield f"would be served by no call: `{call['call']}` has no such `{name}`"
    near = set(spec.comes_near(tools[0])) - set(tools)
    offered = near & set(view.offered)
    if entry["kind"] == AbstentionKind.NEAR and not offered:
        yield f"is certified `near`, and no tool that comes near `{tools[0]}` is offered"
    if entry["kind"] == AbstentionKind.NONE and offered:
        yield f"is certified `none`, and `{min(offered)}` comes near `{tools[0]}`"


def _value_problems(view: ConversationView, at: int, entry: Mapping[str, Json], spec: Spec) -> Iterator[str]:
    tool, pointer, value = str(entry["call"]), str(entry["at"]), entry["value"]
    parameter = spec.tool[tool].parameter(tokens(pointer)[0]) if tool in spec.tool else None
    expr = spec.argument_type(tool, pointer) if parameter else None
    entity = entity_of(expr, spec)
    if tool not in view.offered or expr is None or entity is None:
        yield f"declines a value of `{tool}` at `{pointer}`, which is not offered"
        return
    if not violations(value, expr, spec.type_table):
        yield f"declines a value that `{tool}` allows at `{pointer}`"
    locale, now = str(view.certificate["locale"]), str(view.certificate["world"]["now"])

    def readings(said: str) -> list[Json]:
        texts = (said, said[:1].lower() + said[1:])
        return [found for text in texts for found in read_impossible(text, entity, spec.type_table, locale, now)]

    if value not in readings(str(entry["said"])) or unsaid(view.messages[at - 1]["content"], [str(entry["said"])])[0]:
        yield f"declines a value that the user does not give: `{entry['said']}`"
    says = entry["says"]
    assert isinstance(says, list)
    missing, rest = unsaid(view.messages[at]["content"], map(str, says))
    if missing or any(char.isdigit() for char in rest):
        yield "says other values than it is certified to"
    for said in map(str, says):
        if not any(found == value or not violations(found, expr, spec.type_table) for found in readings(said)):
            yield f"says that `{said}` is possible, which it is not"


def _context_problems(view: ConversationView, at: int, entry: Mapping[str, Json]) -> Iterator[str]:
    names = entry["calls"]
    assert isinstance(names, list)
    own = {name for name in map(str, names) if name in view.position and view.calls[view.position[name]].result_message < at}
    if not own or len(own) < len(names):
        yield "answers out of results that are not there"
    quoted = {str(said["call"]) for said in view.certificate["replies"].get(str(at), [])}
    if not quoted or not quoted <= own:
        yield "does not say what the results say that it answers out of"
