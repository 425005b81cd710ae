"""A row in the one form that it is looked at in, whichever it is written in. Each part knows its JSON pointer in the line."""

from __future__ import annotations

from dataclasses import dataclass, field

from magnetc.ir.json import Json, wire


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a part of a row: a code of `KINDS`, and the pointer at which it stands."""

    code: str
    message: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call. `arguments` are None where they are no JSON object; `text` has them as they are written, compact where they are an object."""

    name: str
    arguments: dict[str, Json] | None
    text: str
    id: str | None = None
    at: str = ""
    at_arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message. `weight` 0 says that it is context and not trained."""

    role: str
    content: str
    calls: tuple[Called, ...] = ()
    call_id: str | None = None
    name: str | None = None
    weight: float | None = None
    credit: float | None = None
    at: str = ""

    def document(self) -> dict[str, Json]:
        """As TRL has it."""
        made: dict[str, Json] = {"role": self.role, "content": self.content}
        if self.calls:
            made["tool_calls"] = [{**({} if call.id is None else {"id": call.id}), "type": "function",
                                   "function": {"name": call.name, "arguments": call.text}} for call in self.calls]
        others = {"tool_call_id": self.call_id, "name": self.name, "weight": self.weight, "credit": self.credit}
        return made | {key: value for key, value in others.items() if value is not None}

    def same(self, other: Said) -> bool:
        """Whether both say the same, ids aside."""
        return (self.role, self.content, _calls(self)) == (other.role, other.content, _calls(other))


def _calls(message: Said) -> list[tuple[str, Json]]:
    return [(call.name, call.text if call.arguments is None else call.arguments) for call in message.calls]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A tool of a row: its JSON Schema of parameters, None where it says nothing of them, and its document as text."""

    name: str
    parameters: Json
    text: str
    document: Json = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A conversation (`prompt` and `chosen` are its messages) or a pair, whose `rejected` side is none of a conversation.

    `tools` is None where a row does not say what is offered; `has_ids`: calls are told apart by ids, and not by their order alone.
    """

    id: str
    prompt: tuple[Said, ...]
    chosen: tuple[Said, ...]
    rejected: tuple[Said, ...] | None
    tools: tuple[Offered, ...] | None
    extras: dict[str, Json] = field(default_factory=dict)
    original: dict[str, Json] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[Said, ...]:
        return (*self.prompt, *self.chosen)

    def document(self) -> dict[str, Json]:
        """As TRL has it, and as the report counts it."""
        tools = {} if self.tools is None else {"tools": [tool.document for tool in self.tools]}
        if self.rejected is None:
            return {**self.extras, "messages": [said.document() for said in self.messages], **tools}
        sides = {"prompt": self.prompt, "chosen": self.chosen, "rejected": self.rejected}
        return {**self.extras, **{name: [said.document() for said in side] for name, side in sides.items()}, **tools}


def as_text(value: Json) -> str:
    """A value that may be text or JSON, as text."""
    return value if isinstance(value, str) else "" if value is None else wire(value)
