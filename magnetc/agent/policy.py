"""What acts: a policy is shown conversations and says or calls something in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from magnetc.ir.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A conversation that waits for the agent: `messages` in the form of the rows, `tools` the offered tools as JSON text."""

    messages: list[dict[str, Any]]
    tools: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The agent's next message: words, calls as (name, arguments), and the text of a call that could not be read."""

    content: str = ""
    calls: tuple[tuple[str, dict[str, Json]], ...] = ()
    malformed: str = ""


class Policy(Protocol):
    """Anything that acts. One that is not a model (a script, a server's client) needs no more than this."""

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        """One action for each request, in order. Conversations know nothing of each other."""
        ...
