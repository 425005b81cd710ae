"""What a policy's play is worth, beside what the row does: success by equivalence, calls recalled, questions asked rightly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from magnetc.agent.play import Played
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent, matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one conversation; counts are over its played turns.

    `success`: the policy answered in each turn, and by its end had done what the row had. `recalled`: how many of the
    `reference_calls` it made, minted values aside. `made` counts its calls, those that were refused as well; `malformed`
    those that could not be read, beside them. `asks`: turns in which the row makes no call, because something is missing;
    `asked_rightly`: those in which the policy made none either. `exhausted`: turns without an answer.
    """

    row: str
    path: str
    operations: tuple[str, ...]
    turns: int
    success: bool
    reference_calls: int
    recalled: int
    made: int
    malformed: int
    asks: int
    asked_rightly: int
    exhausted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over conversations. A rate is None where there is nothing that it is a rate of."""

    conversations: int = 0
    successes: int = 0
    turns: int = 0
    reference_calls: int = 0
    recalled: int = 0
    made: int = 0
    malformed: int = 0
    asks: int = 0
    asked_rightly: int = 0
    exhausted: int = 0

    @property
    def success_rate(self) -> float | None:
        return _rate(self.successes, self.conversations)

    @property
    def call_recall(self) -> float | None:
        return _rate(self.recalled, self.reference_calls)

    @property
    def call_precision(self) -> float | None:
        return _rate(self.recalled, self.made)

    @property
    def asked_rate(self) -> float | None:
        return _rate(self.asked_rightly, self.asks)

    def plus(self, score: Score) -> Tally:
        sums = {f.name: getattr(self, f.name) + getattr(score, f.name) for f in fields(Tally) if hasattr(score, f.name)}
        return replace(self, conversations=self.conversations + 1, successes=self.successes + score.success, **sums)

    def document(self) -> dict[str, Json]:
        """Counts and rates as JSON, for a log."""
        rates = ("success_rate", "call_recall", "call_precision", "asked_rate")
        return {f.name: getattr(self, f.name) for f in fields(self)} | {name: getattr(self, name) for name in rates}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`total`, and the same by path and by operation (`merge`, `insert.long`, …; `none`); a conversation may have several."""

    total: Tally
    paths: Mapping[str, Tally]
    operations: Mapping[str, Tally]

    def document(self) -> dict[str, Json]:
        """As JSON, for a log."""
        return {"total": self.total.document(),
                "paths": {name: tally.document() for name, tally in self.paths.items()},
                "operations": {name: tally.document() for name, tally in self.operations.items()}}


def score(played: Played, spec: Spec) -> Score:
    """Compare what was played with what the row does."""
    turns = played.turns
    reference = [_spoken(call, spec) for turn in turns for call in turn.reference]
    attempts = [attempt for turn in turns for attempt in turn.attempts]
    made = [_spoken(Made(a.function, a.arguments, a.result), spec) for a in attempts if not a.refused]
    before = [_spoken(call, spec) for call in played.before]
    pairs = matched([*before, *reference], [*before, *made], spec, played.existing)
    silent = [turn for turn in turns if not turn.reference]
    return Score(
        row=played.row, path=str(played.tags.get("path", "")), operations=_operations(played.tags), turns=len(turns),
        success=_succeeds(played, spec), reference_calls=len(reference),
        recalled=sum(index >= len(before) and position >= len(before) for index, position in pairs), made=len(attempts),
        malformed=sum(turn.malformed for turn in turns), asks=len(silent),
        asked_rightly=sum(not turn.attempts and not turn.malformed for turn in silent),
        exhausted=sum(turn.exhausted for turn in turns))


def summarize(scores: Iterable[Score]) -> Summary:
    """Sums over conversations. One in which no turn was played counts nowhere."""
    total, paths, operations = Tally(), {}, {}
    for one in scores:
        if not one.turns:
            continue
        total = total.plus(one)
        paths[one.path] = paths.get(one.path, Tally()).plus(one)
        for operation in one.operations:
            operations[operation] = operations.get(operation, Tally()).plus(one)
    return Summary(total=total, paths=dict(sorted(paths.items())), operations=dict(sorted(operations.items())))


def _succeeds(played: Played, spec: Spec) -> bool:
    """Whether each turn was answered and ends where the row's does, all results of the row's calls known by then."""
    reference, made = list(played.before), list(played.before)
    for turn in played.turns:
        reference += turn.reference
        made += turn.made
        if turn.exhausted or turn.observed is None:
            return False
        if not equivalent(Execution(tuple(reference), turn.reference_observed), Execution(tuple(made), turn.observed), spec,
                          played.existing):
            return False
    return True


def _spoken(call: Made, spec: Spec) -> Made:
    """The call without arguments that say their default: they may be left out."""
    tool = spec.tool.get(call.function)
    defaults = {p.name: p.default for p in tool.parameters if p.default is not None} if tool else {}
    return replace(call, arguments={name: value for name, value in call.arguments.items()
                                    if name not in defaults or defaults[name] != value})


def _operations(tags: Mapping[str, Json]) -> tuple[str, ...]:
    """The names of the operations that made a conversation, each once."""
    return tuple(dict.fromkeys(str(name).partition("@")[0] for name in tags.get("operations") or ())) or ("none",)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
