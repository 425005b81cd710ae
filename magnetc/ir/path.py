"""SignaturePath: turns of calls, before any value exists (Magnet §3.2, function signature path)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class TurnKind(StrEnum):
    """normal: the calls are made. miss_func, miss_params: nothing can be called yet; the agent declines or asks.

    correct: the calls are made, and the user changed their mind about a value. recover: the calls are made, and something is
    refused on the way: a slip of the agent's, or what the user asked for in the turn before. no_tool: nothing is to be called at all (`Abstention`).
    """

    NORMAL = "normal"
    CORRECT = "correct"
    RECOVER = "recover"
    MISS_FUNC = "miss_func"
    MISS_PARAMS = "miss_params"
    NO_TOOL = "no_tool"

    @property
    def acts(self) -> bool:
        """Whether the agent makes the turn's calls in it."""
        return self not in (TurnKind.MISS_FUNC, TurnKind.MISS_PARAMS, TurnKind.NO_TOOL)


class AbstentionKind(StrEnum):
    """Why nothing is called. near: the tool is not offered, one that is easily taken for it is. none: neither is.
    chitchat: nothing is asked for. context: the answer is known. value: the user gives a value that cannot be."""

    NEAR = "near"
    NONE = "none"
    CHITCHAT = "chitchat"
    CONTEXT = "context"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """What a no_tool turn is about. `at` is the place written `call/pointer` (value) or the key of the turn whose question is
    asked again (context); `value` the impossible one, as JSON text (value)."""

    kind: AbstentionKind
    at: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class UserSource:
    """The user says it, in the turn with this key (a long dependency when that turn is an earlier one)."""

    turn: str


@dataclass(frozen=True, slots=True)
class SystemSource:
    """The system message shows it, at this pointer."""

    pointer: str


@dataclass(frozen=True, slots=True)
class OutputSource:
    """An earlier call's result holds it, at this pointer pattern; `*` is fixed to an item in translation."""

    call: str
    pointer: str


@dataclass(frozen=True, slots=True)
class DefaultSource:
    """The argument is left out of the call."""


ArgumentSource = UserSource | SystemSource | OutputSource | DefaultSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument leaf: `pointer` into the call's arguments (`/date`), and where its value comes from."""

    pointer: str
    source: ArgumentSource

    @property
    def parameter(self) -> str:
        return self.pointer.split("/", 2)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to be made. `id` is stable over operations and copies (`c0`, `c1`, ...). `goal` is the id of the call the
    user asks for: its own, or for an implicit helper (Insert, short) that of the head of its chain."""

    id: str
    function: str
    goal: str
    arguments: tuple[Argument, ...] = ()


ATTEMPT = "~"
"""Stands behind the id of a call that is made in another's place and comes to nothing, and the key of the turn that amends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One user turn. `key` is stable over copies: draws, words and values of a turn hang on it.

    `operations` are the operations that made it, with the key of the turn they applied to (`merge@t1`).
    `withheld`: parameter pointers as `call/pointer` (miss_params) or tool names (miss_func, no_tool) that are missing here.
    `says`: calls whose goals this turn's words are about, when they differ from `calls` (a Split turn and its answer).
    `corrects`: leaves as `call/pointer` for which the words first say another value, and take it back (correct).
    `slips`: calls that the agent first gets wrong, one for each wrong call that it makes (recover).
    `amends`: a call of the turn before that came to nothing, and the leaf as `call/pointer` that is given anew (correct, recover).
    `abstains`: of a no_tool turn, why.
    """

    key: str
    kind: TurnKind = TurnKind.NORMAL
    calls: tuple[Call, ...] = ()
    operations: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    says: tuple[Call, ...] = ()
    slips: tuple[str, ...] = ()
    corrects: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    abstains: Abstention | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePath:
    """`id` is `path-ordinal` and for a copy `path-ordinal.operation`; `base` the id of the path it is a copy of, or its own.
    `attempt` counts redraws after a rejection. `cut`: the tools that the base calls where this copy has stopped, which are
    offered as they are there; `offers`: tools that are offered whatever is drawn; `twins`: keys of the base's turns that a copy
    declines to serve, in the same words, so that nothing that users say in them may change."""

    id: str
    base: str
    name: str
    locale: str
    variant: int
    turns: tuple[Turn, ...]
    attempt: int = 0
    cut: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()

    @property
    def ordinal(self) -> int:
        """The number of the unit among those of its path spec."""
        return int(self.base.rpartition("-")[2])

    def calls(self) -> Iterator[Call]:
        for turn in self.turns:
            yield from turn.calls

    def functions(self) -> list[str]:
        """Tool names in call order: what constraints are checked on."""
        return [call.function for call in self.calls()]

    def flows(self) -> Iterator[tuple[str, str]]:
        """The tools between which a value flows: producer and consumer, once for each value."""
        functions = {call.id: call.function for call in self.calls()}
        for call in self.calls():
            for argument in call.arguments:
                if isinstance(argument.source, OutputSource):
                    yield functions[argument.source.call], call.function

    def with_turns(self, turns: tuple[Turn, ...]) -> SignaturePath:
        return replace(self, turns=turns)
