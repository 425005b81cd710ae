"""The user of a conversation that is played: says the row's messages, and may answer the agent between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from magnetc.agent.reference import Reference
from magnetc.tools.worlds.equivalence import Made


class User(Protocol):
    """The user of one conversation."""

    def answer(self, turn: int, said: str, made: Sequence[Made]) -> str | None:
        """What the user says to the agent's words `said`, which end its messages for now; None to go on with the row's next message.

        Args:
            turn: The number of the row's user turn.
            made: The calls that reached the world so far, those before the first turn that is played among them.
        """
        ...


class Recorded:
    """Says the row's messages, whatever the agent says."""

    def answer(self, turn: int, said: str, made: Sequence[Made]) -> str | None:
        return None


Users = Callable[[Reference], User]
"""Makes the user of a row."""


def recorded(reference: Reference) -> User:
    """A user who says what the row's does."""
    return Recorded()
