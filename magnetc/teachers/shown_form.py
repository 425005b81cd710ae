"""What a user says for a value that people know by another form, and the earlier result that tells the agent which is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from magnetc.ir.json import Json
from magnetc.ir.pointer import get
from magnetc.ir.types import EntityType
from magnetc.source.origin import escape
from magnetc.surface.form import fold
from magnetc.teachers.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Resolution:
    """`form` stands at `by` in the result of `call`, beside the value at `at`."""

    form: str
    call: str
    at: str
    by: str


def shown_form(value: Json, entity: EntityType, conversation: Conversation) -> str | None:
    """What people call `value` in the world as it is; None where it has no form, or shares it with another value."""
    if entity.beside is None:
        return None
    pattern, at, by = entity.beside
    forms: dict[str, Json] = {}
    own: str | None = None
    for each in conversation.state.get(pattern, ()):
        try:
            other, form = get(each, at), get(each, by)
        except LookupError:
            continue
        if not is_sayable(form):
            continue
        if other == value:
            own = form
        if forms.setdefault(fold(form), other) != other:
            forms[fold(form)] = None
    return own if own is not None and forms[fold(own)] == value else None


def resolution(value: Json, entity: EntityType, conversation: Conversation) -> Resolution | None:
    """The earlier result in which the form of `value` stands beside it, and beside no other value of the type anywhere."""
    form = shown_form(value, entity, conversation)
    if form is None:
        return None
    found: Resolution | None = None
    for seen in conversation.seen(entity.name, undone=True):
        for by in places_beside(seen.executed.result, seen.pointer, form):
            if seen.value != value:
                return None
            if seen.executed.call.id not in conversation.undone:
                found = Resolution(form, seen.executed.call.id, seen.pointer, by)
    return found


def unmeant(form: Json) -> str:
    """Words like a form that no tool knows: one that answers them as it answers the form does not know the form either."""
    return f"{str(form)[::-1]}x"


def is_sayable(form: Json) -> bool:
    """Whether a form can stand in a sentence."""
    return isinstance(form, str) and bool(form.strip()) and form == " ".join(form.split())


def places_beside(result: Json, pointer: str, form: str) -> Iterator[str]:
    """The fields beside a place of a result that say `form`, in any case."""
    above, _, own = pointer.rpartition("/")
    record = get(result, above) if pointer else None
    for name, text in record.items() if isinstance(record, dict) else ():
        if escape(name) != own and isinstance(text, str) and fold(text) == fold(form):
            yield f"{above}/{escape(name)}"
