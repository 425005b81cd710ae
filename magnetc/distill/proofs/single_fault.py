"""Part of proof 7: apart from its fault, the rejected side does what the chosen side does, and credit is where the fault is.

Calls from the root on stand for calls of the chosen side (`corresponds`): the same tool, the same values from the user
and the system message, and values of results taken from the same place of what their own producer returned. A wrong tool
takes the right one's values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from magnetc.distill.proofs.sourced import argument_leaves
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand, get

NO_DEVIATION = ("missing_call", "stopped_early", "wrong_order", "wrong_summary", "wrong_words", "asked_needlessly")
"""Faults of leaving out, of order and of words: every call that is made is right."""


def check(chosen: ConversationView, rejected: ConversationView, prompt: int, kind: str,
          corresponds: Mapping[str, str]) -> list[str]:
    """`kind` is the fault's."""
    problems = [
        f"the sides hear other words of the user in message {index}"
        for own, index in zip([i for i in chosen.users if i > prompt], [i for i in rejected.users if i > prompt])
        if chosen.messages[own] != rejected.messages[index]
    ]
    if len(rejected.users) > len(chosen.users):
        problems.append("the rejected side goes on after the chosen one")
    end = rejected.turn_end(prompt)
    deviations = list(_deviations(chosen, rejected, prompt, corresponds))
    problems += [f"rejected: `{call.id}` {what}, after the faulty turn" for call, what in deviations if call.message >= end]
    at_fault = [(call, what) for call, what in deviations if call.message < end]
    allowed = 0 if kind in NO_DEVIATION else 1
    problems += [f"rejected: `{call.id}` {what}, beside the fault" for call, what in at_fault[allowed:]]
    return problems


def credits(chosen: ConversationView, rejected: ConversationView, prompt: int) -> Iterator[str]:
    """Messages of either side whose credit is not where the fault is."""
    for name, view in (("chosen", chosen), ("rejected", rejected)):
        yield from (f"{name}: message {index} has credit that is not its own" for index in _wrong_credit(view, prompt))


def _deviations(chosen: ConversationView, rejected: ConversationView, prompt: int,
                corresponds: Mapping[str, str]) -> Iterator[tuple[CallView, str]]:
    """(rejected call, what is other than in the call it stands for), one for each leaf."""
    standing = {theirs: own for own, theirs in corresponds.items()}
    for call in rejected.calls:
        if call.message < prompt:
            continue
        counterpart = corresponds.get(call.id)
        reference = chosen.calls[chosen.position[counterpart]] if counterpart in chosen.position else None
        if reference is None:
            yield call, "stands for no call of the chosen side"
        elif call.name != reference.name:
            yield call, f"calls `{call.name}`"
            right = [value for _, value in argument_leaves(reference)]
            yield from ((call, f"has a `{at}` of its own") for at, value in argument_leaves(call) if value not in right)
        else:
            mine, theirs = dict(argument_leaves(call)), dict(argument_leaves(reference))
            for pointer in mine | theirs:
                if pointer not in mine or pointer not in theirs:
                    yield call, f"gives and lacks `{pointer}`"
                elif not _derived(mine[pointer], theirs[pointer], pointer, reference, chosen, rejected, standing):
                    yield call, f"has another `{pointer}`"


def _derived(value: Json, expected: Json, pointer: str, reference: CallView, chosen: ConversationView,
             rejected: ConversationView, standing: Mapping[str, str]) -> bool:
    """Whether the value is the chosen side's, or stands where the chosen side's stands in its producer's result."""
    if value == expected and type(value) is type(expected):
        return True
    entry = chosen.sources.get(reference.id, {}).get(pointer, {})
    producer = rejected.position.get(standing.get(str(entry.get("output")), ""))
    if producer is None:
        return False
    return any(found == value for found in _found(rejected.calls[producer].result, str(entry["at"])))


def _found(result: Json, at: str) -> Iterator[Json]:
    """The value at a pointer, and those beside it in the same list: a choice by a field may fall on another item."""
    yield from (value for _, value in expand(result, "/".join("*" if token.isdigit() else token for token in at.split("/"))))
    try:
        yield get(result, at)
    except LookupError:
        return


def _wrong_credit(view: ConversationView, prompt: int) -> Iterator[int]:
    """Messages whose `credit` is not 1 exactly for the agent's actions of the faulty user turn."""
    end = view.turn_end(prompt)
    for index, message in enumerate(view.messages):
        if message["role"] != "assistant":
            continue
        acts = index == prompt or bool(message.get("tool_calls")) or view.messages[index - 1]["role"] == "user"
        if message.get("credit") != (int(acts and index < end) if index >= prompt else None):
            yield index
