"""Script: what a translator fills, turn by turn. Words are not written yet, outputs are typed holes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from magnetc.ir.path import ATTEMPT, Abstention, Call, OutputSource, SignaturePath, Turn, TurnKind
from magnetc.ir.presentation import PLAIN, Presentation


class SystemKind(StrEnum):
    """How the system message reads. none: there is none; plain: the date and the user's data, as the recipe shows them;
    paraphrased: those inside other words; policy: with rules beside."""

    NONE = "none"
    PLAIN = "plain"
    PARAPHRASED = "paraphrased"
    POLICY = "policy"


CLUTTER = ("state", "results")
"""What a conversation's world may have more of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One thing the user wants: the call asked for, then the implicit helpers of its chain."""

    calls: tuple[Call, ...]

    @property
    def chain(self) -> tuple[str, ...]:
        return tuple(call.function for call in self.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A value not known yet: argument `pointer` of call `call` waits for `output` of call `producer`, of entity `type`."""

    call: str
    pointer: str
    producer: str
    output: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTurn:
    """`rounds`: one round is one assistant message of calls. `goals`: what the words must say, in order.

    `withheld` and `answers`: for a miss_params turn the leaves left out of its words, and for the turn after it the
    leaves that its words supply. `announces`: tools that become available with this turn (after miss_func). `abstains`: of a
    no_tool turn, why; `withheld` are then the tools that are nowhere offered.
    """

    key: str
    kind: TurnKind
    goals: tuple[Goal, ...]
    rounds: tuple[tuple[Call, ...], ...]
    holes: tuple[Hole, ...] = ()
    operations: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    announces: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    corrects: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    abstains: Abstention | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`offered[i]` is the tool names offered in turn i; where it changes, rows are divided. `shown`: how rows show tools.
    `clutter`: what its world has more of, of CLUTTER."""

    path: SignaturePath
    turns: tuple[ScriptTurn, ...]
    offered: tuple[tuple[str, ...], ...]
    shown: Presentation = PLAIN
    system: SystemKind = SystemKind.PLAIN
    clutter: tuple[str, ...] = ()

    def without_inserted(self, index: int) -> Script | None:
        """The script without turn `index`, if Insert made that turn and nothing hangs on it; else None.

        Its tool is offered as before: another one that is not called.
        """
        turn = self.turns[index]
        made = any(operation.startswith("insert.long") for operation in turn.operations)
        own = {call.id for goal in turn.goals for call in goal.calls}
        later = [call for other in self.turns[index + 1 :] for goal in other.goals for call in goal.calls]
        used = any(isinstance(a.source, OutputSource) and a.source.call in own for call in later for a in call.arguments)
        if not made or used or not turn.kind.acts or turn.answers or turn.announces:
            return None
        path = self.path.with_turns(self.path.turns[:index] + self.path.turns[index + 1 :])
        return replace(self, path=path, turns=self.turns[:index] + self.turns[index + 1 :],
                       offered=self.offered[:index] + self.offered[index + 1 :])

    def with_turn(self, index: int, turn: ScriptTurn) -> Script:
        """The script with another turn `index`."""
        return replace(self, turns=(*self.turns[:index], turn, *self.turns[index + 1 :]))

    def amending(self, index: int) -> int | None:
        """Which turn amends what turn `index` calls, or would call if it could; None where none does."""
        own = {call.id for goal in self.turns[index].goals for call in goal.calls}
        return next((i for i, turn in enumerate(self.turns) if i > index and turn.amends and turn.amends[0] in own), None)

    def is_refused(self, index: int) -> bool:
        """Whether the world refuses what turn `index` calls, and the user then gives another value."""
        at = self.amending(index)
        return at is not None and self.turns[at].kind is TurnKind.RECOVER and self.turns[index].kind.acts

    def unchanged(self, index: int, operation: str) -> Script:
        """The script with turn `index` as it was before `operation`: no slip of the agent's, no correction of the user's."""
        path, turns = list(self.path.turns), list(self.turns)
        path[index], turns[index] = _unchanged(path[index], operation), _unchanged(turns[index], operation)
        return replace(self, path=self.path.with_turns(tuple(path)), turns=tuple(turns))


    def unamended(self, at: int) -> Script:
        """The script without turn `at`, which amends a call of the turn before: that call is made as it was meant to be."""
        original = _Original(self.path.turns[at], next(c for t in self.path.turns for c in t.calls if c.id == self.turns[at].amends[0]))
        path = tuple(original.turn(turn) for turn in self.path.turns if turn.key != original.amended.key)
        turns = tuple(original.script_turn(turn) for turn in self.turns if turn.key != original.amended.key)
        return replace(self, path=self.path.with_turns(path), turns=turns, offered=self.offered[:at] + self.offered[at + 1 :])


@dataclass(frozen=True, slots=True)
class _Original:
    """Puts the call back whose place `attempt` has taken, which `amended` makes anew."""

    amended: Turn
    attempt: Call

    def turn(self, turn: Turn) -> Turn:
        says = tuple(map(self._call, turn.says))
        return replace(turn, calls=tuple(map(self._call, turn.calls)), says=says, operations=self._operations(turn.operations),
                       withheld=tuple(map(self._leaf, turn.withheld)), abstains=self._why(turn.abstains))

    def script_turn(self, turn: ScriptTurn) -> ScriptTurn:
        goals = tuple(Goal(calls=tuple(map(self._call, goal.calls))) for goal in turn.goals)
        rounds = tuple(tuple(map(self._call, round_)) for round_ in turn.rounds)
        holes = tuple(replace(hole, call=self._name) if hole.call == self.attempt.id else hole for hole in turn.holes)
        return replace(turn, goals=goals, rounds=rounds, holes=holes, operations=self._operations(turn.operations),
                       withheld=tuple(map(self._leaf, turn.withheld)), answers=tuple(map(self._leaf, turn.answers)),
                       abstains=self._why(turn.abstains))

    def _why(self, why: Abstention | None) -> Abstention | None:
        return replace(why, at=self.amended.key.removesuffix(ATTEMPT)) if why and why.at == self.amended.key else why

    @property
    def _name(self) -> str:
        return self.amended.amends[1].partition("/")[0]

    def _call(self, call: Call) -> Call:
        own = call.id in (self.attempt.id, self._name)
        return replace(self.attempt, id=self._name, goal=self._name) if own else call

    def _leaf(self, name: str) -> str:
        call, mark, rest = name.partition("/")
        return self._name + mark + rest if call == self.attempt.id else name

    def _operations(self, made: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(operation for operation in made if operation not in self.amended.operations)


_AnyTurn = TypeVar("_AnyTurn", Turn, ScriptTurn)


def _unchanged(turn: _AnyTurn, operation: str) -> _AnyTurn:
    kept = tuple(made for made in turn.operations if not made.startswith(f"{operation}@"))
    return replace(turn, kind=TurnKind.NORMAL if turn.kind.acts else turn.kind, operations=kept, slips=(), corrects=())
