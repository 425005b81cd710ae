"""What is said in a no_tool turn: small talk, a question that is asked again, and the agent's words without a call."""

from __future__ import annotations

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind
from magnetc.ir.script import ScriptTurn
from magnetc.ir.trajectory import Value, Words
from magnetc.ir.types import EntityType
from magnetc.surface import join_parts
from magnetc.surface.impossible import say_impossible
from magnetc.teachers.conversation import Conversation, Given, Proposal, entity_of
from magnetc.teachers.offline import replies
from magnetc.teachers.offline.frames import Parts, fill, finish, frame, user_frame
from magnetc.teachers.offline.words import impossible

MOST_CHOICES = 8
"""A longer list of choices is not told."""

LAST = "close"
"""The style of small talk that ends a conversation."""


def small_talk(turn: ScriptTurn, conversation: Conversation) -> tuple[str, str] | None:
    """What the user says and the agent answers; None where the locale has no frames for it."""
    is_last = turn.key == conversation.path.turns[-1].key
    pairs = conversation.spec.frame[conversation.locale].chitchat
    suited = [(text, answer) for style, text, answer in pairs if is_last or style != LAST]
    return draw.choose(suited, *_key(turn, conversation), "chitchat", name=lambda pair: pair[0]) if suited else None


def chat(turn: ScriptTurn, conversation: Conversation) -> Proposal | None:
    """The user's small talk."""
    said = small_talk(turn, conversation)
    return Proposal((Words(said[0]),), {}) if said else None


def asked_again(question: Parts, turn: ScriptTurn, conversation: Conversation) -> Parts:
    """A question that was answered before."""
    frames = conversation.spec.frame[conversation.locale]
    return finish(fill(user_frame(conversation, "again", *_key(turn, conversation)), {"phrase": question}, conversation.locale), frames)


def answer(turn: ScriptTurn, conversation: Conversation) -> Parts | None:
    """The agent's words; None where they cannot be said."""
    assert turn.abstains is not None
    match turn.abstains.kind:
        case AbstentionKind.CHITCHAT:
            said = small_talk(turn, conversation)
            return (Words(said[1]),) if said else None
        case AbstentionKind.CONTEXT:
            return _recalled(turn, conversation)
        case AbstentionKind.VALUE:
            return _not_possible(turn, conversation)
        case _:
            return replies.refusal(turn, conversation)


def _recalled(turn: ScriptTurn, conversation: Conversation) -> Parts | None:
    """The reply of the turn that answered the question, out of the same results."""
    made = [conversation.result_of(call.id) for goal in turn.goals for call in goal.calls]
    parts = replies.reply(turn, {done.call.id: done for done in made if done}, conversation)
    if not any(isinstance(part, Value) for part in parts):
        return None
    frames = conversation.spec.frame[conversation.locale]
    return finish(fill(frame(frames, "recall", *_key(turn, conversation)), {"s": parts}, conversation.locale), frames)


def _not_possible(turn: ScriptTurn, conversation: Conversation) -> Parts | None:
    """The agent says that a value is not possible, and what is."""
    ((name, pointer), binding), = impossible(turn).items()
    assert isinstance(binding, Given)
    call = next(call for goal in turn.goals for call in goal.calls if call.id == name)
    entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
    value = _said(binding.value, entity, conversation)
    if entity is None or value is None:
        return None
    fillers: dict[str, Parts] = {"value": value}
    group = "not_valid"
    if entity.enum and len(entity.enum) <= MOST_CHOICES:
        choices = [said for item in entity.enum if (said := _said(item, entity, conversation))]
        if len(choices) == len(entity.enum):
            group, fillers["choices"] = "not_one_of", join_parts(tuple(choices), conversation.locale)
    elif entity.minimum is not None and entity.maximum is not None:
        low, high = (_said(_whole(bound, entity), entity, conversation) for bound in (entity.minimum, entity.maximum))
        if low and high:
            group, fillers["low"], fillers["high"] = "not_between", low, high
    frames = conversation.spec.frame[conversation.locale]
    text = frame(frames, group, *_key(turn, conversation))
    return finish(fill(text, fillers, conversation.locale), frames)


def _said(value: Json, entity: EntityType | None, conversation: Conversation) -> Parts | None:
    if entity is None:
        return None
    forms = say_impossible(value, entity, conversation.spec.type_table, conversation.locale, conversation.now)
    return (Value(forms[0].text),) if forms else None


def _whole(bound: float, entity: EntityType) -> Json:
    return int(bound) if entity.base == "integer" or bound == int(bound) else bound


def _key(turn: ScriptTurn, conversation: Conversation) -> tuple:
    return (conversation.spec.recipe.seed, conversation.path.base, turn.key, "no_tool")
