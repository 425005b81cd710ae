"""The protocol that every teacher speaks. One turn at a time; the world runs between proposals and replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from magnetc.ir.json import Json
from magnetc.ir.path import Call
from magnetc.ir.script import Script, ScriptTurn
from magnetc.ir.trajectory import MessagePart
from magnetc.teachers.acted import Acted, Did
from magnetc.teachers.conversation import Bindings, Conversation, Executed, Proposal
from magnetc.teachers.rehearsal import MadeCall, Rehearsal

OF_THE_TEACHER = "no words of the teacher: "
"""How a reason begins that is a model's doing."""


class Wordless(Exception):
    """A teacher has no words for a turn, or none that say what they have to. `reason` is short and stable: it is counted."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Teacher(Protocol):
    """Writes words for a script. It never runs a tool and never sees a result that the agent has not seen.

    What takes time raises Wordless where no words can be had.
    """

    def system(self, conversation: Conversation) -> tuple[MessagePart, ...]:
        """The system message."""
        ...

    def propose(self, turn: ScriptTurn, conversation: Conversation) -> Iterator[Proposal]:
        """Plain words and bindings for the user's turn, most wanted first; the first that executes is kept."""
        ...

    def others(self, call: Call, pointer: str, bindings: Bindings, conversation: Conversation) -> Iterator[Json]:
        """Values that the user might have given for a leaf of `call` in place of the one it is bound to, most wanted first."""
        ...

    async def say(self, turn: ScriptTurn, proposal: Proposal, rehearsal: Rehearsal, conversation: Conversation) -> tuple[MessagePart, ...]:
        """The user's words for a proposal that executes. `rehearsal` is what the words are held against, not what they tell."""
        ...

    async def reply(self, turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> tuple[MessagePart, ...]:
        """The agent's words after the calls of a turn."""
        ...

    async def without_calls(self, turn: ScriptTurn, conversation: Conversation) -> tuple[MessagePart, ...] | None:
        """The agent's question (miss_params), refusal (miss_func) or what it says where nothing is to be called (no_tool).
        None when it cannot be said in this locale."""
        ...

    async def act(self, script: Script, index: int, executed: dict[str, Executed], rehearsal: Rehearsal, conversation: Conversation) -> Acted:
        """What the agent does in turn `index`, whose calls have been `executed` ahead of it; `rehearsal` executes others in their place. Only a recipe whose
        `positives` are so asks for it."""
        ...

    async def mislead(self, script: Script, index: int, told: Sequence[Mapping[str, Json]], hint: Sequence[MadeCall], executed: Sequence[Executed],
                      conversation: Conversation) -> Did:
        """What a model does next in turn `index`, all of `told` seen, under a `hint` that leads astray. Its words may tell of what it has `executed`.
        Only a recipe whose `negatives` are so asks for it."""
        ...
