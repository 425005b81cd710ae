"""OfflineTeacher: phrases of the recipe, frames of the standard library, values of the types and the world."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind, Call, TurnKind
from magnetc.ir.pointer import tokens
from magnetc.ir.script import Goal, Script, ScriptTurn
from magnetc.ir.spec import Frame, Frames
from magnetc.ir.trajectory import MessagePart
from magnetc.surface import join_parts
from magnetc.teachers.acted import Acted, Did
from magnetc.teachers.conversation import Bindings, Conversation, Executed, Given, Proposal
from magnetc.teachers.offline import abstentions, replies
from magnetc.teachers.offline.amendments import amend
from magnetc.teachers.offline.corrections import Place, marked, others, superseded, taken_back
from magnetc.teachers.offline.frames import (
    Parts,
    fill,
    finish,
    placeholders,
    stop_once,
    user_frame,
    user_frames,
    user_styles,
)
from magnetc.teachers.offline.spoken import joined
from magnetc.teachers.offline.twins import in_one_phrase, says_the_same
from magnetc.teachers.offline.words import GoalWords, answered, goal_words
from magnetc.teachers.rehearsal import MadeCall, Rehearsal
from magnetc.teachers.teacher import Wordless

ATTEMPTS = 8
"""Bindings tried per turn before the path is rejected (design: first success of at most 8)."""

JOINED = 0.6
"""Share of merged requests that become one sentence, when both goals are verb phrases."""

_ONE_SENTENCE = re.compile(r"\{phrase(:\w+)?\}[^\s.?!,。？！、]*\s?[.?!。？！]*$", re.IGNORECASE)
"""Nothing follows the phrase but what its language puts behind the verb."""

_TELLING = 4
"""Letters of a word that is heard again when it is said twice in a message."""

_WORDS = re.compile(r"\w+")


class OfflineTeacher:
    """Deterministic: the same script, spec and world give the same words."""

    def system(self, conversation: Conversation) -> Parts:
        return replies.system_message(conversation)

    def propose(self, turn: ScriptTurn, conversation: Conversation) -> Iterator[Proposal]:
        if turn.abstains and turn.abstains.kind is AbstentionKind.CHITCHAT:
            yield from filter(None, [abstentions.chat(turn, conversation)])
            return
        if turn.amends:
            yield from filter(None, [amend(turn, conversation)])
            return
        bound = turn.answers or turn.announces
        if not (bound or turn.abstains or turn.corrects) and (said := self._ask(turn, conversation, 0, as_said=True)):
            yield said
        for attempt in range(1 if bound else ATTEMPTS):
            proposal = self._resume(turn, conversation) if bound else self._ask(turn, conversation, attempt)
            if proposal:
                yield proposal

    def others(self, call: Call, pointer: str, bindings: Bindings, conversation: Conversation) -> Iterator[Json]:
        return others(call, pointer, bindings, conversation)

    async def say(self, turn: ScriptTurn, proposal: Proposal, rehearsal: Rehearsal, conversation: Conversation) -> Parts:
        """The words of the proposal: they were found to say what they have to when they were made."""
        del turn, rehearsal, conversation
        return proposal.parts

    async def reply(self, turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> Parts:
        return replies.reply(turn, executed, conversation)

    async def without_calls(self, turn: ScriptTurn, conversation: Conversation) -> Parts | None:
        if turn.kind is TurnKind.NO_TOOL:
            return abstentions.answer(turn, conversation)
        if turn.kind is TurnKind.MISS_FUNC:
            return replies.refusal(turn, conversation)
        call, pointer = leaf_named(turn, turn.withheld[0])
        return replies.clarification(call, pointer, turn, conversation)

    async def act(self, script: Script, index: int, executed: dict[str, Executed], rehearsal: Rehearsal, conversation: Conversation) -> Acted:
        raise Wordless("the offline teacher does not act")

    async def mislead(self, script: Script, index: int, told: Sequence[Mapping[str, Json]], hint: Sequence[MadeCall], executed: Sequence[Executed],
                      conversation: Conversation) -> Did:
        raise Wordless("the offline teacher does not act")

    def _ask(self, turn: ScriptTurn, conversation: Conversation, attempt: int, *, as_said: bool = False) -> Proposal | None:
        """Words for a turn. `as_said`: values that nothing has told are given as people say them; None where there is none such."""
        if turn.abstains and turn.abstains.kind is AbstentionKind.CONTEXT:
            return self._ask_again(turn, conversation)
        said = tuple(conversation.said)
        goals: list[GoalWords] = []
        bindings = {}
        for goal in turn.goals:
            words = goal_words(goal, turn, conversation, said, attempt, as_said=as_said)
            if words is None or any(says_the_same(words, other) for other in goals):
                return None
            goals.append(words)
            bindings.update(words.bindings)
            said += words.said
        alike = {place: value for words in goals for place, value in words.alike.items()}
        if as_said and not alike:
            return None
        parts, taken = self._sentences(turn, goals, conversation), {}
        for goal, words in zip(turn.goals, goals):
            for place, value in words.superseded.items():
                taken[place] = value
                parts = _corrected(parts, goal, place, value, bindings, turn, conversation)
        return Proposal(parts, bindings, taken, alike)

    def _ask_again(self, turn: ScriptTurn, conversation: Conversation) -> Proposal | None:
        """The question of an earlier turn once more, with what it was asked with."""
        words = goal_words(turn.goals[0], turn, conversation, tuple(conversation.said), 0)
        return Proposal(abstentions.asked_again(words.parts, turn, conversation), words.bindings) if words else None

    def _sentences(self, turn: ScriptTurn, goals: list[GoalWords], conversation: Conversation) -> Parts:
        frames, locale = conversation.spec.frame[conversation.locale], conversation.locale
        key = (conversation.spec.recipe.seed, conversation.path.base, conversation.path.attempt, turn.key)
        phrases = in_one_phrase(turn.goals, goals, frames)
        is_joined = False
        if len(phrases) == 2 and {phrase.mood for phrase in phrases} == {"do"} and draw.fraction(*key, "join") < JOINED:
            one = joined(phrases[0], phrases[1], user_frames(conversation, "join_do", *key), locale)
            phrases, is_joined = ([one], True) if one else (phrases, False)
        lead = user_frames(conversation, "open" if turn.key == conversation.path.turns[0].key else "follow", *key)[0]
        said: Parts = ()
        used: set[str] = set()
        for index, phrase in enumerate(phrases):
            fillers = phrase.fillers("phrase")
            held = [each for each in user_frames(conversation, phrase.mood, *key, index) if placeholders(each.text) <= fillers.keys()
                    and (not is_joined or _joins(each, frames))]
            place = _Place(index, len(phrases), user_styles(conversation), lead)
            suited = [each.text for each in held if _suits(each, place)] or [held[0].text]
            text = next((t for t in suited if t not in used), suited[0])
            used.add(text)
            if index == 0:
                said = stop_once(fill(text, fillers, locale))
                continue
            link = user_frame(conversation, "next", *key, index - 1)
            text = text.replace("{Phrase", "{phrase") if "{b}" in link else text
            sentence = stop_once(fill(text, fillers, locale))
            said = fill(link, {"a": said, "b": sentence}, locale)
        return finish(fill(lead.text, {"s": said}, locale), frames)

    def _resume(self, turn: ScriptTurn, conversation: Conversation) -> Proposal | None:
        """The turn after a question or a refusal: supply what was asked for, or say that the tool is there now."""
        frames = conversation.spec.frame[conversation.locale]
        key = (conversation.spec.recipe.seed, conversation.path.base, turn.key)
        places = {(call.id, a.pointer) for goal in turn.goals for call in goal.calls for a in call.arguments}
        bindings = {place: b for place, b in conversation.bindings.items() if place in places}
        if turn.announces:
            able = replies.capability(turn.announces[0], conversation, *key)
            if able is None:
                return None
            announced = fill(user_frame(conversation, "announce", *key), {"capability": able}, conversation.locale)
            return Proposal(finish(announced, frames), bindings)
        values: list[tuple[MessagePart, ...]] = []
        taken: dict[Place, Json] = {}
        for answer in turn.answers:
            call, pointer = leaf_named(turn, answer)
            binding = bindings.get((call.id, pointer))
            goal = next(goal for goal in turn.goals if call in goal.calls)
            if answer in turn.corrects and (other := superseded(call, pointer, bindings, conversation)) is not None:
                taken[call.id, pointer] = other
                binding = Given(other)
            value = answered(binding.value, goal, call, pointer, conversation, key) if isinstance(binding, Given) else None
            if value is None:
                return None
            values.append(marked(value) if taken else value)
        answer = fill(user_frame(conversation, "answer", *key), {"value": join_parts(tuple(values), conversation.locale)}, conversation.locale)
        parts = finish(answer, frames)
        for place, value in taken.items():
            parts = _corrected(parts, turn.goals[0], place, value, bindings, turn, conversation)
        return Proposal(parts, bindings, taken)


def _corrected(parts: Parts, goal: Goal, place: Place, old: Json, bindings: Bindings, turn: ScriptTurn,
               conversation: Conversation) -> Parts:
    """The words of a message that says `old` at a place, with the sentence that takes it back."""
    key = (conversation.spec.recipe.seed, conversation.path.base, conversation.path.attempt, turn.key, *place)
    call, meant = next(call for call in goal.calls if call.id == place[0]), bindings[place]
    assert isinstance(meant, Given)
    texts = {"old": answered(old, goal, call, place[1], conversation, (*key, "old")),
             "new": answered(meant.value, goal, call, place[1], conversation, (*key, "new"))}
    known = {name: marked(text) if name == "old" else text for name, text in texts.items() if text is not None}
    return taken_back(parts, goal, place, known, conversation, key) if len(known) == len(texts) else parts


def _joins(frame: Frame, frames: Frames) -> bool:
    """Whether a frame suits two joined phrases. The second would have to repeat a word that elides: "merci de noter ceci et
    de lire cela"."""
    return not any(f"{word} {{phrase}}" in frame.text for word, _ in frames.elide)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sentence stands: the which of how many, behind what opens the message. `styles` are those of users."""

    index: int
    sentences: int
    styles: set[str]
    lead: Frame


def _suits(frame: Frame, place: _Place) -> bool:
    """Whether a frame suits a sentence.

    One behind "Also," begins with the phrase, or is a plain request; one before it ends with the phrase's sentence, so that
    "Could you help me with that?" is said once and at the end. Who begins with "Hey, I don't have much time." goes on plainly, and
    nobody says "Merci. Merci de …", nor "Good to know. It would help to know."
    """
    if place.index < place.sentences - 1 and not _ONE_SENTENCE.search(frame.text):
        return False
    lead, words = _WORDS.findall(place.lead.text.partition("{S}")[0].casefold()), _WORDS.findall(frame.text.casefold())
    if not place.index and lead[-1:] == words[:1]:
        return False
    if {word for word in lead if len(word) >= _TELLING} & set(words):
        return False
    if place.index:
        return frame.text.startswith("{Phrase") or frame.style not in place.styles
    return frame.style not in place.styles or place.lead.style not in place.styles


def leaf_named(turn: ScriptTurn, name: str) -> tuple[Call, str]:
    """The call and argument pointer of a leaf written `call/pointer`."""
    call_id = name.partition("/")[0]
    call = next(call for goal in turn.goals for call in goal.calls if call.id == call_id)
    pointer = name[len(call_id):]
    assert tokens(pointer)
    return call, pointer
