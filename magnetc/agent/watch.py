"""Who watches a play: told how much there is to say before it begins, and as it is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from magnetc.agent.reference import Reference


class Watch(Protocol):
    """What is told how a play goes on."""

    def begin(self, messages: int, conversations: int, at_once: int) -> None:
        """The agent is about to say some `messages`, by what the rows' agent says, in so many `conversations`, `at_once` of them together."""
        ...

    def said(self, messages: int) -> None:
        """The agent has said so many messages more."""
        ...


class Unwatched:
    """Nobody watches."""

    def begin(self, messages: int, conversations: int, at_once: int) -> None:
        pass

    def said(self, messages: int) -> None:
        pass


def expected_messages(references: Iterable[Reference]) -> int:
    """How many messages the agent of the rows says in the turns that are played."""
    return sum(turn.messages for reference in references for turn in reference.played)
