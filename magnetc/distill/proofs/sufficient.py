"""Proof 5, sufficient: user-given values stand in the user's words; no tool-sourced value leaks into them."""

from __future__ import annotations

from magnetc.distill.proofs.sourced import argument_leaves, reads_back
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.ir.types import at_pointer
from magnetc.surface import occurs
from magnetc.teachers.conversation import entity_of


def check(view: ConversationView, spec: Spec, locale: str) -> list[str]:
    problems: list[str] = []
    users = view.users
    for call in view.calls:
        entries = view.sources.get(call.id, {})
        for pointer, value in argument_leaves(call):
            entry = entries.get(pointer, {})
            if "user" in entry:
                said = str(entry["said"])
                text = view.messages[users[int(entry["user"])]]["content"] if int(entry["user"]) < len(users) else ""  # type: ignore[arg-type]
                if said not in text or not reads_back(said, value, call, pointer, view, spec, locale):
                    problems.append(f"`{call.id}` argument `{pointer}` cannot be read back from the user's words: `{said}`")
            elif "output" in entry and _leaks(view, call, pointer, value, spec, locale):
                problems.append(f"`{call.id}` argument `{pointer}` comes from a result, yet the user says it")
    return problems


def _leaks(view: ConversationView, call: CallView, pointer: str, value: object, spec: Spec, locale: str) -> bool:
    parameter = spec.tool[call.name].parameter(tokens(pointer)[0])
    entity = entity_of(at_pointer(parameter.type, tokens(pointer)[1:]), spec) if parameter else None
    now = str(view.certificate["world"]["now"])
    return any(
        occurs(value, entity, locale, now, view.messages[index]["content"]) for index in view.users if index < call.message
    )
