"""Proof 5, sufficient: user-given values stand in the user's words; no tool-sourced value leaks into them."""

from __future__ import annotations

from collections.abc import Mapping

from magnetc.distill.proofs import corrections
from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.resolved import is_resolved
from magnetc.distill.proofs.sourced import argument_leaves, reads_back
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.spec import Spec
from magnetc.surface import occurs
from magnetc.teachers.conversation import entity_of


def check(view: ConversationView, spec: Spec, locale: str) -> list[str]:
    """The user's words hold each value they give, a mention of its own for each, and none that results give.

    A value that the user takes back in the same message has a mention of its own too, which gives nothing."""
    problems: list[str] = []
    given: dict[int, list[str]] = {}
    repeated: set[tuple[int, str]] = set()
    for call in view.calls:
        entries = view.sources.get(call.id, {})
        for pointer, value in argument_leaves(call):
            entry = entries.get(pointer, {})
            if "user" in entry:
                said, turn = str(entry["said"]), int(str(entry["user"]))
                if entry.get("again"):
                    repeated.add((turn, said))
                else:
                    given.setdefault(turn, []).append(said)
                if not is_resolved(entry) and not reads_back(said, value, call, pointer, view, spec, locale):
                    problems.append(f"`{call.id}` argument `{pointer}` is not what the user's words say: `{said}`")
            elif "output" in entry and _leaks(view, call, pointer, value, spec, locale):
                problems.append(f"`{call.id}` argument `{pointer}` comes from a result, yet the user says it")
    for turn, said in repeated:
        if said not in given.setdefault(turn, []):
            given[turn].append(said)
    corrected = corrections.superseding(view, spec, locale)
    return problems + corrections.check(view, spec, locale, corrected) + _unsaid_problems(view, given, corrected)


def _unsaid_problems(view: ConversationView, given: Mapping[int, list[str]],
                     corrected: Mapping[int, corrections.Superseding]) -> list[str]:
    users = view.users
    problems: list[str] = []
    for turn, told in sorted(given.items()):
        text = view.messages[users[turn]]["content"] if 0 <= turn < len(users) else ""
        if turn in corrected and (found := corrected[turn].found):
            others = list(told)
            others.remove(corrected[turn].said)
            text, told = found.head, [*others, str(corrected[turn].taken["said"])]
        missing, _ = unsaid(text, told)
        problems += [f"the user's turn {turn} does not say `{said}`" for said in missing]
    return problems


def _leaks(view: ConversationView, call: CallView, pointer: str, value: object, spec: Spec, locale: str) -> bool:
    entity = entity_of(spec.argument_type(call.name, pointer), spec)
    now = str(view.certificate["world"]["now"])
    return any(
        occurs(value, entity, locale, now, view.messages[index]["content"]) for index in view.users if index < call.message
    )
