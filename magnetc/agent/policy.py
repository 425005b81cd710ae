"""What acts: a policy is shown conversations and says or calls something in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from magnetc.ir.json import Json, canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A conversation that waits for the agent: `messages` in the form of the rows, `tools` the offered tools as JSON text.

    `sample` tells apart what is played several times on purpose.
    """

    messages: list[dict[str, Any]]
    tools: str
    sample: int = 0

    def seed(self) -> int:
        """A number of this request's own, for a policy that draws: a digest of all that it asks."""
        said = canonical([self.messages, self.tools, self.sample]).encode("utf-8", "surrogatepass")
        return int.from_bytes(sha256(said).digest()[:8], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The agent's next message: words, calls as (name, arguments), the text of a call that could not be read, and what it thought aloud.

    `text` is all of it as the model wrote it, where that is known: behind an endpoint it is not.
    """

    content: str = ""
    calls: tuple[tuple[str, dict[str, Json]], ...] = ()
    malformed: str = ""
    reasoning: str = ""
    text: str = field(default="", compare=False)


class Policy(Protocol):
    """Anything that acts. One that is not a model (a script, a server's client) needs no more than this."""

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        """One action for each request, in order. Conversations know nothing of each other."""
        ...
