"""What each turn of a play came to: what it needed, what the agent did first, and whether it ends where the row's turn does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from magnetc.agent.conversation import PlayedTurn
from magnetc.agent.reference import Need
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent

_MARKS = ("?", "？", "؟", "⁇")
"""What questions end with."""

_QUESTIONS: Mapping[str, tuple[str, ...]] = {"ja": ("か", "か。"), "el": (";", "\u037e"), "hy": ("՞",)}
"""By language, how else they end."""

_BEHIND = " \t\r\n\"'”’»）)]*_`"
"""What may stand behind a question's end."""


class Did(StrEnum):
    """What an agent did before it first had the user speak again: made a call or tried to, asked a question, or said something else."""

    ACTED = "acted"
    ASKED = "asked"
    SAID = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnVerdict:
    """Of one turn. `success`: it was answered, and all that was done so far comes to what the row's calls so far come to; where it does not,
    `state` says whether the observable state is the same, and `results` whether all results of the row's calls are known.

    `reference_calls` are the row's, of which `recalled` were made at some time.
    """

    number: int
    needs: Need
    did: Did
    distance: str
    success: bool
    answered: bool
    state: bool
    results: bool
    reference_calls: int
    recalled: int

    def document(self) -> dict[str, Json]:
        return {"turn": self.number, "needs": str(self.needs), "did": str(self.did), "distance": self.distance, "success": self.success,
                "answered": self.answered, "state": self.state, "results": self.results, "reference_calls": self.reference_calls,
                "recalled": self.recalled}


def did(turn: PlayedTurn, locale: str) -> Did:
    """What the agent did first."""
    last = ""
    for message in turn.messages[1:]:
        if message.get("tool_calls"):
            return Did.ACTED
        if message["role"] == "assistant":
            last = message["content"]
            break
    return Did.ASKED if is_question(last, locale) else Did.SAID


def is_question(text: str, locale: str) -> bool:
    """Whether a text ends with a question, as the language writes them. One that asks without a mark does not count where marks are usual."""
    end = text.rstrip(_BEHIND)
    return end.endswith((*_MARKS, *_QUESTIONS.get(locale.partition("_")[0], ())))


def ends_alike(turn: PlayedTurn, reference: Sequence[Made], made: Sequence[Made], spec: Spec, existing: frozenset[str]) -> tuple[bool, bool, bool]:
    """Whether calls so far come to the same as the row's, and apart from each other whether the states and the results do."""
    if turn.observed is None:
        return False, False, _results(reference, made, spec, existing)
    wanted, had = Execution(reference, turn.reference_observed), Execution(made, turn.observed)
    if equivalent(wanted, had, spec, existing):
        return True, True, True
    stated = Execution([replace(call, required=False) for call in reference], turn.reference_observed)
    return False, equivalent(stated, had, spec, existing), _results(reference, made, spec, existing)


def _results(reference: Sequence[Made], made: Sequence[Made], spec: Spec, existing: frozenset[str]) -> bool:
    return equivalent(Execution(reference, None), Execution(made, None), spec, existing)


def spoken(call: Made, spec: Spec) -> Made:
    """The call without arguments that say their default: they may be left out."""
    tool = spec.tool.get(call.function)
    defaults = {p.name: p.default for p in tool.parameters if p.default is not None} if tool else {}
    return replace(call, arguments={name: value for name, value in call.arguments.items()
                                    if name not in defaults or defaults[name] != value})
