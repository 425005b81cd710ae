"""One task while an agent is at it. Pure: no world here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from magnetc.agent.admission import as_json
from magnetc.agent.conversation import MALFORMED
from magnetc.agent.policy import Action, Request
from magnetc.eval.toolquery.scoring import Progress, ends
from magnetc.eval.toolquery.tasks import Task
from magnetc.ir.json import Json, wire

FINISH, CHECK = "finish", "check_valid_actions"
ERROR = "ERROR | "
"""Begins what AgentBoard says of a call that could not be made."""

SYSTEM = "You are a helpful assistant. Find out what you are asked with the tools that you are given, one step after the other."
PLACES = "Get coordinates from `get_latitude_longitude`, never from memory."
ENDING = "When you know the answer, call `finish` with it: that ends the task."
REMINDER = "That is no call of a tool. Go on with a call; when you know the answer, call `finish` with it."


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A call that the agent made, and its result.

    `refused`: it is none of an offered tool with all its parameters, and was not executed. `unread`: AgentBoard's environment does not come as far
    as to look whether it ends the task. `failed`: the tool answered with an error.
    """

    id: str
    name: str
    stated: dict[str, Json]
    arguments: dict[str, Json]
    refused: bool = False
    unread: bool = False
    failed: bool = False
    result: Json = None


class Episode:
    """Says what the agent is shown and takes what it answers. Over when `over`.

    A step is a call, or a message without one: AgentBoard's agents make one a message. `tools` are the offered ones by name, with their
    required parameters; `offered` is their JSON.
    """

    def __init__(self, task: Task, tools: dict[str, frozenset[str]], offered: str, most_steps: int):
        self.task, self.most_steps = task, most_steps
        self._tools, self._offered = tools, offered
        system = " ".join((SYSTEM, *([PLACES] if task.family == "weather" else []), ENDING))
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}, {"role": "user", "content": task.goal}]
        self.made: list[Attempt] = []
        self.progress = Progress(task.family, task.subgoals)
        self.steps = self.grounded = self._calls = 0
        self.ended = self.over = False
        self.answer: Json = None
        self.answered = False
        self._open: list[Attempt] = []

    def request(self) -> Request:
        """What the policy is shown."""
        return Request(messages=list(self.messages), tools=self._offered)

    def take(self, action: Action) -> list[Attempt]:
        """Add the policy's message. Returns those of its calls that are to be executed, for `settle`."""
        said: dict[str, Any] = {"role": "assistant", "content": _clean(action.content)}
        if action.reasoning:
            said["reasoning_content"] = _clean(action.reasoning)
        attempts = [self._attempt(name, given) for name, given in action.calls]
        if action.malformed:
            attempts.append(self._malformed(action.malformed))
        attempts = attempts[: self.most_steps - self.steps]
        ending = next((number for number, attempt in enumerate(attempts) if _ends(attempt)), len(attempts))
        self._open = attempts[: ending + 1]
        if self._open:
            said["tool_calls"] = [{"id": attempt.id, "type": "function", "function": {"name": attempt.name, "arguments": wire(attempt.stated)}}
                                  for attempt in self._open]
        self.messages.append(said)
        return [attempt for attempt in self._open if not attempt.refused]

    def settle(self) -> None:
        """Go on from the results of the calls of the last `take`, which the attempts hold by now."""
        if not self._open:
            self.steps += 1
            self.messages.append({"role": "user", "content": REMINDER})
        for attempt in self._open:
            self.steps += 1
            self.messages.append({"role": "tool", "tool_call_id": attempt.id, "name": attempt.name, "content": wire(attempt.result)})
            self._count(attempt)
        self.over = self.ended or self.steps >= self.most_steps

    def _count(self, attempt: Attempt) -> None:
        if not attempt.refused:
            self.grounded += not (attempt.failed and isinstance(attempt.result, str) and attempt.result.startswith(ERROR))
            self.made.append(attempt)
            if attempt.name != CHECK:
                self.progress.add(attempt.result, failed=attempt.failed)
        self.ended = _ends(attempt)
        if self.ended and attempt.name == FINISH and not attempt.refused:
            self.answer, self.answered = attempt.result, True

    def _attempt(self, name: str, given: dict[str, Json]) -> Attempt:
        stated = as_json(given)
        if not isinstance(stated, dict):
            return self._malformed(f"{name} with arguments that no JSON states")
        name = _clean(name)
        if name not in self._tools:
            return self._refused(name, stated, f"unknown tool `{name}`")
        missing = sorted(self._tools[name] - set(stated))
        if missing:
            return self._refused(name, stated, f"`{name}`: " + "; ".join(f"`{each}` is missing" for each in missing), unread=True)
        return Attempt(id=self._id(), name=name, stated=stated, arguments={key: value for key, value in stated.items() if key in self._tools[name]})

    def _malformed(self, text: str) -> Attempt:
        return self._refused(MALFORMED, {"text": _clean(text)}, "malformed call", unread=True)

    def _refused(self, name: str, stated: dict[str, Json], why: str, *, unread: bool = False) -> Attempt:
        return Attempt(id=self._id(), name=name, stated=stated, arguments=stated, refused=True, unread=unread, result={"error": why})

    def _id(self) -> str:
        self._calls += 1
        return f"call_{self._calls}"


def _ends(attempt: Attempt) -> bool:
    return not attempt.unread and not (attempt.failed and attempt.name == FINISH) and ends(attempt.name, attempt.arguments)


def _clean(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
