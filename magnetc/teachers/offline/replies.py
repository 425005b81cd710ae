"""What the agent says: replies from results, clarifying questions, refusals, and the system message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from magnetc.ir import draw
from magnetc.ir.json import Json, wire
from magnetc.ir.path import Call, TurnKind
from magnetc.ir.pointer import get, tokens
from magnetc.ir.script import Goal, ScriptTurn, SystemKind
from magnetc.ir.spec import Frames
from magnetc.ir.template import Choice, Part, Phrase, Section, Slot, Text
from magnetc.ir.template import Optional as Fragment
from magnetc.ir.trajectory import Value, Words
from magnetc.ir.types import TypeExpr, at_pointer
from magnetc.surface import gap, join_parts, long_date, say, say_list
from magnetc.teachers.conversation import Conversation, Executed, entity_of
from magnetc.teachers.offline.frames import Parts, fill, finish, frame, merge_words, starting
from magnetc.teachers.offline.words import elided

RULES = (2, 4)
"""Least and greatest number of rules in a system message that has some."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a reply's slot looks: a result at a pointer, then the arguments of its call."""

    done: Executed
    at: str = ""
    pattern: str = ""


def reply(turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> Parts:
    """The agent's words after the calls of a turn: one sentence or more for each goal, from results alone."""
    said: list = []
    for goal in turn.goals:
        made = [executed[call.id] for call in goal.calls if call.id in executed]
        if not made:
            continue
        if said:
            said.append(Words(gap(conversation.locale)))
        said.extend(_goal_reply(goal, made, turn, conversation))
    return merge_words(tuple(said))


def _goal_reply(goal: Goal, made: list[Executed], turn: ScriptTurn, conversation: Conversation) -> Parts:
    frames = conversation.spec.frame[conversation.locale]
    key = (conversation.spec.recipe.seed, conversation.path.base, turn.key, goal.calls[0].id, "reply")
    failed = next((done for done in made if is_error(done.result)), None)
    if failed is not None:
        message = Value(str(failed.result["error"]).rstrip("."), failed.call.id, "/error")
        if question := _question_anew(failed, conversation, *key):
            return finish(fill(frame(frames, "refused", *key), {"error": (message,), "question": question}, conversation.locale), frames)
        return finish(fill(frame(frames, "error", *key), {"message": (message,)}, conversation.locale), frames)
    chain = tuple(done.call.function for done in made)
    for template in conversation.spec.reply_templates.get(chain, ()):
        scopes = {alias: _Scope(done) for (_, alias), done in zip(template.chain, made)}
        phrases = [p for p in template.phrases if p.locale == conversation.locale]
        for phrase in draw.shuffle(phrases, *key, name=lambda p: p.text):
            parts = _render(phrase.parts, scopes, conversation, key)
            if parts is not None:
                return finish(starting(parts, conversation.locale, upper=True), frames)
    if len(made) > 1:
        return _goal_reply(Goal(calls=goal.calls[-1:]), made[-1:], turn, conversation)
    return fill(frame(frames, "done", *key), {}, conversation.locale)


def is_error(result: Json) -> bool:
    """A world's error result: an object with the key `error`."""
    return isinstance(result, dict) and "error" in result


def _render(parts: tuple[Part, ...], scopes: dict[str, _Scope], conversation: Conversation, key: tuple) -> Parts | None:
    filled: list = []
    for index, part in enumerate(parts):
        match part:
            case Text(text):
                filled.append(Words(text))
            case Slot():
                value = _slot(part, scopes, conversation)
                if value is None:
                    return None
                filled.append(value)
            case Fragment(inner):
                filled.extend(_render(inner, scopes, conversation, key) or ())
            case Choice(options):
                chosen = options[draw.integer(0, len(options) - 1, *key, "choice", index)]
                inner_parts = _render(chosen, scopes, conversation, key)
                if inner_parts is None:
                    return None
                filled.extend(inner_parts)
            case Section():
                listed = _section(part, scopes, conversation, key)
                if listed is None:
                    return None
                filled.extend(listed)
    return merge_words(elided(tuple(filled), conversation))


def _section(part: Section, scopes: dict[str, _Scope], conversation: Conversation, key: tuple) -> Parts | None:
    found = _find(part.name, scopes, conversation)
    if found is None or not isinstance(found[0], (list, dict)) or not found[0]:
        return None
    items, scope, _ = found
    keys = range(len(items)) if isinstance(items, list) else list(items)
    rendered: list[Parts] = []
    for item in keys:
        inner = _Scope(scope.done, f"{scope.at}/{item}", f"{scope.pattern}/*")
        parts = _render(part.parts, {"": inner}, conversation, key)
        if parts is None:
            return None
        rendered.append(parts)
    return join_parts(tuple(rendered), conversation.locale)


def _find(name: str, scopes: dict[str, _Scope], conversation: Conversation) -> tuple[Json, _Scope, TypeExpr | None] | None:
    """What a slot names: a helper's result by alias, the head's result, else an argument of the head."""
    head, _, rest = name.partition(".")
    scope = scopes[head] if head and head in scopes and rest else scopes[""]
    path = rest if scope is not scopes[""] else name
    below = "" if path in (".", "") else "/" + path.replace(".", "/")
    tool = conversation.spec.tool[scope.done.call.function]
    at = scope.at + below
    try:
        value = get(scope.done.result, at)
    except LookupError:
        value = scope.done.arguments.get(path)
        parameter = tool.parameter(path)
        return None if value is None or parameter is None else (value, _Scope(scope.done, "#" + below), parameter.type)
    pattern = scope.pattern + below
    return value, _Scope(scope.done, at, pattern), at_pointer(tool.returns, tokens(pattern))


def _slot(slot: Slot, scopes: dict[str, _Scope], conversation: Conversation) -> Value | None:
    found = _find(slot.name, scopes, conversation)
    if found is None:
        return None
    value, scope, expr = found
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, list):
        if not value or any(isinstance(item, (dict, list)) for item in value):
            return None
        forms = say_list(value, entity_of(expr, conversation.spec), conversation.locale, conversation.now)
    else:
        forms = say(value, entity_of(expr, conversation.spec), conversation.locale, conversation.now, slot.case)
    return Value(forms[0].text, scope.done.call.id, scope.at) if forms else None


def clarification(call: Call, pointer: str, turn: ScriptTurn, conversation: Conversation) -> Parts | None:
    """The agent's question for what is missing, framed."""
    key = (conversation.spec.recipe.seed, conversation.path.base, turn.key, call.id, pointer, "clarify")
    asked = _question(call, pointer, conversation, *key)
    if asked is None:
        return None
    frames = conversation.spec.frame[conversation.locale]
    return finish(fill(frame(frames, "clarify", *key), {"question": asked}, conversation.locale), frames)


def _question_anew(failed: Executed, conversation: Conversation, *key: object) -> Parts | None:
    """The question for another value of what the world has refused, where the user is about to give one."""
    follow = next((turn for turn in conversation.path.turns if turn.amends and turn.amends[0] == failed.call.id), None)
    if follow is None or follow.kind is not TurnKind.RECOVER:
        return None
    return _question(failed.call, "/" + follow.amends[1].partition("/")[2], conversation, *key, "anew")


def _question(call: Call, pointer: str, conversation: Conversation, *key: object) -> Parts | None:
    """The question that names exactly what is missing: of this parameter, else of its entity type or one it refines."""
    entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
    names = [f"{call.function}.{'.'.join(tokens(pointer))}"]
    names += list(conversation.spec.type_table.ancestry(entity.name)) if entity else []
    for name in names:
        asks = (phrase for ask in conversation.spec.asks if ask.of == name for phrase in ask.phrases)
        question = _drawn_words(asks, conversation, *key)
        if question is not None:
            return question
    return None


def capability(tool: str, conversation: Conversation, *key: object) -> Parts | None:
    """The verb phrase for what `tool` lets the agent do."""
    verbs = (phrase for able in conversation.spec.capabilities if able.tool == tool for phrase in able.phrases)
    return _drawn_words(verbs, conversation, *key, "capability")


def _drawn_words(phrases: Iterable[Phrase], conversation: Conversation, *key: object) -> tuple[Words] | None:
    """One of the phrases of the conversation's locale, of which there may be none. They have no slots."""
    known = [phrase for phrase in phrases if phrase.locale == conversation.locale]
    if not known:
        return None
    phrase = draw.choose(known, *key, name=lambda p: p.text)
    return (Words("".join(part.text for part in phrase.parts if isinstance(part, Text))),)


def refusal(turn: ScriptTurn, conversation: Conversation) -> Parts | None:
    """The agent says what it cannot do with the tools it has."""
    key = (conversation.spec.recipe.seed, conversation.path.base, turn.key, "refuse")
    able = capability(turn.withheld[0], conversation, *key)
    if able is None:
        return None
    frames = conversation.spec.frame[conversation.locale]
    return finish(fill(frame(frames, "refuse", *key), {"capability": able}, conversation.locale), frames)


def system_message(conversation: Conversation) -> Parts:
    """What the agent is told before the user speaks: the date and the profile, maybe in other words, maybe with rules."""
    frames = conversation.spec.frame[conversation.locale]
    key = (conversation.spec.recipe.seed, conversation.path.base, "system")
    parts = _context(conversation, frames, key)
    if conversation.system in (SystemKind.PARAPHRASED, SystemKind.POLICY):
        parts = fill(frame(frames, "system", *key), {"context": parts}, conversation.locale) if parts else ()
    if conversation.system is SystemKind.POLICY:
        space = gap(conversation.locale)
        rules = draw.shuffle(frames.texts["system_policy"], *key, "policy")[: draw.integer(*RULES, *key, "rules")]
        parts = (*parts, Words((space if parts else "") + space.join(rules)))
    return merge_words(parts)


def _context(conversation: Conversation, frames: Frames, key: tuple) -> Parts:
    """The date, and the profile as JSON, as the recipe shows them."""
    parts: list = []
    for shown in conversation.spec.recipe.show:
        if parts:
            parts.append(Words(gap(conversation.locale)))
        if shown == "date":
            date = Value(long_date(conversation.now, conversation.locale), "", "/date")
            parts.extend(fill(frame(frames, "system_date", *key), {"date": (date,)}, conversation.locale))
        elif shown == "profile" and conversation.profile is not None:
            profile = Value(wire(conversation.profile), "", "/profile")
            parts.extend(fill(frame(frames, "system_profile", *key), {"profile": (profile,)}, conversation.locale))
    return merge_words(tuple(parts))
