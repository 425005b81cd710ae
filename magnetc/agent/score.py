"""What a policy's play is worth, beside what the row does: success by equivalence, calls recalled, questions asked rightly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace

from magnetc.agent.play import Played
from magnetc.agent.reference import DISTANCES, Need
from magnetc.agent.verdict import Did, TurnVerdict, did, ends_alike, spoken
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Made, matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one conversation; counts are over its played turns, whose `verdicts` say more.

    `success`: the policy answered in each turn, and by its end had done what the row had. Where it did not, `state` says whether the state was
    the row's at the end of each turn, and `results` whether all results of the row's calls were known by then.
    `recalled`: how many of the `reference_calls` it made, minted values aside. `made` counts its calls, those that were `refused` as well,
    as no call to execute; `malformed` those that could not be read, beside them. `exhausted`: turns without an answer.

    Of turns in which the row calls something (`acts`), the policy may have called nothing: `asked_needlessly`, or `refused_needlessly`. Of those
    in which it calls nothing (`silent`), the policy may have tried to: `acted_wrongly`. Of the silent ones, `asks` need a question
    because the user left something out, of which `asked_rightly` got one and no call; `declines` cannot be done, of which
    `declined_rightly` got no call.
    """

    row: str
    base: str
    path: str
    operations: tuple[str, ...]
    verdicts: tuple[TurnVerdict, ...]
    success: bool
    state: bool
    results: bool
    reference_calls: int
    recalled: int
    made: int
    refused: int
    malformed: int
    exhausted: int

    @property
    def turns(self) -> int:
        return len(self.verdicts)

    @property
    def turn_successes(self) -> int:
        return sum(turn.success for turn in self.verdicts)

    @property
    def acts(self) -> int:
        return self._count((Need.ACT,))

    @property
    def asked_needlessly(self) -> int:
        return self._count((Need.ACT,), (Did.ASKED,))

    @property
    def refused_needlessly(self) -> int:
        return self._count((Need.ACT,), (Did.SAID,))

    @property
    def silent(self) -> int:
        return self.turns - self.acts

    @property
    def acted_wrongly(self) -> int:
        return self._count(_SILENT, (Did.ACTED,))

    @property
    def asks(self) -> int:
        return self._count((Need.ASK,))

    @property
    def asked_rightly(self) -> int:
        return self._count((Need.ASK,), (Did.ASKED,))

    @property
    def declines(self) -> int:
        return self._count((Need.DECLINE,))

    @property
    def declined_rightly(self) -> int:
        return self._count((Need.DECLINE,), (Did.ASKED, Did.SAID))

    def _count(self, needs: Collection[Need], what: Collection[Did] = tuple(Did)) -> int:
        return sum(turn.needs in needs and turn.did in what for turn in self.verdicts)


_SILENT = tuple(need for need in Need if need is not Need.ACT)

RATES: Mapping[str, tuple[str, str]] = {
    "success_rate": ("successes", "conversations"), "turn_success_rate": ("turn_successes", "turns"), "call_recall": ("recalled", "reference_calls"),
    "call_precision": ("recalled", "made"), "asked_rate": ("asked_rightly", "asks"), "declined_rate": ("declined_rightly", "declines"),
    "asked_needlessly_rate": ("asked_needlessly", "acts"), "refused_needlessly_rate": ("refused_needlessly", "acts"),
    "acted_wrongly_rate": ("acted_wrongly", "silent"),
}
"""Each rate: the counts of a tally that it is a part and the whole of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over conversations. A rate is None where there is nothing that it is a rate of.

    Of conversations that fail, `other_state` and `missing_results` have how many do by each; both may be.
    """

    conversations: int = 0
    successes: int = 0
    other_state: int = 0
    missing_results: int = 0
    turns: int = 0
    turn_successes: int = 0
    reference_calls: int = 0
    recalled: int = 0
    made: int = 0
    refused: int = 0
    malformed: int = 0
    acts: int = 0
    asked_needlessly: int = 0
    refused_needlessly: int = 0
    silent: int = 0
    acted_wrongly: int = 0
    asks: int = 0
    asked_rightly: int = 0
    declines: int = 0
    declined_rightly: int = 0
    exhausted: int = 0

    @property
    def success_rate(self) -> float | None:
        return self.rate("success_rate")

    @property
    def turn_success_rate(self) -> float | None:
        return self.rate("turn_success_rate")

    @property
    def call_recall(self) -> float | None:
        return self.rate("call_recall")

    @property
    def call_precision(self) -> float | None:
        return self.rate("call_precision")

    @property
    def asked_rate(self) -> float | None:
        return self.rate("asked_rate")

    def rate(self, name: str) -> float | None:
        """One of RATES."""
        part, whole = self.counts(name)
        return part / whole if whole else None

    def counts(self, name: str) -> tuple[int, int]:
        """The part and the whole of a rate."""
        part, whole = RATES[name]
        return getattr(self, part), getattr(self, whole)

    def plus(self, score: Score) -> Tally:
        sums = {f.name: getattr(self, f.name) + getattr(score, f.name) for f in fields(Tally) if hasattr(score, f.name)}
        return replace(self, conversations=self.conversations + 1, successes=self.successes + score.success,
                       other_state=self.other_state + (not score.state), missing_results=self.missing_results + (not score.results), **sums)

    def document(self) -> dict[str, Json]:
        """Counts and rates as JSON, for a log."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {name: self.rate(name) for name in RATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTally:
    """Sums over turns."""

    turns: int = 0
    successes: int = 0
    reference_calls: int = 0
    recalled: int = 0

    def plus(self, turn: TurnVerdict) -> TurnTally:
        return TurnTally(turns=self.turns + 1, successes=self.successes + turn.success, reference_calls=self.reference_calls + turn.reference_calls,
                         recalled=self.recalled + turn.recalled)

    def document(self) -> dict[str, Json]:
        return {**asdict(self), "success_rate": _rate(self.successes, self.turns), "call_recall": _rate(self.recalled, self.reference_calls)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`total`, and the same by path and by operation (`merge`, `insert.long`, …; `none`); a conversation may have several.

    `distances`: turns with calls, by how far the results are that these take values from (`reference.DISTANCES`).
    """

    total: Tally
    paths: Mapping[str, Tally]
    operations: Mapping[str, Tally]
    distances: Mapping[str, TurnTally]

    def document(self) -> dict[str, Json]:
        """As JSON, for a log."""
        return {"total": self.total.document(),
                "paths": {name: tally.document() for name, tally in self.paths.items()},
                "operations": {name: tally.document() for name, tally in self.operations.items()},
                "distances": {name: tally.document() for name, tally in self.distances.items()}}


def score(played: Played, spec: Spec) -> Score:
    """Compare what was played with what the row does."""
    turns = played.turns
    reference = [spoken(call, spec) for turn in turns for call in turn.reference]
    attempts = [attempt for turn in turns for attempt in turn.attempts]
    made = [spoken(Made(a.function, a.arguments, a.result), spec) for a in attempts if not a.refused]
    before = [spoken(call, spec) for call in played.before]
    pairs = matched([*before, *reference], [*before, *made], spec, played.existing)
    recalled = {index - len(before) for index, position in pairs if index >= len(before) and position >= len(before)}
    verdicts = tuple(_verdicts(played, spec, recalled))
    return Score(
        row=played.row, base=str(played.tags.get("base", "")), path=str(played.tags.get("path", "")), operations=_operations(played.tags),
        verdicts=verdicts, success=all(turn.success for turn in verdicts), state=all(turn.state for turn in verdicts),
        results=all(turn.results for turn in verdicts), reference_calls=len(reference), recalled=len(recalled), made=len(attempts),
        refused=sum(a.refused for a in attempts), malformed=sum(turn.malformed for turn in turns), exhausted=sum(turn.exhausted for turn in turns))


def _verdicts(played: Played, spec: Spec, recalled: Collection[int]) -> Iterator[TurnVerdict]:
    """The verdict on each turn. `recalled`: the indices of the calls of all turns that were made."""
    reference, made, first = list(played.before), list(played.before), 0
    for turn, plan in zip(played.turns, played.reference.played):
        reference += turn.reference
        made += turn.made
        alike, state, results = ends_alike(turn, reference, made, spec, played.existing)
        end = first + len(turn.reference)
        yield TurnVerdict(number=turn.number, needs=plan.needs, did=did(turn, played.reference.locale), distance=plan.distance,
                          success=alike and not turn.exhausted, answered=not turn.exhausted, state=state, results=results,
                          reference_calls=len(turn.reference), recalled=sum(index in recalled for index in range(first, end)))
        first = end


def summarize(scores: Iterable[Score]) -> Summary:
    """Sums over conversations. One in which no turn was played counts nowhere."""
    total = Tally()
    paths: dict[str, Tally] = {}
    operations: dict[str, Tally] = {}
    distances: dict[str, TurnTally] = {}
    for one in scores:
        if not one.turns:
            continue
        total = total.plus(one)
        paths[one.path] = paths.get(one.path, Tally()).plus(one)
        for operation in one.operations:
            operations[operation] = operations.get(operation, Tally()).plus(one)
        for turn in one.verdicts:
            if turn.reference_calls:
                distances[turn.distance] = distances.get(turn.distance, TurnTally()).plus(turn)
    return Summary(total=total, paths=dict(sorted(paths.items())), operations=dict(sorted(operations.items())),
                   distances={name: distances[name] for name in DISTANCES if name in distances})


def _operations(tags: Mapping[str, Json]) -> tuple[str, ...]:
    """The names of the operations that made a conversation, each once."""
    return tuple(dict.fromkeys(str(name).partition("@")[0] for name in tags.get("operations") or ())) or ("none",)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
