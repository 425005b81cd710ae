"""One entry of BFCL while a model is in it: what it is shown, and what its messages become in a file of results. Pure: nothing is executed here.

The steps are those of the package's handlers of function-calling models. A turn ends with a message that calls nothing, or whose call cannot
be read. Of several calls that a server states, one that cannot be read leaves none, as `OpenAICompletionsHandler` has it; in a text of a
checkpoint the others stand, as `QwenFCHandler` has it. A model that calls more often than the package allows is forced to quit, and its result
has fewer turns than the entry.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.eval.bfcl.entries import Entry
from magnetc.ir.json import Json
from magnetc.models.dialects import DIALECTS

_MARKS = ("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>")

Step = list[list[Json]]
"""Calls of one message, each [name, arguments as JSON]."""


class Dialogue:
    """Over when `over`; then `line` is the entry's line of the file of results.

    `steps` has the calls that were executed, or are to be, message by message; `messages` counts what the model has said.
    """

    def __init__(self, entry: Entry, limit: int, restored: str):
        self.entry, self._limit, self._restored = entry, limit, restored
        self.steps: list[Step] = []
        self.over, self.forced, self.messages = False, False, 0
        self._history: list[dict[str, Any]] = []
        self._turns: list[list[Json]] = []
        self._open: list[tuple[str, str]] = []
        self._malformed: list[str] = []
        self._unread: list[str] = []
        self._empty = 0
        self._said: list[Json] = []
        self._calls = 0
        self._begin_turn()

    def request(self) -> Request:
        return Request(messages=list(self._history), tools=self.entry.offered(len(self._turns) - 1))

    def take(self, action: Action) -> bool:
        """Add the model's message. True where its calls, the last of `steps`, are to be executed for `finish`."""
        self.messages += 1
        self._note(action)
        made = [[_clean(name), _stated(arguments)] for name, arguments in action.calls] if action.text or not action.malformed else []
        content = _clean("\n".join(filter(None, (action.content, "" if made else action.malformed))))
        self._turns[-1].append([{name: arguments} for name, arguments in made] or content)
        said: dict[str, Any] = {"role": "assistant", "content": content}
        if action.reasoning:
            said["reasoning_content"] = _clean(action.reasoning)
        if not made or not self.entry.is_executed:
            self._history.append(said)
            self._end_turn()
            return False
        self._open = []
        for name, _ in made:
            self._calls += 1
            self._open.append((f"call_{self._calls}", name))
        said["tool_calls"] = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                              for (id, _), (name, arguments) in zip(self._open, made)]
        self._history.append(said)
        self.steps.append(made)
        return True

    def finish(self, results: Sequence[str] | None) -> None:
        """Add the results of the calls of the last `take`; None where they are not known: the model is forced to quit."""
        if results is None:
            self.over = self.forced = True
            if len(self._turns) == len(self.entry.turns):
                self._turns.pop()   # with as many turns as the entry, the package would execute them again
            return
        self._history += [{"role": "tool", "tool_call_id": id, "name": name, "content": result}
                          for (id, name), result in zip(self._open, results, strict=True)]
        if len(self._turns[-1]) > self._limit:
            self.over = self.forced = True

    @property
    def line(self) -> dict[str, Json]:
        """As the package writes it; `magnetc` has what it does not ask for: the texts of calls that could not be read, those that stand in
        words, each text of a checkpoint with the calls that were read in it, and how many messages say nothing at all."""
        result = self._turns if self.entry.is_executed else self._turns[0][0]
        return {"id": self.entry.id, "result": result, "inference_log": self._history,
                "magnetc": {"malformed": self._malformed, "unread": self._unread, "said": self._said, "messages": self.messages, "empty": self._empty,
                            "forced": self.forced}}

    def _note(self, action: Action) -> None:
        if not (action.text or action.content or action.calls or action.malformed or action.reasoning):
            self._empty += 1
        if action.malformed:
            self._malformed.append(_clean(action.malformed))
        if action.text:
            self._said.append([_clean(action.text), [[_clean(name), _stated(arguments)] for name, arguments in action.calls]])
        elif not action.calls and not action.malformed and has_calls(action.content):
            self._unread.append(_clean(action.content))

    def _begin_turn(self) -> None:
        number = len(self._turns)
        said = self.entry.turns[number]
        if number in self.entry.withheld and not said:
            said = ({"role": "user", "content": self._restored},)
        self._history += said
        self._turns.append([])

    def _end_turn(self) -> None:
        if not self.entry.is_executed or len(self._turns) == len(self.entry.turns):
            self.over = True
        else:
            self._begin_turn()


def has_calls(words: str) -> bool:
    """Whether a server has left a call in the words of a message: any of the dialects that we read states one there."""
    return any(mark in words for mark in _MARKS) or any(dialect.parse(words).calls for dialect in DIALECTS)


def _stated(arguments: dict[str, Json]) -> str:
    return _clean(json.dumps(arguments, ensure_ascii=False))


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: JSON escapes can state halves of characters."""
    return text.encode("utf-8", "replace").decode()
