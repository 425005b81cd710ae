"""Proof 3, sourced: every argument leaf, and every value of a reply, derives from text the agent has already seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from magnetc.distill.proofs import resolved
from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.pointer import get, tokens
from magnetc.ir.spec import Spec
from magnetc.ir.types import EntityType, at_pointer
from magnetc.surface import depends_on_today, read, read_list, say, words_of
from magnetc.teachers.conversation import entity_of

CUE_WORDS = 3
"""Words before and after a value within which two values of one type must be told apart."""


def check(view: ConversationView, spec: Spec, locale: str) -> list[str]:
    """Every leaf of every call has a source that holds, slips aside, and so has every value of a reply."""
    problems = [
        f"the certificate names `{name}`, which the row does not call" for name in view.sources if name not in view.position
    ]
    for call in view.calls:
        if call.id in view.slips:
            continue
        entries = view.sources.get(call.id)
        if entries is None:
            problems.append(f"`{call.id}` has no certificate")
            continue
        leaves = dict(argument_leaves(call))
        for pointer, value in leaves.items():
            entry = entries.get(pointer)
            problem = "has no source" if entry is None else _leaf_problem(view, call, pointer, value, entry, spec, locale)
            if problem:
                problems.append(f"`{call.id}` argument `{pointer}` {problem}")
        problems += [
            f"`{call.id}` has no argument `{pointer}`, yet its source is certified"
            for pointer in entries if pointer not in leaves
        ]
        problems += _confusions(view, call, spec)
    return problems + _undated(view, locale) + check_replies(view, spec, locale)


def _undated(view: ConversationView, locale: str) -> list[str]:
    """Without a system message nothing tells what day it is: no value may be said relative to it."""
    if view.messages and view.messages[0]["role"] == "system":
        return []
    now = str(view.certificate["world"]["now"])
    said = {str(entry["said"]) for entries in view.sources.values() for entry in entries.values() if "user" in entry}
    return [f"`{text}` is said relative to today, which no system message tells" for text in sorted(said)
            if depends_on_today(text, locale, now)]


def argument_leaves(call: CallView) -> Iterator[tuple[str, Json]]:
    """Each leaf of a call's arguments, with its pointer."""
    return leaves_of(call.arguments)


def leaves_of(arguments: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Each leaf of arguments: scalars and lists of scalars, objects entered."""

    def walk(value: Json, at: str) -> Iterator[tuple[str, Json]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, f"{at}/{key}")
        else:
            yield at, value

    for name, value in arguments.items():
        yield from walk(value, f"/{name}")


def _leaf_problem(view: ConversationView, call: CallView, pointer: str, value: Json, entry: Mapping[str, Json], spec: Spec,
                  locale: str) -> str | None:
    if "output" in entry:
        return _output_problem(view, call, value, entry)
    if "user" in entry:
        users = view.users
        turn = entry["user"]
        if type(turn) is not int or not 0 <= turn < len(users) or users[turn] > call.message:
            return "comes from a user turn that the agent has not seen"
        if resolved.is_resolved(entry):
            return resolved.problem(view, call, pointer, value, entry, spec)
        if not reads_back(str(entry["said"]), value, call, pointer, view, spec, locale):
            return f"is not what `{entry['said']}` says"
        return None
    if "system" in entry:
        text = view.messages[0]["content"] if view.messages and view.messages[0]["role"] == "system" else ""
        if str(entry["said"]) not in text:
            return f"is not in the system message: `{entry['said']}`"
        if not reads_back(str(entry["said"]), value, call, pointer, view, spec, locale):
            return f"is not what `{entry['said']}` in the system message says"
        return None
    return "has a source of no known kind"


def _output_problem(view: ConversationView, call: CallView, value: Json, entry: Mapping[str, Json]) -> str | None:
    producer = view.position.get(str(entry["output"]))
    if producer is None or view.calls[producer].result_message > call.message:
        return f"comes from `{entry['output']}`, whose result the agent has not seen"
    if entry["output"] in view.slips:
        return f"comes from `{entry['output']}`, which is a slip"
    try:
        found = get(view.calls[producer].result, str(entry["at"]))
    except LookupError:
        return f"comes from `{entry['at']}` of `{entry['output']}`, where nothing stands"
    return None if found == value else f"is not the value at `{entry['at']}` of `{entry['output']}`"


def reads_back(said: str, value: Json, call: CallView, pointer: str, view: ConversationView, spec: Spec,
               locale: str) -> bool:
    """Whether `said` reads as `value` under the argument's type, given today's date."""
    entity = entity_of(spec.argument_type(call.name, pointer), spec)
    now = str(view.certificate["world"]["now"])
    reader = read_list if isinstance(value, list) else read
    if value in reader(said, entity, locale, now):
        return True
    return value in reader(said[:1].lower() + said[1:], entity, locale, now)


def _confusions(view: ConversationView, call: CallView, spec: Spec) -> list[str]:
    """Two user-given arguments of one type must be told apart by the words around them: swapped, they contradict."""
    tool = spec.tool.get(call.name)
    given = [(p, e) for p, e in view.sources[call.id].items() if "user" in e]
    if tool is None or len(given) < 2:
        return []
    problems = []
    types = {pointer: spec.type_table.likeness(spec.argument_type(call.name, pointer)) for pointer, _ in given}
    for (a, left), (b, right) in combinations(given, 2):
        if types[a] != types[b] or left["user"] != right["user"] or left["said"] == right["said"]:
            continue
        text = view.messages[view.users[int(str(left["user"]))]]["content"]
        if _cues(text, str(left["said"])) & _cues(text, str(right["said"])):
            problems.append(f"`{call.id}` arguments `{a}` and `{b}` could be swapped: nothing in the words tells them apart")
    return problems


def _cues(text: str, said: str) -> set[tuple[str, ...]]:
    """The words just before and after each place where `said` stands."""
    return {
        (" ".join(words_of(text[: m.start()])[-CUE_WORDS:]), " ".join(words_of(text[m.end() :])[:CUE_WORDS]))
        for m in re.finditer(re.escape(said), text)
    }


def check_replies(view: ConversationView, spec: Spec, locale: str, *, contradicted: int | None = None, free: bool = False) -> list[str]:
    """A reply says values of results the agent has seen, as they are, each where it is certified, and no other number.

    `contradicted`: the index of a reply whose values are another proof's (`contradicted.py`); `free`: it may say whatever it says.
    """
    problems: list[str] = []
    certified: Mapping[str, list[dict[str, Json]]] = view.certificate["replies"]
    replies = {str(i) for i, m in enumerate(view.messages) if _is_reply(view, i, m)}
    problems += [
        f"the certificate names a reply {index}, which the row does not have" for index in certified if index not in replies
    ]
    for index in sorted(replies, key=int):
        if free and int(index) == contradicted:
            continue
        if index not in certified:
            problems.append(f"message {index} has no certificate")
        entries = certified.get(index, [])
        text = view.messages[int(index)]["content"]
        for entry in entries if int(index) != contradicted else ():
            problem = said_problem(view, int(index), entry, spec, locale)
            if problem:
                problems.append(f"message {index} {problem}")
        missing, rest = unsaid(text, [str(entry["said"]) for entry in entries])
        problems += [f"message {index} does not say `{said}`" for said in missing]
        if any(char.isdigit() for char in rest):
            problems.append(f"message {index} states a number that no tool returned")
    return problems


def _is_reply(view: ConversationView, index: int, message: Mapping[str, Json]) -> bool:
    """Words of the agent right after results, and those in place of calls that are not needed."""
    if message["role"] != "assistant" or message.get("tool_calls"):
        return False
    entry = view.certificate.get("abstains", {}).get(str(index))
    return view.messages[index - 1]["role"] == "tool" or (entry is not None and entry["kind"] in ("chitchat", "context"))


def said_problem(view: ConversationView, index: int, entry: Mapping[str, Json], spec: Spec, locale: str) -> str | None:
    """What is wrong with a value that the reply `index` says, by its certificate's entry."""
    said, at = str(entry["said"]), str(entry["at"])
    position = view.position.get(str(entry["call"]))
    if position is None or view.calls[position].result_message > index:
        return f"quotes `{entry['call']}`, whose result the agent has not seen"
    if entry["call"] in view.slips:
        return f"quotes `{entry['call']}`, which is a slip"
    call = view.calls[position]
    tool = spec.tool[call.name]
    try:
        if at.startswith("#"):
            value = get(call.arguments, at[1:])
            parameter = tool.parameter(tokens(at[1:])[0])
            expr = parameter.type if parameter else None
        else:
            value = get(call.result, at)
            expr = at_pointer(tool.returns, tokens(at))
    except LookupError:
        return f"quotes `{at}` of `{entry['call']}`, where nothing stands"
    now = str(view.certificate["world"]["now"])
    entity = entity_of(expr, spec)
    if isinstance(value, list):
        holds = value in read_list(said, entity, locale, now)
    else:
        holds = _is_said(said, value, entity, locale, now)
    return None if holds else f"says `{said}`, which is not `{at}` of `{entry['call']}`"


def _is_said(said: str, value: Json, entity: EntityType | None, locale: str, now: str) -> bool:
    """Whether `said` is one of the value's forms, in any case, maybe with a capital, maybe without its final stop."""
    texts = (said, said[:1].lower() + said[1:])
    if str(value) in texts or str(value).rstrip(".") in texts:
        return True
    return any(form.text in texts for case in ("", "on", "at") for form in say(value, entity, locale, now, case))
