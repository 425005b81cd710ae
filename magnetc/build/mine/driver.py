"""Mining an output: a student answers its user turns, what goes wrong becomes preference pairs and repairs, each proven as any row is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any

from magnetc.agent.play import play
from magnetc.agent.watch import Unwatched, Watch
from magnetc.build.acting import Acting, ActingModel, acting
from magnetc.build.clean import read_index
from magnetc.build.mine.asked import AskedTurn, asked_turns
from magnetc.build.mine.hard import hardest, losses, told
from magnetc.build.mine.judge import PROGRAM, TurnJudge
from magnetc.build.mine.known import Known
from magnetc.build.mine.repair import NoRepair, repair_row
from magnetc.build.mine.rollout import NoPair, Rollout, RolloutPair, rollouts
from magnetc.build.mine.written import PAIRS, SFT, Mined, rows_of, write_mined
from magnetc.build.opened import Opened, open_output
from magnetc.build.output import Output
from magnetc.build.partitions import Partitions
from magnetc.build.teacher import Asked, answering
from magnetc.build.verify import file_failures
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.distill.judged import EVIDENCE
from magnetc.distill.policy import EVIDENCE as POLICY
from magnetc.distill.proofs.failure import PROOFS, Failure
from magnetc.distill.proofs.prover import Prover
from magnetc.engine.local import in_order
from magnetc.frontend import load
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.json import Json
from magnetc.models.likelihood import log_likelihoods
from magnetc.teachers.ask import kind_of
from magnetc.teachers.prompted.programs import JUDGING
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.world import died

TOGETHER = 32
"""Conversations that are played and proven before the next are."""

TRIES = 4
"""Wrong actions tried for each pair that is wanted until one is proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MineOptions:
    """What the command line says. `samples` of each turn; at most `pairs` of a conversation; `repairs`: rows of these too; `only`: without
    the pairs that the output has; `likely`: with this share of them, the likeliest to the student; `hardest`: this share of the conversations, those of
    the student's largest loss. `judge`: the folder of a recipe whose teacher votes `votes` times on words of which execution says nothing.
    `conversations`: of the output, 0 for all;
    `place`: what paths are seen from, and where the journal is."""

    out: Path
    to: Path
    agent: ActingModel
    place: Path
    samples: int = 10
    pairs: int = 2
    conversations: int = 0
    repairs: bool = True
    only: bool = False
    likely: float = 1.0
    hardest: float = 1.0
    judge: Path | None = None
    votes: int = 3
    trust: bool = False
    jobs: int | None = None
    announce: Callable[[str], None] = print
    watch: Watch = field(default_factory=Unwatched)


@dataclass(slots=True)
class MineSummary:
    """`rollouts` of `turns` in `conversations`, of which `right` do what the row does; what the others came to: pairs and repairs, and why not.
    `loss`: the student's, of what rows do, of all conversations that were looked at; a checkpoint's.
    `unlikely`: pairs of the output that were left out, since the student would hardly do what is wrong in them; `judged`: words that a model was
    asked about, of rollouts that do what the row does; `unvoted`: how often it gave no vote, by reason."""

    conversations: int = 0
    turns: int = 0
    rollouts: int = 0
    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    repairs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    unlikely: int = 0
    judged: int = 0
    unvoted: Counter[str] = field(default_factory=Counter)
    loss: Mapping[str, Json] = field(default_factory=dict)
    model: str = ""
    asked: Asked = field(default_factory=Asked)

    def document(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in ("model", "conversations", "turns", "rollouts", "right", "judged", "pairs", "repairs", "unlikely")}
        return plain | ({"loss": dict(self.loss)} if self.loss else {}) | {name: dict(getattr(self, name).most_common()) for name in ("wrong", "faults", "dropped", "unvoted")}


async def mine(options: MineOptions, sink: Sink) -> MineSummary | None:
    """Let the student answer turns of the training conversations, and write an output that has what it did wrong. None when the
    recipe does not load: see `sink`.

    Raises:
        MagnetError: MG620 for what is no output, MG606 when its code is not trusted, MG626 for one that cannot be mined; what the model raises.
    """
    needs = "--likely" if options.likely < 1 else "--hardest" if options.hardest < 1 else ""
    if needs and isinstance(options.agent.model, Endpoint):
        raise MagnetError(Diagnostic(code="MG626", message="what an endpoint is likely to say is not known here", notes=(f"`{needs}` needs log-probabilities",),
                                     help=f"name a checkpoint with `--model`, or leave `{needs}` out"))
    opened = open_output(options.out, sink, trust=options.trust, announce=options.announce)
    if opened is None:
        return None
    index, not_compared = read_index(opened.folder, opened.spec)
    if failures := [*file_failures(opened), *opened.failures, *not_compared]:
        raise MagnetError(Diagnostic(code="MG626", message=f"`{options.out}` is not as it was built", notes=(str(failures[0]),),
                                     help="`magnetc verify` says all that is wrong; build it again"))
    chosen = _chosen(opened, options.conversations)
    summary = MineSummary(model=options.agent.name(options.place))
    output, pool = Output(options.to), opened.pool(options.jobs)
    found: list[Mined] = []
    try:
        async with acting(options.agent, options.place) as at_work, _judging(options, sink, summary) as judge:
            if sink.has_errors:
                return None
            miner = _Miner(options, opened, at_work, pool, Prover(opened.spec, opened.states, index), _partitions(opened), summary,
                           Known.of(() if options.only else rows_of(opened, PAIRS), rows_of(opened, SFT)), judge)
            left_out = _left_out(options, opened, at_work)
            if at_work.loaded is not None:
                lost = losses(at_work, chosen)
                summary.loss = told(chosen, lost)
                chosen = hardest(chosen, lost, options.hardest)
            summary.conversations, summary.turns = len(chosen), sum(map(len, chosen))
            expected = options.samples * sum(_messages(turn) for turns in chosen for turn in turns)
            options.watch.begin(expected, options.samples * summary.turns, at_work.batch * at_work.lanes)
            for start in range(0, len(chosen), TOGETHER):
                found += await miner.mine(chosen[start : start + TOGETHER])
        summary.unlikely = 0 if options.only else len(left_out)
        write_mined(opened, output, found, summary.document(), left_out)
        output.commit()
        return summary
    finally:
        output.discard()
        await pool.close()


@asynccontextmanager
async def _judging(options: MineOptions, sink: Sink, summary: MineSummary) -> AsyncIterator[TurnJudge | None]:
    """Who judges words; nobody where the command names none. Where its recipe does not load, `sink` says why.

    Raises:
        MagnetError: MG519 when the recipe names no teacher that could judge; as `answering`.
    """
    spec = load(options.judge, sink, IMPORTERS) if options.judge is not None else None
    if options.judge is None or spec is None or sink.has_errors:
        yield None
        return
    if spec.recipe.model is None:
        raise MagnetError(Diagnostic(code="MG519", message="the recipe names no teacher that could judge", notes=(str(options.judge),),
                                     help="name the folder of one that does with `--judge`: `teacher: {openai: …}` or `{transformers: …}`"))
    async with answering(spec.recipe, options.judge, JUDGING) as (asker, programs, summary.asked):
        yield TurnJudge(asker, programs[PROGRAM], options.votes, summary.unvoted)


def _chosen(opened: Opened, most: int) -> list[tuple[AskedTurn, ...]]:
    """The turns that are asked about, by conversation, at most `most` of these, drawn by a hash of their ids. A turn that a copy shares with its
    original, word for word up to its end, is asked about once."""
    found: dict[str, list[AskedTurn]] = {}
    seen: set[str] = set()
    for row in rows_of(opened, SFT):
        if "world" in row.get("certificate", {}):   # what was mixed in has no world to be played in
            for turn in asked_turns(row):
                if (question := turn.question()) not in seen:
                    seen.add(question)
                    found.setdefault(turn.conversation, []).append(turn)
    if not found:
        raise MagnetError(Diagnostic(code="MG626", message=f"`{opened.folder}` has no user turn to mine", notes=(f"in {SFT}",),
                                     help="mine an output with a training partition, whose conversations call tools"))
    drawn = sorted(found, key=lambda name: sha256(name.encode()).digest())[: most or len(found)]
    return [tuple(found[name]) for name in found if name in set(drawn)]


def _partitions(opened: Opened) -> Partitions:
    """Where rows belong. Raises MagnetError (MG620) for a manifest that does not say what the recipe holds out."""
    try:
        return Partitions.listed(opened.spec, opened.manifest)
    except ValueError as error:
        raise MagnetError(Diagnostic(code="MG620", message=f"`{opened.folder}` is not as a build writes it", notes=(str(error),),
                                     help=f"see what is wrong with `magnetc verify {opened.folder}`, or build it again")) from None


def _left_out(options: MineOptions, opened: Opened, at_work: Acting) -> frozenset[str]:
    """The ids of the output's training pairs that are not to stay."""
    if options.only:
        return frozenset(row["id"] for row in rows_of(opened, PAIRS))
    if options.likely >= 1:
        return frozenset()
    assert at_work.loaded is not None
    rows = list(rows_of(opened, PAIRS))
    found = log_likelihoods(*at_work.loaded, [(row["prompt"], row["tools"], row["rejected"][0]) for row in rows], batch=at_work.batch)
    ranked = sorted((value if value is not None else -inf, row["id"]) for value, row in zip(found, rows))
    return frozenset(name for _, name in ranked[: len(rows) - round(options.likely * len(rows))])


def _messages(turn: AskedTurn) -> int:
    return sum(message["role"] == "assistant" for message in turn.row["messages"][turn.start : turn.end])


@dataclass(slots=True)
class _Wrong:
    """Rollouts of one turn that begin to go wrong by the same action: the first of them, how many, and what is other; `judged`: by whose word."""

    rollout: Rollout
    shows: str
    times: int = 1
    judged: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class _Miner:
    options: MineOptions
    opened: Opened
    at_work: Acting
    pool: WorldPool
    prover: Prover
    partitions: Partitions
    summary: MineSummary
    known: Known
    judge: TurnJudge | None

    async def mine(self, conversations: Sequence[Sequence[AskedTurn]]) -> list[Mined]:
        """What the student's rollouts of these conversations come to."""
        turns = [turn for each in conversations for turn in each]
        wrong: dict[str, dict[tuple[int, str], _Wrong]] = {}
        words: dict[tuple[str, int, str], list[Rollout]] = {}
        for sample in range(1, self.options.samples + 1):
            for rollout in await self._played(turns, sample):
                asked = rollout.asked
                self._note(rollout, wrong.setdefault(asked.conversation, {}), words.setdefault((asked.conversation, asked.turn, rollout.words()), []))
        await self._judge(words, wrong)
        jobs = self.options.jobs or 2
        return [mined async for mined in in_order(wrong.items(), lambda item: self._conversation(item[0], list(item[1].values())), jobs)]

    async def _played(self, turns: Sequence[AskedTurn], sample: int) -> list[Rollout]:
        opened, at_work = self.opened, self.at_work
        rows = [turn.playable() for turn in turns]
        played = await play(rows, at_work.policy, self.pool, opened.spec, opened.states, batch=at_work.batch, lanes=at_work.lanes,
                            sample=sample, acted=self.options.watch.said)
        return rollouts(turns, played)

    def _note(self, rollout: Rollout, wrong: dict[tuple[int, str], _Wrong], same_words: list[Rollout]) -> None:
        self.summary.rollouts += 1
        spec = self.opened.spec
        shows = rollout.wrong(spec) or (POLICY if rollout.calls_otherwise() and RolloutPair(rollout, spec).breaks_policy() else None)
        if shows is None:
            self.summary.right += 1
            same_words.append(rollout)
            return
        known = wrong.setdefault((rollout.asked.turn, rollout.action()), _Wrong(rollout, shows, 0))
        known.times += 1

    async def _judge(self, words: Mapping[tuple[str, int, str], Sequence[Rollout]], wrong: Mapping[str, dict[tuple[int, str], _Wrong]]) -> None:
        """Add the words that the judge holds to be wrong, each asked about once."""
        if self.judge is None:
            return
        asked = [(key, same) for key, same in words.items() if key[2] and same]
        self.summary.judged += len(asked)
        verdicts = await asyncio.gather(*(self.judge.verdict(same[0]) for _, same in asked))
        for ((conversation, turn, _), same), judged in zip(asked, verdicts):
            if judged is not None:
                wrong[conversation][turn, same[0].action()] = _Wrong(same[0], EVIDENCE, len(same), judged)

    async def _conversation(self, name: str, wrong: list[_Wrong]) -> Mined:
        """Pairs and repairs of one conversation: what the student does oftenest first, each pair in a turn of its own."""
        pairs, repairs = list[dict[str, Any]](), list[dict[str, Any]]()
        tried = 0
        ranked = sorted(wrong, key=lambda each: (-each.times, sha256(each.rollout.action().encode()).digest()))
        while ranked and tried < TRIES * self.options.pairs:
            turns = {row["fault"]["turn"] for row in pairs}
            each = next((other for other in ranked if other.rollout.asked.turn not in turns), None)
            if each is None or len(pairs) == self.options.pairs:
                break
            ranked.remove(each)
            tried += 1
            row = await self._pair(name, each)
            if row is not None:
                pairs.append(row)
        if self.options.repairs:
            repairs = await self._repairs(wrong)
        return Mined(conversation=name, pairs=pairs, repairs=repairs)

    async def _pair(self, conversation: str, wrong: _Wrong) -> dict[str, Any] | None:
        """The pair of a wrong action, once it is proven; each rollout that comes to none is counted."""
        name = self.known.pair_id(conversation)
        try:
            pair = RolloutPair(wrong.rollout, self.opened.spec)
            row = pair.row(name, wrong.shows) if wrong.judged is None else pair.judged(name, wrong.judged)
        except NoPair as error:
            self.summary.wrong[str(error)] += wrong.times
            return None
        if self.known.has(row):
            self.summary.wrong["the dataset has this pair"] += wrong.times
            return None
        failures = await self._certified(row)
        if failures:
            self.summary.wrong[_reason(failures[0])] += wrong.times
            return None
        self.known.add(row)
        self.summary.wrong["made a pair"] += wrong.times
        self.summary.pairs += 1
        self.summary.faults[row["fault"]["kind"]] += 1
        return row

    async def _repairs(self, wrong: Sequence[_Wrong]) -> list[dict[str, Any]]:
        """Rows in which the student's wrong call is followed by the right one, the oftenest of each turn."""
        made: dict[int, dict[str, Any]] = {}
        for each in sorted((each for each in wrong if each.judged is None), key=lambda each: -each.times):
            turn = each.rollout.asked.turn
            if turn in made:
                continue
            try:
                row = repair_row(each.rollout, self.known.repair_id(each.rollout.asked.conversation, turn), self.opened.spec)
            except NoRepair as error:
                self.summary.dropped[f"no repair: {error}"] += 1
                continue
            if self.known.has(row):
                self.summary.dropped["no repair: the dataset has it"] += 1
                continue
            failures = await self._certified(row)
            if failures:
                self.summary.dropped[f"no repair: {_reason(failures[0])}"] += 1
            else:
                made[turn] = row
                self.known.add(row)
                self.summary.repairs += 1
        return [made[turn] for turn in sorted(made)]

    async def _certified(self, row: dict[str, Any]) -> list[Failure]:
        if why := self.partitions.misplaced(SFT, row):
            return [Failure(row["id"], 8, why)]
        try:
            async with self.pool.world() as world:
                return await self.prover.certify(row, world)
        except MagnetError as error:
            if not died(error):
                raise
            return [Failure(row["id"], 1, "the world died or did not answer")]


def _reason(failure: Failure) -> str:
    return f"proof {failure.proof} ({PROOFS[failure.proof]}) fails: {kind_of(failure.message)}"
