"""Preference pairs by single-fault mutation: the reference trajectory against one that goes wrong once, executed; and their controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from magnetc.distill.branches import Branch, branches, kinds_at, question
from magnetc.distill.controls import RANDOM, controls
from magnetc.distill.policy import EVIDENCE as POLICY
from magnetc.distill.policy import broken_rules, is_made_up
from magnetc.distill.proofs.sourced import leaves_of
from magnetc.distill.taxonomy import DIRECTIONS, evidence_of, taxonomy
from magnetc.ir import draw
from magnetc.ir.json import Json, wire
from magnetc.ir.path import Call, OutputSource
from magnetc.ir.pointer import get, replaced
from magnetc.ir.script import Goal, ScriptTurn
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import Message, MessagePart, ToolCall, Value
from magnetc.teachers.conversation import Bindings, Executed, Given, Pending
from magnetc.teachers.teacher import Teacher, Wordless
from magnetc.tools.worlds.equivalence import Execution, Made, difference
from magnetc.tools.worlds.protocol import Outcome, Run
from magnetc.tools.worlds.world import World
from magnetc.translate.program import in_schema_order, program
from magnetc.translate.session import Translation

TRIES = 6
"""Faults tried for each pair that is wanted until one is observable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePair:
    """`prompt` messages are shared; `chosen` and `rejected` follow it. `turn` is the faulty one.

    `corresponds` maps the id of a rejected call to that of the chosen call it stands for; `shows` is the evidence against the
    rejected side, one of its class's `proof`; `made` how that side came about, one of `NEGATIVES`.
    """

    turn: int
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    corresponds: dict[str, str]
    shows: str
    made: str = "mutate"

    def without_reasoning(self) -> PreferencePair:
        """The pair of agents that do not think aloud."""
        prompt, chosen, rejected = (tuple(replace(m, reasoning="") if m.reasoning else m for m in side) for side in (self.prompt, self.chosen, self.rejected))
        return replace(self, prompt=prompt, chosen=chosen, rejected=rejected)


async def make_pairs(translation: Translation, spec: Spec, teacher: Teacher, world: World, existing: frozenset[str],
                     dropped: Counter[str], wanted: int = 1) -> list[PreferencePair]:
    """As many pairs as `wanted`, or fewer, each with an observable fault in another turn, drawn from another class. Unobservable mutations
    are dropped and counted."""
    made: list[PreferencePair] = []
    kinds: set[str] = set()
    tried = 0
    for branch in drawn_branches(translation):
        if branch.kind in kinds or branch.turn in (pair.turn for pair in made):
            continue
        if len(made) == wanted or tried == TRIES * wanted:
            break
        tried += 1
        pair = await forged(branch, translation, spec, teacher, world, existing, dropped, "mutation")
        if pair is not None:
            made.append(pair)
            kinds.add(branch.kind)
    return made


async def make_controls(translation: Translation, spec: Spec, teacher: Teacher, world: World, state: Json, existing: frozenset[str],
                        dropped: Counter[str], wanted: int, taken: Collection[int]) -> list[PreferencePair]:
    """As many controls as `wanted`, or fewer, each in another turn that no other pair has `taken`. `state`: the world's at the beginning."""
    made: list[PreferencePair] = []
    script = translation.trajectory.script
    for branch in islice(controls(script, translation.proposals, translation.conversation, state), TRIES * wanted):
        if len(made) == wanted:
            break
        if branch.turn in taken:
            continue
        pair = await forged(branch, translation, spec, teacher, world, existing, dropped, "control")
        made += [pair] if pair is not None else []
    return made


async def forged(branch: Branch, translation: Translation, spec: Spec, teacher: Teacher, world: World, existing: frozenset[str],
                 dropped: Counter[str], what: str) -> PreferencePair | None:
    """The pair of a branch; None, counted as `what`, where its fault shows in nothing, or nobody has words for it."""
    try:
        pair = await _Forge(branch, translation, spec, teacher, world, existing).pair()
    except Wordless as error:
        dropped[f"{what} dropped: {error.reason}"] += 1
        return None
    if pair is None:
        dropped[f"{what} dropped: {branch.kind} is not observable"] += 1
    return pair


def drawn_branches(translation: Translation, purpose: str = "fault") -> Iterator[Branch]:
    """One branch for each class and turn, in drawn order: a class with many opportunities is not drawn more for it, nor a turn that
    gives room for many classes.

    The direction is drawn first. A conversation without room for it goes wrong by something else, not by the opposite.
    """
    script, conversation = translation.trajectory.script, translation.conversation
    key = (conversation.spec.recipe.seed, script.path.id, purpose)
    places = [(kind, index) for index, turn in enumerate(script.turns)
              if not script.is_refused(index) for kind in kinds_at(turn)]
    share, crowd = Counter(kind for kind, _ in places), Counter(index for _, index in places)
    weights = {place: taxonomy()[place[0]].weight / share[place[0]] / crowd[place[1]] for place in places}
    drawn = draw.shuffle(places, *key, name=lambda p: f"{p[0]} {p[1]}", weight=weights.__getitem__)
    direction = draw.choose(DIRECTIONS, *key, "direction", weight=DIRECTIONS.__getitem__)
    for kind, index in sorted(drawn, key=lambda place: _distance(place[0], direction)):
        found = list(branches(kind, index, script, translation.proposals[index], conversation))
        if found:
            yield found[draw.integer(0, len(found) - 1, *key, kind, index)]


def _distance(kind: str, direction: str) -> int:
    """0 for a class that goes wrong in this direction, 2 for one that goes wrong in the opposite one."""
    way = taxonomy()[kind].direction
    return 0 if way == direction else 1 if "other" in (way, direction) else 2


class _Forge:
    """Builds the rejected side of one branch."""

    def __init__(self, branch: Branch, translation: Translation, spec: Spec, teacher: Teacher, world: World,
                 existing: frozenset[str]):
        self.branch, self.translation, self.spec = branch, translation, spec
        self.teacher, self.world, self.existing = teacher, world, existing
        self.script = translation.trajectory.script
        self.turn: ScriptTurn = self.script.turns[branch.turn]
        self.conversation = translation.conversation
        self.results: dict[str, Executed] = {}
        self.messages: list[Message] = []
        self.wire = {c.source: c.id for m in translation.trajectory.messages for c in m.calls}
        self.next_id = 0
        self.corresponds: dict[str, str] = {}
        self.shows = ""
        self.is_control = branch.kind == RANDOM

    async def pair(self) -> PreferencePair | None:
        if self.branch.says:
            return await self._misreported(*self.branch.says)
        earlier = [call for round_ in self.turn.rounds[: self.branch.round] for call in round_]
        faulty = [call for round_ in self.branch.rounds for call in round_]
        start, end = self.translation.starts[self.branch.turn : self.branch.turn + 2]
        steps = program([*earlier, *faulty], self.branch.bindings)
        wrong = Run(start=start, programs=[steps], keep=True, observe=True, stop_on_error=False)
        right = Run(start=end, programs=[()], observe=True)
        (bad,), (good,) = await self.world.run_all([wrong, right])
        if bad.late or (bad.reason and len(bad.results) < len(steps)):
            return None
        if not self._observable(earlier, faulty, bad, good):
            return None
        if not await self._write_turn(earlier, faulty, bad):
            return None
        if not self.is_control:
            await self._continue(bad)
        return self._assemble()

    def _observable(self, earlier: list[Call], faulty: list[Call], bad: Outcome, good: Outcome) -> bool:
        """Whether the executions up to the end of the faulty turn differ, or the wrong one breaks a rule."""
        before = [done for done in self.conversation.executed if done.turn < self.branch.turn]
        reference = before + [done for done in self.conversation.executed if done.turn == self.branch.turn]
        made = _made(before) + [
            Made(call.function, arguments, result)
            for call, arguments, result in zip([*earlier, *faulty], bad.args, bad.results)
        ]
        found = difference(Execution(_made(reference), good.observed), Execution(made, bad.observed), self.spec,
                           self.existing)
        self.shows = evidence_of(found) or (POLICY if self._breaks_policy(earlier, faulty, bad) else "")
        return bool(self.shows) if self.is_control else self.shows in taxonomy()[self.branch.kind].proof

    def _breaks_policy(self, earlier: list[Call], faulty: list[Call], bad: Outcome) -> bool:
        """Whether the wrong calls break a declared rule that the right ones keep, or a value of the first of them comes from nowhere."""
        before = [done.call.function for done in self.conversation.executed if done.turn < self.branch.turn]
        right = [done.call.function for done in self.conversation.executed if done.turn == self.branch.turn]
        made = [call.function for call in (*earlier, *faulty)]
        if broken_rules(self.spec, self.script.path.name, [*before, *right], [*before, *made]):
            return True
        first = self.branch.rounds[0] if self.branch.rounds else ()
        texts = [text for message in self._prompt() for text in (message.text, *(wire(call.result) for call in message.calls))]
        return any(
            is_made_up(value, call.function, pointer, self.spec, self.conversation.locale, self.conversation.now, texts)
            for call, arguments in zip([*earlier, *faulty], bad.args) if call in first and (done := self.conversation.result_of(call.id))
            for pointer, value in leaves_of(arguments)
            if value != dict(leaves_of(done.arguments)).get(pointer) and (not right or _is_output(call, pointer))
        )

    async def _misreported(self, call: str, pointer: str, value: Json) -> PreferencePair | None:
        """All is done as it should be, and one value of the reply is another. What comes after is the same."""
        messages = self.translation.trajectory.messages
        root = next(i for i, m in enumerate(messages) if m.turn == self.branch.turn and m.purpose == "reply")
        seen = {done.call.id: done for done in self.conversation.executed}
        told = {**seen, call: replace(seen[call], result=replaced(seen[call].result, pointer, value))}
        parts = await self.teacher.reply(self.turn, told, replace(self.conversation, messages=messages[:root]))
        if not _misreports(messages[root].parts, parts, call, pointer):
            return None
        self.messages = [replace(messages[root], parts=parts), *messages[root + 1 :]]
        self.corresponds = {made.id: made.id for message in messages[root + 1 :] for made in message.calls}
        self.shows = "contradicted reply"
        return self._assemble()

    async def _write_turn(self, earlier: list[Call], faulty: list[Call], bad: Outcome) -> bool:
        """Messages of the faulty turn from its root on."""
        index = self.branch.turn
        first = min((int(self.wire[c.id].rpartition("_")[2]) for r in self.turn.rounds for c in r), default=0)
        self.next_id = first + len(earlier) if first else self._calls_before(index) + 1
        if self.branch.asks is not None:
            parts = await question(self.branch, self.turn, self.teacher, replace(self.conversation, messages=self._prompt()))
            if parts is None:
                return False
            self.messages.append(Message(role="assistant", turn=index, parts=parts, purpose="clarification"))
            return True
        for position, call in enumerate([*earlier, *faulty]):
            arguments = in_schema_order(self.spec, call.function, bad.args[position])
            self.results[call.id] = Executed(call, index, arguments, bad.results[position])
        for round_ in self.branch.rounds:
            self._message(index, round_)
        self.messages.append(Message(role="assistant", turn=index, parts=await self._reply(self.turn), purpose="reply"))
        return True

    def _calls_before(self, index: int) -> int:
        return sum(message.turn < index for message in self.translation.trajectory.messages for _ in message.calls)

    def _message(self, index: int, round_: Sequence[Call]) -> None:
        made = []
        for call in round_:
            done = self.results[call.id]
            wire_id = f"call_{self.next_id}"
            self.next_id += 1
            if call.id in self.wire and not self.is_control:
                self.corresponds[wire_id] = self.wire[call.id]
            made.append(ToolCall(id=wire_id, source=call.id, name=call.function, arguments=done.arguments,
                                 result=done.result))
        self.messages.append(Message(role="assistant", turn=index, calls=tuple(made), purpose="calls"))

    async def _reply(self, turn: ScriptTurn) -> tuple[MessagePart, ...]:
        goals = tuple(
            Goal(calls=made) for goal in turn.goals if (made := tuple(c for c in goal.calls if c.id in self.results))
        )
        heard = (*self._prompt(), *self.messages)
        return await self.teacher.reply(replace(turn, goals=goals), self.results, replace(self.conversation, messages=heard))

    def _prompt(self) -> tuple[Message, ...]:
        """What both sides share: all before the round that goes wrong."""
        messages = self.translation.trajectory.messages
        mine = [i for i, m in enumerate(messages) if m.turn == self.branch.turn and m.role == "assistant"]
        return messages[: mine[self.branch.round]]

    async def _continue(self, bad: Outcome) -> None:
        """The same user turns go on; the agent copies what its own world told it. Ends where nothing can be derived."""
        turns = list(enumerate(self.script.turns))[self.branch.turn + 1 :]
        calls: list[Call] = []
        bindings: Bindings = {}
        ends: list[tuple[int, ScriptTurn, int]] = []
        for index, turn in turns:
            bound = self._rebind(turn, self.translation.proposals[index].bindings, calls)
            if bound is None:
                break
            bindings.update(bound)
            calls += [call for round_ in turn.rounds for call in round_]
            ends.append((index, turn, len(calls)))
        if not ends:
            return
        assert bad.handle is not None
        run = Run(start=bad.handle, programs=[program(calls, bindings)], stop_on_error=False)
        (outcome,) = await self.world.run(run)
        for index, turn, end in ends:
            if end > len(outcome.results):
                break
            await self._write_later(index, turn, calls, outcome)

    def _rebind(self, turn: ScriptTurn, bindings: Bindings, calls: list[Call]) -> Bindings | None:
        """Bindings of a later turn with outputs of the faulty turn as they are now, later ones pending."""
        evidence = self.translation.trajectory.evidence
        bound: Bindings = {}
        pending = {call.id for call in calls} | {c.id for r in turn.rounds for c in r}
        for call in (c for r in turn.rounds for c in r):
            for argument in call.arguments:
                place = (call.id, argument.pointer)
                if place not in bindings:
                    continue
                bound[place] = bindings[place]
                if not isinstance(argument.source, OutputSource):
                    continue
                producer = argument.source.call
                entry = evidence[self.wire[call.id]][argument.pointer]
                at = str(entry.get("at"))
                if "output" not in entry:
                    bound[place] = Given(self._argument(call, argument.pointer))
                elif producer in pending:
                    bound[place] = Pending(producer, at)
                elif self._was_in_faulty_turn(producer):
                    value = self._value(producer, at)
                    if value is None:
                        return None
                    bound[place] = Given(value, at)
        return bound

    def _argument(self, call: Call, pointer: str) -> Json:
        """The value of an argument in the reference execution."""
        done = self.conversation.result_of(call.id)
        assert done is not None
        return get(done.arguments, pointer)

    def _was_in_faulty_turn(self, producer: str) -> bool:
        done = self.conversation.result_of(producer)
        return done is not None and done.turn >= self.branch.turn

    def _value(self, producer: str, at: str) -> Json:
        try:
            return get(self.results[producer].result, at)
        except (LookupError, KeyError):
            return None

    async def _write_later(self, index: int, turn: ScriptTurn, calls: list[Call], outcome: Outcome) -> None:
        position = {call.id: i for i, call in enumerate(calls)}
        original = [m for m in self.translation.trajectory.messages if m.turn == index]
        self.messages.append(next(m for m in original if m.role == "user"))
        if not turn.rounds:
            self.messages.append(next(m for m in original if m.role == "assistant"))
            return
        for call in (c for r in turn.rounds for c in r):
            arguments = in_schema_order(self.spec, call.function, outcome.args[position[call.id]])
            self.results[call.id] = Executed(call, index, arguments, outcome.results[position[call.id]])
        for round_ in turn.rounds:
            self._message(index, round_)
        self.messages.append(Message(role="assistant", turn=index, parts=await self._reply(turn), purpose="reply"))

    def _assemble(self) -> PreferencePair:
        prompt = self._prompt()
        return PreferencePair(
            turn=self.branch.turn, prompt=prompt, chosen=self.translation.trajectory.messages[len(prompt):],
            rejected=tuple(self.messages), corresponds=self.corresponds, shows=self.shows,
            made=RANDOM if self.is_control else "mutate",
        )


def _misreports(right: Sequence[MessagePart], wrong: Sequence[MessagePart], call: str, pointer: str) -> bool:
    """Whether the two say the same, but for the value at one place."""
    if len(right) != len(wrong) or right == wrong:
        return False
    return all(a == b or (isinstance(a, Value) and isinstance(b, Value) and (a.call, a.pointer) == (b.call, b.pointer) == (call, pointer))
               for a, b in zip(right, wrong))


def _is_output(call: Call, pointer: str) -> bool:
    """Whether a leaf is to come from a result."""
    return any(each.pointer == pointer and isinstance(each.source, OutputSource) for each in call.arguments)


def _made(executed: Sequence[Executed]) -> list[Made]:
    return [Made(done.call.function, done.arguments, done.result) for done in executed]
