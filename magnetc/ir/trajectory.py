"""Trajectory: a finished conversation with its evidence, before it is cut into rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from magnetc.ir.json import Json
from magnetc.ir.script import Script


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text of a message."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """Text that says a value.

    In user words: the argument leaf at `pointer` of `call`. In a reply: the place in that call's result, or after `#` in
    its arguments. In the system message: the place in what is shown, with an empty `call`. `superseded`: the user takes the
    value back in the same message, or in this one a value that was acted on, and the leaf has another.
    """

    text: str
    call: str = ""
    pointer: str = ""
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """Text that points at an earlier result without its value; its own slots are values."""

    parts: tuple[Words | Value, ...]
    call: str = ""
    pointer: str = ""


MessagePart = Words | Value | Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """An executed call: `id` as on the wire, `source` the id of the path's Call, arguments in schema order.

    The `source` of a slip is its call's with a mark behind it: no argument of the path is its own."""

    id: str
    source: str
    name: str
    arguments: Mapping[str, Json]
    result: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """role: system, user, assistant. An assistant message has parts or calls; results follow its calls, in order.

    `purpose` of an assistant message: calls, reply, clarification, refusal: what the recipe's `loss` weighs; answer: words in
    place of calls that are not needed, weighed as refusals are; or slip, which is never trained. `reasoning`: what it thought before.
    """

    role: str
    turn: int
    parts: tuple[MessagePart, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    purpose: str = ""
    reasoning: str = ""

    @property
    def text(self) -> str:
        return "".join(text_of(part) for part in self.parts)


def text_of(part: MessagePart) -> str:
    match part:
        case Reference(parts):
            return "".join(inner.text for inner in parts)
        case _:
            return part.text


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldRef:
    """The world a trajectory ran in: digest of its initial state, seed, now, and the replay level."""

    initial: str
    seed: int
    now: str
    replay: str = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """`evidence[wire call id][argument pointer]` is the certificate's entry for that leaf, `slips[wire call id]` the one for
    a call that the agent gets wrong, `denied[wire call id]` for one that the world refuses though it is right, and
    `abstentions[turn]` that for a no_tool turn (see docs/certificates.md)."""

    script: Script
    world: WorldRef
    messages: tuple[Message, ...]
    evidence: Mapping[str, Mapping[str, Mapping[str, Json]]]
    slips: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    denied: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    abstentions: Mapping[int, Mapping[str, Json]] = field(default_factory=dict)

    def tool_calls(self) -> list[ToolCall]:
        return [call for message in self.messages for call in message.calls]
