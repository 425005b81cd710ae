"""One unit of a build: compile, translate, execute, distil, prove. Its rows depend on nothing but spec, seed and world."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from math import ceil
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.distill.controls import RANDOM
from magnetc.distill.misled import MISLEAD, misled_pairs
from magnetc.distill.pairs import PreferencePair, make_controls, make_pairs
from magnetc.distill.proofs.failure import PROOFS, Failure
from magnetc.distill.proofs.prover import Prover
from magnetc.distill.taxonomy import NEGATIVES
from magnetc.emit.coverage import Loss
from magnetc.emit.rows import is_pair, pair_row, sft_rows
from magnetc.ir import draw
from magnetc.ir.conform import violations
from magnetc.ir.json import Json
from magnetc.ir.path import SignaturePath
from magnetc.ir.script import Script
from magnetc.ir.signature import Effect
from magnetc.ir.spec import Recipe, Spec
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import CompiledUnit
from magnetc.teachers.ask import UNANSWERED
from magnetc.teachers.teacher import Teacher
from magnetc.tools.worlds.protocol import Reset
from magnetc.tools.worlds.world import World, died
from magnetc.translate.scenario import Scenario
from magnetc.translate.session import Rejection, Translation, translate

Calls = list[tuple[str, dict[str, Json], Json]]
"""Executed calls: name, arguments, result."""

ATTEMPTS = 12
"""Redraws of a path until one is executable, sayable and proven."""

DEATHS = 3
"""How many of them the world may die of: each that hangs takes its time."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The `ordinal`-th path of a path spec."""

    path: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A proven conversation: its rows, and the state at its beginning where an export asks for it."""

    rows: list[dict[str, Any]]
    turns: int
    called: tuple[str, ...]
    initial: Json = None


@dataclass(slots=True)
class UnitResult:
    """What became of a unit: conversations, pairs, and what was dropped on the way, by reason.

    `misfits` counts, by tool, how its results were not of the type it declares; `wordless`, by tool that reads, how
    often the agent only said that it was done; `losses` are the paths that were drawn and dropped; `died` says what the world died
    of, for each script that it died of twice; `attempts` is how many paths were drawn.
    """

    unit: Unit
    base: str = ""
    conversations: list[Conversation] = field(default_factory=list)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    misfits: dict[str, Counter[str]] = field(default_factory=dict)
    wordless: Counter[str] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)
    died: list[Diagnostic] = field(default_factory=list)
    attempts: int = 0

    def add(self, other: UnitResult) -> None:
        """Take over what became of one script."""
        self.base = other.base or self.base
        for name in ("conversations", "pairs", "losses", "died"):
            getattr(self, name).extend(getattr(other, name))
        self.dropped.update(other.dropped)
        self.wordless.update(other.wordless)
        for tool, found in other.misfits.items():
            self.misfits.setdefault(tool, Counter()).update(found)


    @property
    def repeatable(self) -> bool:
        """Whether the same unit comes to the same again: nothing died, and no question went unanswered."""
        return not self.died and not any(reason.endswith(UNANSWERED) for reason in self.dropped)

    def document(self) -> Json:
        """The result as JSON, for the store of units; `from_document` reads it back."""
        return {"base": self.base, "conversations": [asdict(each) for each in self.conversations], "pairs": self.pairs,
                "dropped": self.dropped, "misfits": self.misfits, "wordless": self.wordless, "losses": [asdict(each) for each in self.losses]}

    @classmethod
    def from_document(cls, unit: Unit, made: Any) -> UnitResult:
        """Inverse of `document`. Raises LookupError, TypeError or ValueError for what is none."""
        conversations = [Conversation(**{**each, "called": tuple(each["called"])}) for each in made["conversations"]]
        losses = [Loss(tools=tuple(each["tools"]), edges=tuple((a, b) for a, b in each["edges"]), why=each["why"]) for each in made["losses"]]
        return cls(unit, base=made["base"], conversations=conversations, pairs=made["pairs"], dropped=Counter(made["dropped"]),
                   misfits={tool: Counter(found) for tool, found in made["misfits"].items()}, wordless=Counter(made["wordless"]), losses=losses)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A conversation that was kept, with what its pair is made from."""

    calls: Calls
    translation: Translation
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UnitBuilder:
    """Builds units. `scenarios` are the initial states, by variant and by what they have more of."""

    context: CompileContext
    teacher: Teacher
    prover: Prover
    scenarios: tuple[Scenario, ...]

    async def build(self, unit: Unit, world: World, attempts: Callable[[int], CompiledUnit]) -> UnitResult:
        """Redraw the unit's path until it yields a proven conversation; its copies and its pair come with it."""
        result = UnitResult(unit)
        for attempt in range(ATTEMPTS):
            compiled = attempts(attempt)
            result.attempts += 1
            for tally in compiled.counts:
                if tally.reason:
                    result.dropped[f"{tally.operation} {tally.outcome}: {tally.reason}"] += tally.count
            if compiled.rejected is not None:
                result.losses.append(Loss(tools=compiled.walk, why=compiled.rejected))
                continue
            base, *copies = compiled.scripts
            made = await self._contained(base, world, result)
            if made is None:
                if len(result.died) >= DEATHS:
                    break
                continue
            for copy in copies:
                await self._contained(copy, world, result, made)
            return result
        result.dropped["unit abandoned"] += 1
        return result

    async def _contained(self, script: Script, world: World, result: UnitResult, expected: Calls | None = None) -> Calls | None:
        """`_conversation` and its pair. A world that dies is tried once more: it may have been ended from outside.

        What it dies of twice is its own doing. It costs this script, or its pair, and is counted.
        """
        for last in (False, True):
            trial, kept = UnitResult(result.unit), None
            try:
                kept = await self._conversation(script, world, trial, expected)
                if kept is not None:
                    await self._pairs(kept.translation, world, trial, kept.rows)
            except MagnetError as error:
                if not died(error):
                    raise
                if not last:
                    continue
                kind = "pair dropped" if kept else "path redrawn" if expected is None else "copy dropped"
                trial.dropped[f"{kind}: {error.diagnostics[0].message}"] += 1
                trial.died.append(error.diagnostics[0])
                if kept is None:
                    self._lose(script.path, error.diagnostics[0].message, trial)
            result.add(trial)
            return kept.calls if kept else None
        return None

    async def _conversation(self, script: Script, world: World, result: UnitResult,
                            expected: Calls | None = None) -> _Kept | None:
        """Translate and prove one script. Only what is proven in full is kept.

        `expected`: the calls of the path that `script` is a copy of. A copy that comes to others is no copy.
        """
        scenario = next(s for s in self.scenarios if (s.variant, s.clutter) == (script.path.variant, script.clutter))
        for acts in (True, False) if self.context.spec.recipe.acts else (False,):
            translation = await translate(script, self.context.worded(script.path.base), self.teacher, world, scenario, acts=acts)
            if isinstance(translation, Rejection):
                kind = "path redrawn" if expected is None else "copy dropped"
                result.dropped[f"{kind}: {_without_codes(translation.reason)}"] += 1
                self._lose(script.path, translation.reason, result)
                return None
            trial = UnitResult(result.unit)
            kept = await self._proven(script, translation, world, trial, expected)
            if kept is None and acts:
                result.dropped["act left out: the conversation does not prove with what the teacher did"] += 1
                continue
            result.add(trial)
            return kept
        return None

    async def _proven(self, script: Script, translation: Translation, world: World, result: UnitResult, expected: Calls | None) -> _Kept | None:
        """A translation of `script` with its rows, if all of them are proven."""
        calls = [(call.name, dict(call.arguments), call.result) for call in translation.trajectory.tool_calls()]
        if expected is not None and calls != (expected[: len(calls)] if script.path.cut else expected):
            result.dropped["copy dropped: it comes to other calls than its base"] += 1
            return None
        for reason in translation.dropped:
            result.dropped[f"insert.long left out: {_without_codes(reason)}"] += 1
            self._lose(script.path, reason, result)
        result.dropped.update(translation.left_out)
        script = translation.trajectory.script
        rows = sft_rows(translation.trajectory, self.context.spec)
        for row in rows:
            failures = await self.prover.certify(row, world)
            if failures:
                self._count(failures, result)
                self._note_misfits(translation, result)
                self._lose(script.path, failures[0].message, result)
                return None
        wants_state = "bfcl" in self.context.spec.recipe.emit
        initial = await _initial_state(translation, world) if wants_state else None
        called = tuple(call.name for call in translation.trajectory.tool_calls() if call.id not in translation.trajectory.slips)
        result.conversations.append(Conversation(rows=rows, turns=len(script.turns), called=called, initial=initial))
        result.base = script.path.base
        result.wordless.update(_wordless(translation, self.context.spec))
        return _Kept(calls, translation, rows)

    async def _pairs(self, translation: Translation, world: World, result: UnitResult,
                     rows: list[dict[str, Any]]) -> None:
        spec = self.context.spec
        path = translation.trajectory.script.path
        if translation.trajectory.abstentions:
            return
        wanted = pairs_wanted(spec.recipe, path.id)
        trajectory = translation.trajectory
        existing = self.prover.existing(trajectory.world.initial)
        made: list[PreferencePair] = []
        if wanted.get("mutate"):
            made += await make_pairs(translation, spec, self.teacher, world, existing, result.dropped, wanted["mutate"])
        if wanted.get(RANDOM):
            state, taken = self.prover.states[trajectory.world.initial], {pair.turn for pair in made}
            made += await make_controls(translation, spec, self.teacher, world, state, existing, result.dropped, wanted[RANDOM], taken)
        for pair in made:
            await self._keep_pair(pair, translation, world, result, rows)
        if wanted.get(MISLEAD):
            await self._misled(translation, world, result, rows, wanted[MISLEAD], existing)

    async def _misled(self, translation: Translation, world: World, result: UnitResult, rows: list[dict[str, Any]], wanted: int,
                      existing: frozenset[str]) -> None:
        """Pairs in which a model is misled, until as many as `wanted` are proven."""
        taken = {row["fault"]["turn"] for row in result.pairs}
        async for pair in misled_pairs(translation, self.teacher, world, existing, result.dropped, wanted, taken):
            if await self._keep_pair(pair, translation, world, result, rows):
                taken.add(pair.turn)
                wanted -= 1
                if not wanted:
                    return

    async def _keep_pair(self, pair: PreferencePair, translation: Translation, world: World, result: UnitResult, rows: list[dict[str, Any]]) -> bool:
        """Keep a pair if it is proven; else count why not."""
        row = pair_row(pair, translation.trajectory, self.context.spec, len(result.pairs) + 1)
        failures = await self.prover.certify(row, world, rows)
        if failures:
            self._count(failures, result)
        else:
            result.pairs.append(row)
        return not failures

    def _lose(self, path: SignaturePath, why: str, result: UnitResult) -> None:
        """Note what a path was to have, in full or (an inserted turn that was left out) in part."""
        result.losses.append(Loss(tools=tuple(path.functions()), edges=tuple(path.flows()), why=_without_codes(why)))

    def _count(self, failures: list[Failure], result: UnitResult) -> None:
        """Count a dropped row by the first proof that it failed."""
        first = failures[0]
        kind = "pair" if is_pair(first.row) else "conversation"
        result.dropped[f"{kind} dropped: proof {first.proof} ({PROOFS[first.proof]}) fails: {_without_codes(first.message)}"] += 1

    def _note_misfits(self, translation: Translation, result: UnitResult) -> None:
        spec = self.context.spec
        for call in translation.trajectory.tool_calls():
            if isinstance(call.result, dict) and "error" in call.result:
                continue
            found = violations(call.result, spec.tool[call.name].returns, spec.type_table)
            if found:
                result.misfits.setdefault(call.name, Counter())[found[0]] += 1


def pairs_wanted(recipe: Recipe, path: str) -> dict[str, int]:
    """How many pairs the conversation `path` is to have of each kind of negatives, so that each has its rate on average, and there are no more in
    all than all rates come to, rounded up."""
    rates, drawn = dict(recipe.negatives), draw.fraction(recipe.seed, "pair", path)
    sums = [0.0, *accumulate(rates.get(kind, 0.0) for kind in NEGATIVES)]
    counts = [ceil(round(total, 9) - drawn) for total in sums]
    return {kind: above - below for kind, below, above in zip(NEGATIVES, counts, counts[1:])}


def _wordless(translation: Translation, spec: Spec) -> Iterator[str]:
    """Tools that read, to whose results the agent had nothing to say but that it is done."""
    script = translation.trajectory.script
    done = spec.frame[script.path.locale].texts["done"]
    for message in translation.trajectory.messages:
        if message.purpose != "reply":
            continue
        goals = script.turns[message.turn].goals
        silent = [goals[-1]] if message.text.endswith(done) else []
        silent += [goals[0]] if len(goals) > 1 and message.text.startswith(done) else []
        for goal in silent:
            if spec.tool[goal.calls[-1].function].effect is Effect.READS:
                yield goal.calls[-1].function


async def _initial_state(translation: Translation, world: World) -> Json:
    """The world's own account of how the conversation began, its mint seed included."""
    start = translation.starts[0]
    assert isinstance(start, Reset)
    made = await world.reset(start, full=True)
    return made.state


def _without_codes(reason: str) -> str:
    """A world's words without ids and numbers, so that equal reasons are counted together."""
    return re.sub(r"\S*\d\S*", "…", reason)
