"""Values that a user says first and takes back: what they are, and the words that take them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import Call, UserSource
from magnetc.ir.pointer import tokens
from magnetc.ir.script import Goal
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.trajectory import Value, Words
from magnetc.ir.types import TypeExpr
from magnetc.surface import gap, say
from magnetc.teachers.conversation import Bindings, Conversation, Given, arguments_of, entity_of
from magnetc.teachers.offline.constraints import satisfied
from magnetc.teachers.offline.entries import agreeing, some_entry_fits
from magnetc.teachers.offline.frames import Parts, fill, finish, user_frame
from magnetc.teachers.offline.values import draw_argument

TRIES = 12
"""Values drawn for one that is other than what the user means."""

Place = tuple[str, str]


def superseded(call: Call, pointer: str, bindings: Bindings, conversation: Conversation) -> Json:
    """Another value that the user might have given for a leaf of `call`; None when the type has none."""
    return next(others(call, pointer, bindings, conversation), None)


def others(call: Call, pointer: str, bindings: Bindings, conversation: Conversation) -> Iterator[Json]:
    """Values that the user might have given for a leaf of `call` in place of its own, each once.

    They meet the tool's constraints beside the call's other values, are none of them, and are said in other words.
    """
    key = (conversation.spec.recipe.seed, conversation.path.base, conversation.path.attempt, call.id, pointer)
    expr, meant = conversation.parameter_type(call, pointer), bindings[call.id, pointer]
    assert isinstance(meant, Given)
    beside = {at: b.value for (owner, at), b in bindings.items() if owner == call.id and isinstance(b, Given)}
    found: list[Json] = []
    entity = entity_of(expr, conversation.spec)
    tool = conversation.spec.tool[call.function]
    for value in _drawn(tool, tokens(pointer)[0], expr, arguments_of(call.id, bindings), conversation, key):
        if value is None or type(value) is not type(meant.value) or value in beside.values() or value in found:
            continue
        told = [[form.text.casefold() for form in say(each, entity, conversation.locale, conversation.now)] for each in (value, meant.value)]
        alike = any(a in b or b in a for a in told[0] for b in told[1])
        changed = arguments_of(call.id, {**bindings, (call.id, pointer): Given(value)})
        if not alike and satisfied(tool, changed) and some_entry_fits(tool, changed, conversation.state):
            found.append(value)
            yield value


def _drawn(tool: FunctionSignature, name: str, expr: TypeExpr | None, beside: Mapping[str, Json], conversation: Conversation,
           key: tuple) -> Iterator[Json]:
    """Values that a user might give for a parameter: beside those that belong to one entry of the world's state, of such an entry."""
    entry = tool.entry_of(name)
    if entry:
        given = {other: value for other, value in beside.items() if other != name}
        values = [each[name] for each in agreeing(tool, entry, given, conversation.state)]
        yield from draw.shuffle(list(dict.fromkeys(values)), *key, "superseded")[:TRIES]
        return
    for number in range(TRIES):
        yield draw_argument(expr, conversation, (), *key, "superseded", number) if expr else None


def marked(parts: Parts) -> Parts:
    """Words of a value that is taken back."""
    return tuple(replace(part, superseded=True) if isinstance(part, Value) else part for part in parts)


def taken_back(said: Parts, goal: Goal, place: Place, texts: Mapping[str, Parts], conversation: Conversation, key: tuple) -> Parts:
    """`said`, and a sentence that puts the new value of `texts` (`old`, `new`) in the old one's place.

    Where another value of the goal is of the type, the old one is named: else it would not be clear which is meant.
    """
    frames = conversation.spec.frame[conversation.locale]
    entities = {
        (call.id, argument.pointer): entity_of(conversation.parameter_type(call, argument.pointer), conversation.spec)
        for call in goal.calls for argument in call.arguments if isinstance(argument.source, UserSource)
    }
    own, table = entities[place], conversation.spec.type_table
    bases = {name: set(table.ancestry(entity.name)) for name, entity in entities.items() if entity}
    alike = any(name != place and own and bases[name] & set(table.ancestry(own.name)) for name in bases)
    group = "correct_from" if alike or draw.fraction(*key, "correct_from") < 0.4 else "correct"
    sentence = fill(user_frame(conversation, group, *key), dict(texts), conversation.locale)
    return finish((*said, Words(gap(conversation.locale)), *sentence), frames)
