"""What a user is to say: the facts that a model is given for it, and what its words are held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind, Call, OutputSource, TurnKind
from magnetc.ir.pointer import get, tokens
from magnetc.ir.script import Goal, ScriptTurn
from magnetc.ir.shown import Shown
from magnetc.ir.trajectory import MessagePart, Reference, Value, Words, text_of
from magnetc.surface import occurs, say
from magnetc.teachers.conversation import Conversation, Given, Proposal, entity_of
from magnetc.teachers.prompted.language import is_in
from magnetc.teachers.prompted.placed import place
from magnetc.teachers.rehearsal import Arguments

_WAYS = 6
"""Forms of one value that a model is offered."""

_CODE_NAME = re.compile(r"\w*(?:[a-z0-9][A-Z_.]|_)\w*")
"""A name that nobody takes for a word: `search_flights`, `bookFlight`."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One user turn that a model puts into words."""

    turn: ScriptTurn
    proposal: Proposal
    arguments: Arguments
    conversation: Conversation

    @property
    def wanted(self) -> list[MessagePart]:
        """Values and references of the plain words: what any other words have to say, too."""
        return [part for part in self.proposal.parts if not isinstance(part, Words)]

    def inputs(self) -> dict[str, Json]:
        """What the program `back_translate` is told of the turn."""
        spec = self.conversation.spec
        return {"operation": operation_of(self.turn),
                "goals": [self._goal(goal) for goal in self.turn.goals],
                "values": [{"text": text_of(part), "ways": list(self.forms(part))[:_WAYS]} for part in self.wanted if isinstance(part, Value)],
                "references": [text_of(part) for part in self.wanted if isinstance(part, Reference)],
                "hidden": [self._described(name) for name in self.turn.withheld if self.turn.kind is TurnKind.MISS_PARAMS],
                "tools": [spec.tool[name].description or name for name in self.turn.announces],
                "plain": "".join(map(text_of, self.proposal.parts))}

    def read(self, text: str) -> tuple[MessagePart, ...]:
        """The words as the parts of a message. Raises ValueError, in words for the model, where they do not say what they have to."""
        text = " ".join(text.split())
        placed = place(text, self.wanted, self.forms)
        if placed.missing:
            raise ValueError(self._unsaid(placed.missing[0]))
        if stray := re.search(r"\S*\d\S*", placed.rest):
            raise ValueError(f"it says `{stray[0]}`, which is none of the values to be said; a value is said once")
        for problem in self._problems(text):
            raise ValueError(problem)
        return placed.parts

    def forms(self, part: Value) -> Iterator[str]:
        """The texts that read back as the value of `part`; beside its own, which is always one."""
        binding = self.proposal.bindings.get((part.call, part.pointer))
        call = next((call for call in self._calls() if call.id == part.call), None)
        if not isinstance(binding, Given) or call is None or part.superseded:
            return
        entity = entity_of(self.conversation.parameter_type(call, part.pointer), self.conversation.spec)
        for case in ("", "on", "at"):
            for form in say(binding.value, entity, self.conversation.locale, self.conversation.now, case):
                if form.text != part.text:
                    yield form.text

    def _problems(self, text: str) -> Iterator[str]:
        conversation = self.conversation
        if not is_in(text, conversation.locale):
            yield f"it is not in the language of the conversation (`{conversation.locale}`)"
        yield from named_tools(text, conversation.spec.tool)
        plain = "".join(map(text_of, self.proposal.parts))
        for call, pointer, value, why in self._unspoken():
            entity = entity_of(conversation.parameter_type(call, pointer), conversation.spec)
            where = (value, entity, conversation.locale, conversation.now)
            if occurs(*where, text) and not occurs(*where, plain):
                yield f"it says `{value}`, {why}"

    def _unspoken(self) -> Iterator[tuple[Call, str, Json, str]]:
        """Leaves that the user does not give: what tools find out, and what is left out on purpose."""
        for call in self._calls():
            for argument in call.arguments:
                name = call.id + argument.pointer
                if name in self.turn.withheld and isinstance(given := self.proposal.bindings.get((call.id, argument.pointer)), Given):
                    yield call, argument.pointer, given.value, "which the user leaves out this time"
                elif isinstance(argument.source, OutputSource) and call.id in self.arguments:
                    yield (call, argument.pointer, get(self.arguments[call.id], argument.pointer),
                           "which the agent has from a tool: point at it without its value")

    def _calls(self) -> Iterator[Call]:
        return (call for goal in self.turn.goals for call in goal.calls)

    def _goal(self, goal: Goal) -> dict[str, Json]:
        spec = self.conversation.spec
        head, *helpers = goal.calls
        said = {(part.call, part.pointer): part.text for part in _values(self.proposal.parts)}
        return {"does": spec.tool[head.function].description or head.function.replace("_", " "),
                "helpers": [spec.tool[call.function].description or call.function.replace("_", " ") for call in helpers],
                "values": {self._described(call.id + a.pointer): said[call.id, a.pointer]
                           for call in goal.calls for a in call.arguments if (call.id, a.pointer) in said}}

    def _described(self, leaf: str) -> str:
        """A leaf in the words of its tool: `destination (the city to fly to)`."""
        name, _, rest = leaf.partition("/")
        call = next(call for call in self._calls() if call.id == name)
        last = tokens("/" + rest)[0]
        parameter = self.conversation.spec.tool[call.function].parameter(last)
        return f"{rest.replace('_', ' ')} ({parameter.description})" if parameter and parameter.description else rest.replace("_", " ")

    def _unsaid(self, part: MessagePart) -> str:
        if isinstance(part, Value):
            ways = [part.text, *self.forms(part)][:_WAYS]
            return f"it does not say {' or '.join(f'`{way}`' for way in ways)}"
        return f"it does not point at the earlier result with the words `{text_of(part)}`"


def operation_of(turn: ScriptTurn) -> str:
    """What a turn asks of its words, by the operation that made it (Magnet §3.2: merged goals are explicit, helpers implicit)."""
    if turn.abstains:
        return {AbstentionKind.CHITCHAT: "chitchat", AbstentionKind.CONTEXT: "again"}.get(turn.abstains.kind, "plain")
    if turn.announces:
        return "announce"
    if turn.answers:
        return "answer"
    if turn.kind is TurnKind.MISS_PARAMS:
        return "miss_params"
    made = {operation.partition("@")[0] for operation in turn.operations}
    if len(turn.goals) > 1:
        return "merge"
    if any(len(goal.calls) > 1 for goal in turn.goals):
        return "insert_short"
    return "insert_long" if "insert.long" in made else "plain"


def named_tools(text: str, tools: Iterable[str]) -> Iterator[str]:
    """Complaints about names of tools in `text`, words that are a tool's name aside."""
    for name in tools:
        if _CODE_NAME.fullmatch(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            yield f"it names the tool `{name}`, which users do not know"


def _values(parts: Iterable[MessagePart]) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Value):
            yield part
        elif isinstance(part, Reference):
            yield from (inner for inner in part.parts if isinstance(inner, Value))


def history(conversation: Conversation, shown: Shown | None = None) -> list[Mapping[str, Json]]:
    """The conversation so far, as programs are given it: who, and the text, or the calls with their results, in real names or as `shown`."""
    shown = shown or Shown(conversation.spec)
    told: list[Mapping[str, Json]] = []
    for message in conversation.messages:
        if message.role == "system":
            continue
        if message.parts:
            told.append({"who": "user" if message.role == "user" else "agent", "text": message.text})
        told += [{"who": "tool", "call": shown.name(call.name), "arguments": shown.arguments(call.name, call.arguments),
                  "result": shown.result(call.name, call.result)} for call in message.calls]
    return told
