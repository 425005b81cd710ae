"""Turn templates as trees: text, slots, [optional fragments], (alternatives), {#sections}.

Formal syntax: `grammar/template.lark`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from magnetc.source import Origin


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """`{name}` or `{name:case}`. A name is a parameter, `alias.parameter`, or in a reply a path into the result.

    The case selects a surface form that carries its own preposition: `{date:on}` is "on March 4" or "tomorrow".
    """

    name: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Optional:
    """`[...]`: kept when the turn can fill its slots, dropped otherwise."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`(a|b)`: one of the options, drawn."""

    options: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """`{#name}...{/name}`: in a reply, once per item of the list at `name`, joined as the locale joins a list."""

    name: str
    parts: tuple[Part, ...]


Part = Text | Slot | Optional | Choice | Section

Pick = Literal["", "only", "least", "most"]
"""Which item of a list words may name: `""` leaves it to their slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One way to say something in one locale.

    `mood` is `do` (a verb phrase that frames make a request), `say` (a full statement) or `ask` (a full question without
    its question mark) for turns, and empty elsewhere. `forms` is the same verb phrase inflected, for the frames that ask for
    it: `{phrase:te}`. `weight` is how likely it is among those that fit.
    """

    locale: str
    parts: tuple[Part, ...]
    text: str
    mood: str = ""
    forms: tuple[tuple[str, tuple[Part, ...]], ...] = ()
    weight: float = 1.0
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTemplate:
    """Phrases for a call, or for a chain: the first call is asked for, the later ones are implicit helpers, never named.

    `chain` is (tool, alias) pairs; the first alias is "" and its parameters are named bare in slots.
    """

    chain: tuple[tuple[str, str], ...]
    phrases: tuple[Phrase, ...]
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferTemplate:
    """How a user points at an earlier result of `type` without its value.

    `pick` is "" (the phrase's slots identify it, or it is the only one), "least", "most" (by the sibling field `by`) or
    "only" (the list has one item). Slots are sibling fields of the value in its result, else arguments of its call.
    """

    type: str
    phrases: tuple[Phrase, ...]
    pick: Pick = ""
    by: str = ""
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTemplate:
    """What the agent says after a chain of calls. Slots: results (dotted paths, `alias.` for helpers), then arguments."""

    chain: tuple[tuple[str, str], ...]
    phrases: tuple[Phrase, ...]
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTemplate:
    """The agent's question for a missing argument: of an entity type, or of one parameter (`tool.parameter`)."""

    of: str
    phrases: tuple[Phrase, ...]
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityTemplate:
    """A verb phrase for what a tool lets the agent do: "I can't {capability} with the tools I have here." """

    tool: str
    phrases: tuple[Phrase, ...]
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


def slots(parts: tuple[Part, ...], *, required_only: bool = False) -> Iterator[Slot]:
    """The slots of a template; `required_only` leaves out those inside optional fragments. Sections are not entered."""
    for part in parts:
        match part:
            case Slot():
                yield part
            case Optional(inner) if not required_only:
                yield from slots(inner)
            case Choice(options):
                for option in options:
                    yield from slots(option, required_only=required_only)
