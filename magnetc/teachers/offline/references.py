"""References: how a user points at an earlier result without saying its value, unique in context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import Call, OutputSource
from magnetc.ir.pointer import get, matches, tokens
from magnetc.ir.template import Choice, Part, Phrase, ReferTemplate, Slot, Text
from magnetc.ir.template import Optional as Fragment
from magnetc.ir.trajectory import Reference, Value, Words
from magnetc.ir.types import at_pointer
from magnetc.surface import say
from magnetc.teachers.conversation import (
    Binding,
    Conversation,
    Executed,
    Given,
    Pending,
    Seen,
    entity_of,
    is_stale,
)
from magnetc.teachers.offline.frames import merge_words


@dataclass(frozen=True, slots=True)
class Pointed:
    """A reference and what it binds its leaf to."""

    reference: Reference
    binding: Binding


def references(call: Call, pointer: str, source: OutputSource, conversation: Conversation,
               *key: object) -> Iterator[Pointed]:
    """Ways to point at the value for `pointer` of `call`, in drawn order. Empty when nothing identifies it."""
    entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
    if entity is None:
        return
    phrases = conversation.spec.refers_to(entity.name, conversation.locale)
    done = conversation.result_of(source.call)
    seen = list(conversation.seen(entity.name))
    mine = _eligible(call, pointer, source, done, seen, conversation) if done else []
    if done is not None and not mine:
        return
    for template, phrase in draw.shuffle(phrases, *key, "refer", name=lambda item: item[0].pick + item[1].text):
        if done is None:
            pointed = _not_yet(template, phrase, call, pointer, source, seen)
        else:
            pointed = _among(template, phrase, call, pointer, mine, seen, conversation, key)
        if pointed:
            yield pointed


def _not_yet(template: ReferTemplate, phrase: Phrase, call: Call, pointer: str, source: OutputSource,
             seen: list[Seen]) -> Pointed | None:
    """Before the producer ran, only a pick, or a phrase without slots for the first value of its type, is unique.

    That a list has one item is known once it was told.
    """
    if template.pick == "only" or not all(isinstance(part, Text) for part in phrase.parts):
        return None
    listed = "*" in source.pointer
    if listed != bool(template.pick) or (not listed and seen):
        return None
    words = (Words("".join(part.text for part in phrase.parts if isinstance(part, Text))),)
    pending = Pending(source.call, source.pointer, template.pick, template.by)
    return Pointed(Reference(words, call.id, pointer), pending)


def _eligible(call: Call, pointer: str, source: OutputSource, done: Executed, seen: list[Seen],
              conversation: Conversation) -> list[Seen]:
    """The producer's values at the source's place that still hold and that this argument has not had before."""
    mine = [s for s in seen if s.executed is done and matches(source.pointer, s.pointer)]
    if "*" in source.pointer:
        own = [e for e in conversation.executed if e.call.function == call.function]
        used = {repr(value) for e in own for name, value in e.arguments.items() if pointer == f"/{name}"}
        mine = [s for s in mine if repr(s.value) not in used] if used else mine
    return [s for s in mine if not is_stale(s, conversation)]


def _among(template: ReferTemplate, phrase: Phrase, call: Call, pointer: str, mine: list[Seen], seen: list[Seen],
           conversation: Conversation, key: tuple) -> Pointed | None:
    """Point at one of `mine`. A pick is made among all the items of their result: it has to name one of them."""
    if template.pick and _is_listed_before(call, pointer, conversation):
        return None
    if template.pick:
        listed = [s for s in seen if s.executed is mine[0].executed and s.pattern == mine[0].pattern]
        chosen = _pick(template, listed, seen, conversation)
    else:
        chosen = draw.choose(mine, *key, "item", name=lambda s: s.pointer)
    if chosen is None or all(chosen is not item for item in mine):
        return None
    parts = _render(phrase.parts, chosen, conversation)
    if parts is None:
        return None
    if not template.pick and not _is_unique(phrase.parts, parts, chosen, seen, conversation):
        return None
    if template.pick in ("", "only") and _is_bare(parts) and not _is_at_hand(chosen, template.pick, conversation):
        return None
    if not template.pick and _is_bare(parts) and _is_rivalled(call, pointer, chosen, conversation):
        return None
    return Pointed(Reference(parts, call.id, pointer), Given(chosen.value, chosen.pointer))


def _pick(template: ReferTemplate, mine: list[Seen], seen: list[Seen], conversation: Conversation) -> Seen | None:
    """The one item that `least`, `most` or `only` names, among the last list of this type that the user has seen.

    A later write on any of the items may have changed which of them it is.
    """
    if seen and seen[-1].executed is not mine[0].executed:
        return None
    if template.pick == "only":
        return mine[0] if len(mine) == 1 and "*" in mine[0].pattern else None
    keyed: list[tuple[Json, Seen]] = []
    for item in mine:
        value = sibling(item, template.by)
        if not isinstance(value, (int, float, str)) or isinstance(value, bool) or _has_changed(item, value, template.by, conversation):
            return None
        keyed.append((value, item))
    if len(keyed) < 2 or len({type(value) is str for value, _ in keyed}) > 1:
        return None
    best = (min if template.pick == "least" else max)(value for value, _ in keyed)
    winners = [item for value, item in keyed if value == best]
    return winners[0] if len(winners) == 1 else None


def _is_unique(template: tuple[Part, ...], parts: tuple[Words | Value, ...], chosen: Seen, seen: list[Seen],
               conversation: Conversation) -> bool:
    text = "".join(part.text for part in parts)
    others = {repr(s.value): s for s in seen if s.value != chosen.value}
    if others and not any(isinstance(part, Value) for part in parts):
        return False
    for other in others.values():
        rendered = _render(template, other, conversation)
        if rendered is not None and "".join(part.text for part in rendered) == text:
            return False
    return True


def _is_bare(parts: tuple[Words | Value, ...]) -> bool:
    return not any(isinstance(part, Value) for part in parts)


def _has_changed(item: Seen, value: Json, field: str, conversation: Conversation) -> bool:
    place, pattern = item.pointer.rpartition("/")[0], item.pattern.rpartition("/")[0]
    return is_stale(Seen(value, item.executed, f"{place}/{field}", f"{pattern}/{field}"), conversation)


def _is_at_hand(chosen: Seen, pick: str, conversation: Conversation) -> bool:
    """Bare words ("that amount", the only item's "that flight") reach back to the last results only.

    An id that no list gave ("that booking") names a kind of thing, however long ago. What a later call of the turn worked
    on was never told: the reply gives what came of it.
    """
    tool = conversation.spec.tool[chosen.executed.call.function]
    entity = entity_of(at_pointer(tool.returns, tokens(chosen.pattern)), conversation.spec)
    if entity is not None and entity.minted and not pick:
        return True
    done = chosen.executed
    if done.turn != conversation.executed[-1].turn:
        return False
    later = conversation.executed[conversation.executed.index(done) + 1 :]
    sources = [a.source for other in later if other.turn == done.turn for a in other.call.arguments]
    return not any(
        isinstance(s, OutputSource) and s.call == done.call.id and s.pointer == chosen.pattern for s in sources
    )


def _is_rivalled(call: Call, pointer: str, chosen: Seen, conversation: Conversation) -> bool:
    """Whether the user has named another value of the type: bare words might mean that one."""
    entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
    table = conversation.spec.type_table
    return entity is not None and any(
        value != chosen.value and (table.unify(name, entity.name) or table.unify(entity.name, name))
        for name, value in conversation.said
    )


def _is_listed_before(call: Call, pointer: str, conversation: Conversation) -> bool:
    """Whether the same turn lists values of the type before it comes to `call`: a pick would be among those, which nobody knows yet."""
    entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
    turn = next((turn.calls for turn in conversation.path.turns if any(each.id == call.id for each in turn.calls)), ())
    for each in takewhile(lambda each: each.id != call.id, turn):
        if entity and conversation.result_of(each.id) is None and any("*" in at for at in conversation.spec.outputs(each.function, entity.name)):
            return True
    return False


def sibling(item: Seen, field: str) -> Json:
    """The value of a field beside `item` in its result, or an argument of the call that produced it; else None."""
    parent = item.pointer.rpartition("/")[0]
    while True:
        try:
            return get(item.executed.result, f"{parent}/{field.replace('.', '/')}")
        except LookupError:
            if not parent:
                return item.executed.arguments.get(field)
            parent = parent.rpartition("/")[0]


def _sibling_type(item: Seen, field: str, conversation: Conversation):
    tool = conversation.spec.tool[item.executed.call.function]
    parent = item.pattern.rpartition("/")[0]
    while True:
        found = at_pointer(tool.returns, tokens(f"{parent}/{field.replace('.', '/')}"))
        if found is not None:
            return found
        if not parent:
            parameter = tool.parameter(field)
            return parameter.type if parameter else None
        parent = parent.rpartition("/")[0]


def _render(template: tuple[Part, ...], item: Seen, conversation: Conversation) -> tuple[Words | Value, ...] | None:
    parts: list[Words | Value] = []
    for part in template:
        match part:
            case Text(text):
                parts.append(Words(text))
            case Slot(name, case):
                value = sibling(item, name)
                entity = entity_of(_sibling_type(item, name, conversation), conversation.spec)
                if value is None or isinstance(value, (dict, list)) or (entity and entity.minted):
                    return None
                forms = say(value, entity, conversation.locale, conversation.now, case)
                if not forms:
                    return None
                parts.append(Value(forms[0].text))
            case Fragment(inner):
                parts.extend(_render(inner, item, conversation) or ())
            case Choice(options):
                rendered = _render(options[0], item, conversation)
                if rendered is None:
                    return None
                parts.extend(rendered)
            case _:
                return None
    return merge_words(tuple(parts))
