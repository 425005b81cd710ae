"""The fault of a pair, found in its two sides alone: what `fault` of the row must say."""

from __future__ import annotations

from magnetc.distill.proofs.sourced import argument_leaves
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json, canonical
from magnetc.ir.pointer import get


def fault_between(chosen: ConversationView, rejected: ConversationView, prompt: int) -> str:
    """The class of the first difference between the sides of a pair: what `fault.kind` must say."""
    if prompt >= len(chosen.messages) or prompt >= len(rejected.messages):
        return "none"
    good = [c for c in chosen.calls if c.message == prompt]
    bad = [c for c in rejected.calls if c.message == prompt]
    wanted, calls_made = len(_turn_calls(chosen, prompt)), len(_turn_calls(rejected, prompt))
    if not good:
        if not bad:
            return "wrong_summary" if wanted and chosen.messages[prompt]["content"] != rejected.messages[prompt]["content"] else "none"
        return "needless_call" if wanted else "acted_while_missing"
    if not bad:
        return "stopped_early" if calls_made else "asked_needlessly"
    if _in_other_order(chosen, rejected, prompt, good, bad):
        return "wrong_order"
    if calls_made != wanted or len(good) != len(bad):
        return "needless_call" if calls_made > wanted else "missing_call"
    pairs = [(g, b) for g, b in zip(good, bad) if g.name != b.name or g.arguments != b.arguments]
    if len(pairs) != 1:
        return "none"
    g, b = pairs[0]
    if g.name != b.name:
        return "wrong_function"
    right, wrong = dict(argument_leaves(g)), dict(argument_leaves(b))
    changed = [pointer for pointer in right if pointer not in wrong or wrong[pointer] != right[pointer]]
    if len(changed) != 1 or not set(wrong) <= set(right):
        return "none"
    if changed[0] not in wrong:
        return "missing_value"
    return _value_fault(chosen, g.message, g.id, changed[0], wrong[changed[0]])


def dependency(chosen: ConversationView, rejected: ConversationView, prompt: int) -> str:
    """How far what goes wrong is from the result that it comes from (Magnet's taxonomy): `nested` in the same user turn, `short` from the
    turn before, `long` from an earlier one; the farthest. `none` where nothing comes from a result."""
    good = [call for call in chosen.calls if call.message == prompt]
    bad = [call for call in rejected.calls if call.message == prompt]
    at_fault = [call for call in good if not any(_same(call, other) for other in bad)]
    pointers: dict[str, set[str]] = {}
    for call in at_fault:
        beside = next((other for other in bad if other.name == call.name), None) if len(bad) == len(good) else None
        right, wrong = dict(argument_leaves(call)), dict(argument_leaves(beside)) if beside else {}
        pointers[call.id] = {pointer for pointer in right if right[pointer] != wrong.get(pointer)}
    turns = [sum(user < call.message for user in chosen.users) - sum(user < chosen.calls[producer].message for user in chosen.users)
             for call in at_fault for pointer, entry in chosen.sources.get(call.id, {}).items()
             if pointer in pointers[call.id] and (producer := chosen.position.get(str(entry.get("output", "")))) is not None]
    return "none" if not turns else ("nested", "short", "long")[min(max(turns), 2)]


def _in_other_order(chosen: ConversationView, rejected: ConversationView, prompt: int, good: list[CallView], bad: list[CallView]) -> bool:
    """Whether the turn's calls from the root on are of the same tools, and each side makes the other's first call later."""
    right, wrong = ([call for call in _turn_calls(view, prompt) if call.message >= prompt] for view in (chosen, rejected))
    if len(good) != 1 or len(bad) != 1 or sorted(call.name for call in right) != sorted(call.name for call in wrong):
        return False
    return not _same(good[0], bad[0]) and any(_same(call, bad[0]) for call in right) and any(_same(call, good[0]) for call in wrong)


def _same(one: CallView, other: CallView) -> bool:
    return one.name == other.name and canonical(dict(one.arguments)) == canonical(dict(other.arguments))


def _turn_calls(view: ConversationView, prompt: int) -> list[CallView]:
    """The calls of the user turn in which the prompt ends."""
    start = max((i for i in view.users if i < prompt), default=0)
    return [call for call in view.calls if start < call.message < view.turn_end(prompt)]


def _value_fault(chosen: ConversationView, message: int, call_id: str, pointer: str, value: Json) -> str:
    """Stale when an older result than the producer's holds the value, invented when nothing does, else wrong."""
    entry = chosen.sources.get(call_id, {}).get(pointer, {})
    holders = [c for c in chosen.calls if c.result_message < message and value in _scalars(c.result)]
    producer = chosen.position.get(str(entry.get("output", "")))
    if producer is not None and holders and chosen.position[holders[0].id] < producer:
        return "stale_reference"
    said = [
        get(c.arguments, pointer)
        for c in chosen.calls
        for pointer, e in chosen.sources.get(c.id, {}).items()
        if "user" in e and chosen.users[int(e["user"])] < message
    ]
    said += [e["superseded"]["value"] for entries in chosen.sources.values() for e in entries.values()
             if "value" in e.get("superseded", ()) and chosen.users[int(e["user"])] < message]
    return "wrong_value" if holders or value in said else "invented_value"


def _scalars(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [s for item in value.values() for s in _scalars(item)] + list(value)
    if isinstance(value, list):
        return [s for item in value for s in _scalars(item)]
    return [value]
