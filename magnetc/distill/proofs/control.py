"""Part of proof 7 for controls (`negatives: {random: …}`): the rejected side is wrong, and it is nothing but that.

There is no single fault to replace, and none of its calls stands for one of the chosen side's. What is shown in its place: from the root on it makes,
message by message, as many calls as the chosen side, none to a tool that the chosen side calls in that turn, and it ends with the turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from magnetc.distill.controls import RANDOM
from magnetc.distill.proofs.view import CallView, ConversationView


def check(chosen: ConversationView, rejected: ConversationView, prompt: int, kind: str, corresponds: Mapping[str, str]) -> Iterator[str]:
    """`kind` is the fault's. What tells the executions apart is checked as for every pair."""
    if kind != RANDOM:
        yield f"a control is of the kind `{RANDOM}`, the row says `{kind}`"
    if corresponds:
        yield "a control's calls stand for no call of the chosen side"
    if rejected.turn_end(prompt) != len(rejected.messages):
        yield "a control ends with the faulty turn"
    good, bad = (_by_message(view, prompt) for view in (chosen, rejected))
    if not good or [len(calls) for calls in good] != [len(calls) for calls in bad]:
        yield "a control makes as many calls as the chosen side, message by message"
    right = {call.name for calls in good for call in calls}
    yield from (f"rejected: `{call.id}` calls a tool that the chosen side calls there" for calls in bad for call in calls if call.name in right)


def _by_message(view: ConversationView, prompt: int) -> list[list[CallView]]:
    """The calls of the faulty turn from the root on, message by message."""
    found: dict[int, list[CallView]] = {}
    for call in view.calls:
        if prompt <= call.message < view.turn_end(prompt):
            found.setdefault(call.message, []).append(call)
    return list(found.values())
