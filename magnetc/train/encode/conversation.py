"""One conversation under a chat template: what the model sees before each agent's message, and what it has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magnetc.models.chat import Chat, unusable


class Conversation:
    """Messages of a row, prepared for a template; a position `j` is one of the prepared messages.

    At inference the model is given `prompt(j)`, the encoded conversation before message `j` with the generation prompt, and
    says `said(j)`: what rendering message `j` too adds, up to the end of turn. Both are rendered apart from any other
    message, so a longer sequence may train message `j` only where its tokens are just these (`holds`).
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]], tools: str, chat: Chat):
        chat.check_header()
        prepared = chat.prepare(messages)
        self.messages = prepared.messages
        self.origins = prepared.origins
        self.turns = _turns(prepared.messages)
        self.agent = [j for j, message in enumerate(self.messages) if message["role"] == "assistant"]
        self._chat = chat
        self._tools = tools
        self._known: dict[int, tuple[list[int], list[int]]] = {}

    def prompt(self, position: int) -> list[int]:
        """Token ids before the agent's message, its header included."""
        return self._parts(position)[0]

    def said(self, position: int) -> list[int]:
        """Token ids of the agent's message, from after its header through its end-of-turn token."""
        return self._parts(position)[1]

    def sequence(self, position: int) -> list[int]:
        """Token ids of the conversation through the agent's message at `position`."""
        prompt, said = self._parts(position)
        return prompt + said

    def span(self, position: int) -> tuple[int, int]:
        """Where the agent's message is in a sequence for which it holds."""
        prompt, said = self._parts(position)
        return len(prompt), len(prompt) + len(said)

    def holds(self, sequence: Sequence[int], position: int) -> bool:
        """Whether `sequence` begins with what the model sees before the message, and goes on with what it says."""
        prompt, said = self._parts(position)
        end = len(prompt) + len(said)
        return sequence[len(prompt) : end] == said and sequence[: len(prompt)] == prompt

    def _parts(self, position: int) -> tuple[list[int], list[int]]:
        if position not in self._known:
            self._known[position] = self._proven(position)
        return self._known[position]

    def _proven(self, position: int) -> tuple[list[int], list[int]]:
        """Prompt and said ids of a message. Raises MagnetError MG713 where the template does not tell them apart."""
        before = self._chat.render_prepared(self.messages[:position], self._tools, generation=True)
        after = self._chat.render_prepared(self.messages[: position + 1], self._tools)
        if not after.startswith(before):
            raise unusable(
                "shows a conversation differently once the agent has answered",
                f"before the answer it ends: …{before[-80:]!r}",
                help="use a template that writes after the generation prompt what it writes in a finished conversation",
            )
        _check_said(self.messages[position], after[len(before) :])
        prompt, whole = self._chat.encode(before), self._chat.encode(after)
        rest = whole[len(prompt) :] if whole[: len(prompt)] == prompt else self._chat.encode(after[len(before) :])
        end = next((k for k, id in enumerate(rest) if id in self._chat.stops), None)
        if end is None:
            raise unusable(
                "does not end the agent's message with a token of its own",
                f"after the generation prompt it writes: {after[len(before) :][:80]!r}",
                help="use a template that ends each message with a token, such as <|im_end|>",
            )
        return prompt, rest[: end + 1]


def _check_said(message: Mapping[str, Any], added: str) -> None:
    """The text that a template adds for an agent's message has its words and calls."""
    words = message["content"].rpartition("</think>")[2].strip()
    names = [call["function"]["name"] for call in message.get("tool_calls", ())]
    missing = next((text for text in (words, *names) if text not in added), None)
    if missing is not None:
        raise unusable("leaves out what the agent says", f"missing is: {missing!r}", help="use another template")


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The user turn of each message, from 0; what stands before the first belongs to it."""
    turns, turn = [], -1
    for message in messages:
        turn += message["role"] == "user"
        turns.append(max(turn, 0))
    return turns
