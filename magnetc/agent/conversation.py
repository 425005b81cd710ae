"""One conversation while it is played: the row's user speaks, the policy answers, results come between. Pure: no world here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.agent.admission import as_json, refusal
from magnetc.agent.policy import Action, Request
from magnetc.agent.reference import Reference
from magnetc.agent.user import Recorded, User
from magnetc.ir.json import Json, wire
from magnetc.tools.worlds.equivalence import Made
from magnetc.tools.worlds.protocol import Step

MALFORMED = "malformed"
"""The name under which a call that could not be read stands in the conversation, its text as the argument."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A call that the policy made, and its `result`.

    `name` and `stated` are the tool and the arguments as the policy said them, `function` and `arguments` in real names: of
    a call that was none to execute (`refused`), as they were said. `reached`: the world executed it to its end.
    """

    id: str
    name: str
    stated: Mapping[str, Json]
    function: str
    arguments: Mapping[str, Json]
    result: Json = None
    refused: bool = False
    reached: bool = False

    @property
    def step(self) -> Step:
        return Step(call=self.function, args=self.arguments)


@dataclass(slots=True, kw_only=True)
class PlayedTurn:
    """A user turn that was played. `number` counts the row's user turns from 0; `messages` begins with the user's, and has more of these
    where the user answers the agent.

    `exhausted`: the policy spent its messages of calls without an answer. `reference` and `reference_observed` are what the
    row's own calls did in this turn and the observable state after it; `observed` is the one after the policy's, None when
    its world could not tell.
    """

    number: int
    messages: list[dict[str, Any]]
    attempts: list[Attempt] = field(default_factory=list)
    malformed: int = 0
    exhausted: bool = False
    observed: Json = None
    reference: tuple[Made, ...] = ()
    reference_observed: Json = None

    @property
    def made(self) -> tuple[Made, ...]:
        """The calls that reached the world."""
        return tuple(Made(a.function, a.arguments, a.result) for a in self.attempts if a.reached)


class Conversation:
    """Says what the policy is shown, and takes what it answers. Over when `over`; then `turns` has what was played."""

    def __init__(self, reference: Reference, most_actions: int, sample: int = 0, user: User | None = None):
        self.reference, self.sample, self._most = reference, sample, most_actions
        self._user: User = user or Recorded()
        self.turns: list[PlayedTurn] = []
        self.executed: list[Step] = list(reference.context)
        self._open: list[Attempt] = []
        self._history: list[dict[str, Any]] = list(reference.opening)
        for turn in reference.turns[: reference.first]:
            self._history += [turn.user, *turn.answer]
        self._calls = sum(len(message.get("tool_calls") or ()) for message in self._history)
        self._actions = 0
        self.over = False
        self._next_turn()

    def request(self) -> Request:
        """What the policy is shown."""
        return Request(messages=[*self._history, *self.turns[-1].messages], tools=self.reference.tools, sample=self.sample)

    def take(self, action: Action) -> list[Attempt]:
        """Add the policy's message. Returns those of its calls that are to be executed, for `finish`.

        An action without a call ends the turn, unless the user answers it.
        """
        turn, said = self.turns[-1], {"role": "assistant", "content": _clean(action.content)}
        if action.reasoning:
            said["reasoning_content"] = _clean(action.reasoning)
        attempts, malformed = self._attempts(action)
        if not attempts and not malformed:
            turn.messages.append(said)
            self._answer(turn, said["content"])
            return []
        turn.attempts += attempts
        turn.malformed += len(malformed)
        self._actions += 1
        unread = [self._refused(MALFORMED, {"text": text}, "malformed call") for text in malformed]
        stated = [{"id": a.id, "type": "function", "function": {"name": a.name, "arguments": wire(a.stated)}}
                  for a in (*attempts, *unread)]
        turn.messages.append({**said, "tool_calls": stated})
        self._open = [*attempts, *unread]
        return [attempt for attempt in attempts if not attempt.refused]

    def _answer(self, turn: PlayedTurn, said: str) -> None:
        before = [made for each in self.reference.turns[: self.reference.first] for made in each.made]
        text = self._user.answer(turn.number, said, [*before, *(made for each in self.turns for made in each.made)])
        if text is None:
            self._next_turn()
        else:
            turn.messages.append({"role": "user", "content": text})
            self._actions, self._open = 0, []

    def finish(self) -> None:
        """Add the results of the calls of the last `take`, which the attempts hold by now."""
        turn, shown = self.turns[-1], self.reference.shown
        for attempt in self._open:
            result = attempt.result if attempt.refused else shown.result(attempt.function, attempt.result)
            turn.messages.append({"role": "tool", "tool_call_id": attempt.id, "name": attempt.name, "content": wire(result)})
        if self._actions == self._most:
            turn.exhausted = True
            turn.messages.append({"role": "assistant", "content": ""})  # templates want an answer before the next user turn
            self._next_turn()

    def _attempts(self, action: Action) -> tuple[list[Attempt], list[str]]:
        """The calls of an action that can be stated, refused ones with their error; and the texts of those that cannot."""
        attempts: list[Attempt] = []
        malformed = [_clean(action.malformed)] if action.malformed else []
        for name, given in action.calls:
            arguments = as_json(given)
            if not isinstance(arguments, dict):
                malformed.append(_clean(f"{name} with arguments that no JSON states"))
                continue
            attempts.append(self._attempt(_clean(name), arguments))
        return attempts, malformed

    def _attempt(self, name: str, stated: dict[str, Json]) -> Attempt:
        shown = self.reference.shown
        why = refusal(name, stated, self.reference.offered, shown)
        if why is not None:
            return self._refused(name, stated, why)
        function = shown.read_name(name)
        return Attempt(id=self._id(), name=name, stated=stated, function=function,
                       arguments=shown.read_arguments(function, stated))

    def _refused(self, name: str, stated: dict[str, Json], why: str) -> Attempt:
        return Attempt(id=self._id(), name=name, stated=stated, function=name, arguments=stated, result={"error": why}, refused=True)

    def _id(self) -> str:
        self._calls += 1
        return f"call_{self._calls}"

    def _next_turn(self) -> None:
        if self.turns:
            self._history += self.turns[-1].messages
        self._actions, self._open = 0, []
        number = self.reference.first + len(self.turns)
        if number == len(self.reference.turns):
            self.over = True
        else:
            self.turns.append(PlayedTurn(number=number, messages=[self.reference.turns[number].user]))


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: JSON escapes can state halves of characters."""
    return text.encode("utf-8", "replace").decode()
