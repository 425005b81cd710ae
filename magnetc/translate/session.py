"""A session translates one script: words for a turn, its calls in the world, the reply, then the next turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from magnetc.ir.json import Json, wire
from magnetc.ir.path import (
    AbstentionKind,
    Call,
    DefaultSource,
    OutputSource,
    SystemSource,
    TurnKind,
    UserSource,
)
from magnetc.ir.pointer import get
from magnetc.ir.script import Script, ScriptTurn, SystemKind
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import Message, MessagePart, Reference, ToolCall, Trajectory, Value, WorldRef
from magnetc.surface import depends_on_today, occurs
from magnetc.surface.form import fold
from magnetc.surface.today import OTHER_DAYS
from magnetc.teachers.acted import Acted, Step
from magnetc.teachers.conversation import Conversation, Executed, Given, Proposal, entity_of, state_patterns
from magnetc.teachers.prompted.questions import is_acted
from magnetc.teachers.rehearsal import NOTHING, Rehearsal
from magnetc.teachers.shown_form import Resolution, resolution
from magnetc.teachers.teacher import OF_THE_TEACHER, Teacher, Wordless
from magnetc.tools.worlds.protocol import Outcome, Run
from magnetc.tools.worlds.world import World
from magnetc.translate.abstention import abstention
from magnetc.translate.amendments import certify, plan_amendment, said_before
from magnetc.translate.first_success import first_success
from magnetc.translate.program import in_schema_order
from magnetc.translate.rehearsed import ExecutedTurn
from magnetc.translate.scenario import Place, Scenario, mint_seed, values_of
from magnetc.translate.slips import Slip, find_slips

NO_WORDS = "no words: no phrase says this turn's values uniquely"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a script did not become a trajectory. `reason` is short and stable: it is counted."""

    reason: str


@dataclass(slots=True)
class Translation:
    """A trajectory with what distillation needs to branch off it: the conversation, and the world before each turn.

    `dropped`: why turns that Insert made were left out; `left_out`: what of other operations was, and why."""

    trajectory: Trajectory
    conversation: Conversation
    starts: list[Place]
    proposals: list[Proposal]
    dropped: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


async def translate(script: Script, spec: Spec, teacher: Teacher, world: World, scenario: Scenario, *, acts: bool = False) -> Translation | Rejection:
    """Translate `script` in a fresh world. Rejects with a reason when a turn can be neither said nor executed. `acts`: the teacher goes
    through the turns as the agent; where it cannot, the agent does what the script says, and that is noted."""
    return await _Session(script, spec, teacher, world, scenario, acts).run()


def _said_values(parts: Iterable[MessagePart]) -> Iterator[str]:
    """The text of each value in a message, those of references too."""
    for part in parts:
        match part:
            case Value(text):
                yield text
            case Reference(inner):
                yield from _said_values(inner)


@dataclass(slots=True)
class _Session:
    script: Script
    spec: Spec
    teacher: Teacher
    world: World
    scenario: Scenario
    acts: bool
    conversation: Conversation = field(init=False)
    messages: list[Message] = field(default_factory=list)
    evidence: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    wire_ids: dict[str, str] = field(default_factory=dict)
    said_at: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    told: list[tuple[str, Json, int, str]] = field(default_factory=list)
    starts: list[Place] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    taken: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    slips: dict[str, dict[str, Json]] = field(default_factory=dict)
    denied: dict[str, dict[str, Json]] = field(default_factory=dict)
    error: str = ""
    abstentions: dict[int, Mapping[str, Json]] = field(default_factory=dict)
    resolved: dict[tuple[str, str], Resolution] = field(default_factory=dict)

    async def run(self) -> Translation | Rejection:
        start = self.scenario.reset(mint_seed(self.spec, self.script.path.base))
        state = self.scenario.values(self._patterns(0))
        self.conversation = Conversation(self.spec, self.script.path, self.scenario.now, self.scenario.profile, state,
                                         messages=self.messages, system=self.script.system)
        self.starts.append(start)
        system = self.teacher.system(self.conversation)
        self.messages.append(Message(role="system", turn=-1, parts=system))
        index = 0
        while index < len(self.script.turns):
            try:
                reason = await self._turn(index, self.script.turns[index])
            except Wordless as error:
                return Rejection(error.reason)
            if reason is None:
                index += 1
            elif not await self._drop(index, reason):
                return Rejection(reason)
        if self.script.system is SystemKind.NONE:
            self._without_system()
        world = WorldRef(initial=self.scenario.initial, seed=start.seed, now=self.scenario.now,
                         replay=self.world.levels.replay)
        trajectory = Trajectory(script=self.script, world=world, messages=tuple(self.messages), evidence=self.evidence,
                                slips=self.slips, denied=self.denied, abstentions=self.abstentions)
        return Translation(trajectory, self.conversation, self.starts, self.proposals, tuple(self.dropped), tuple(self.left_out))

    def _without_system(self) -> None:
        """Leave the system message out, unless words say a day that only who knows today's date can tell."""
        spoken = [(message.role, text) for message in self.messages[1:] for text in _said_values(message.parts)]
        locale, now = self.conversation.locale, self.conversation.now
        others = {"user": OTHER_DAYS, "assistant": (1,)}
        if any(depends_on_today(text, locale, now, others[role]) for role, text in spoken):
            self.script = replace(self.script, system=SystemKind.PLAIN)
        else:
            del self.messages[0]

    async def _drop(self, index: int, reason: str) -> bool:
        """Go on without a turn that Insert made and that does not hold here; False when the path stands on it."""
        reduced = self.script.without_inserted(index)
        if reduced is None:
            return False
        self.dropped.append(reason)
        self.script, self.conversation.path = reduced, reduced.path
        patterns = self._patterns(index)
        if patterns:
            (outcome,) = await self.world.run(Run(start=self.starts[-1], programs=[()], query=patterns))
            self.conversation.state = values_of(outcome)
        return True

    def _patterns(self, index: int) -> tuple[str, ...]:
        """State that turn `index` draws from."""
        if index >= len(self.script.turns):
            return ()
        goals = self.script.turns[index].goals
        return state_patterns(self.spec, [call.function for goal in goals for call in goal.calls])

    async def _turn(self, index: int, turn: ScriptTurn) -> str | None:
        if turn.kind is TurnKind.NO_TOOL:
            return await self._abstain(index, turn)
        if (at := self.script.amending(index)) is not None and not await self._plan(index, at):
            turn = self.script.turns[index]
        acts = turn.kind.acts
        rounds = turn.rounds if acts else tuple(goal.calls for goal in turn.goals)
        calls = [call for round_ in rounds for call in round_]
        proposal, run = await self._first_success(index, turn, calls, keep=acts)
        if proposal is None or run is None:
            return f"not executable: {self.error}" if self.error else NO_WORDS
        if acts and self.script.without_inserted(index) and not self._needs_result(calls, run):
            return "the user has said the value already"
        if turn.corrects and not proposal.superseded:
            self.left_out.append("correct.before left out: there is no other value to say first")
            self._unchange(index, "correct.before")
        slips = await self._wrong_calls(index, turn, run, proposal) if turn.slips else ()
        proposal = await self._worded(turn, calls, proposal, run)
        self._say(turn, proposal)
        if turn.amends:
            self.said_at.update(said_before(turn, self.said_at))
            self.resolved.update(said_before(turn, self.resolved))
        leak = self._leak(turn, proposal)
        if leak:
            return leak
        self.proposals.append(proposal)
        if acts:
            return await self._act(turn, calls, run, proposal, slips)
        return await self._decline(turn, run, proposal)

    async def _first_success(self, index: int, turn: ScriptTurn, calls: list[Call], *,
                             keep: bool) -> tuple[Proposal | None, Outcome | None]:
        """The first proposal that executes, or of an attempt that is to be refused the one that is."""
        at = self.script.amending(index)
        refused = at is not None and self.script.turns[at].kind is TurnKind.RECOVER
        proposals = self.teacher.propose(turn, self.conversation)
        proposal, run, self.error = await first_success(proposals, calls, self.starts[-1], self.world, keep=keep,
                                                        query=self._patterns(index + 1), refused=refused)
        return proposal, run

    async def _worded(self, turn: ScriptTurn, calls: Sequence[Call], proposal: Proposal, run: Outcome) -> Proposal:
        """A proposal in the teacher's own words."""
        return replace(proposal, parts=await self.teacher.say(turn, proposal, self._rehearsal(calls, run), self.conversation))

    def _rehearsal(self, calls: Sequence[Call], run: Outcome) -> ExecutedTurn:
        """The turn that comes next, executed."""
        return ExecutedTurn(calls=calls, outcome=run, start=self.starts[-1], before=self.conversation.executed,
                            scenario=self.scenario, spec=self.spec, world=self.world)

    async def _plan(self, index: int, at: int) -> bool:
        """Whether turn `at` can amend what turn `index` asks for. If not, the turns are as they were before that operation."""
        attempt = self.script.turns[at].amends[0]
        if any(call == attempt for call, _ in self.conversation.bindings):
            return True
        bindings = await plan_amendment(self.script, index, at, self.conversation, self.teacher, self.world, self.starts[-1])
        if bindings is not None:
            self.conversation.bindings.update(bindings)
            return True
        refused = self.script.turns[at].kind is TurnKind.RECOVER
        self.left_out.append("recover.environment left out: the world refuses no other value of the user's" if refused else
                             "correct.after left out: no other value can be acted on and undone")
        self.script = self.script.unamended(at)
        self.conversation.path = self.script.path
        return False

    async def _wrong_calls(self, index: int, turn: ScriptTurn, run: Outcome, proposal: Proposal) -> tuple[Slip, ...]:
        """The slips of a turn that are really refused. Without one the turn is as it was before Recover."""
        slips = await find_slips(turn, run, proposal.bindings, self.starts[-1], self.conversation, self.world)
        if not slips:
            self.left_out.append("recover.slip left out: no wrong call is refused without a trace")
            self._unchange(index, "recover.slip")
        return slips

    def _unchange(self, index: int, operation: str) -> None:
        self.script = self.script.unchanged(index, operation)
        self.conversation.path = self.script.path

    def _needs_result(self, calls: list[Call], run: Outcome) -> bool:
        """Whether a value of these calls comes from a result alone: an edge that Insert makes must be needed."""
        return any(
            isinstance(argument.source, OutputSource)
            and self._told(call, argument.pointer, get(arguments, argument.pointer)) is None
            for call, arguments in zip(calls, run.args)
            for argument in call.arguments
        )

    def _say(self, turn: ScriptTurn, proposal: Proposal) -> None:
        user_turn = sum(message.role == "user" for message in self.messages)
        self.messages.append(Message(role="user", turn=len(self.proposals), parts=proposal.parts))
        calls = {call.id: call for goal in turn.goals for call in goal.calls}
        for part in proposal.parts:
            if not isinstance(part, Value) or not part.call:
                continue
            if part.superseded and turn.amends:
                continue
            if part.superseded:
                self._take_back(part, calls[part.call], proposal)
                continue
            self.said_at[part.call, part.pointer] = (user_turn, part.text)
            binding = proposal.bindings[part.call, part.pointer]
            entity = entity_of(self.conversation.parameter_type(calls[part.call], part.pointer), self.spec)
            shown = resolution(binding.value, entity, self.conversation) if entity and isinstance(binding, Given) else None
            if shown and fold(part.text) == fold(shown.form):
                self.resolved[part.call, part.pointer] = shown
            elif entity and isinstance(binding, Given):
                self.told.append((entity.name, binding.value, user_turn, part.text))

    def _take_back(self, part: Value, call: Call, proposal: Proposal) -> None:
        """Note the first mention of a value that the words take back."""
        place = (part.call, part.pointer)
        self.taken.setdefault(place, {"said": part.text, "value": proposal.superseded[place]})
        entity = entity_of(self.conversation.parameter_type(call, part.pointer), self.spec)
        if entity:
            self.conversation.taken_back[call.id] = (entity.name, proposal.superseded[place])

    def _leak(self, turn: ScriptTurn, proposal: Proposal) -> str | None:
        """A withheld value must stand nowhere that the agent can read."""
        for name in turn.withheld if turn.kind is TurnKind.MISS_PARAMS else ():
            call_id, _, rest = name.partition("/")
            binding = proposal.bindings.get((call_id, "/" + rest))
            call = next(call for goal in turn.goals for call in goal.calls if call.id == call_id)
            entity = entity_of(self.conversation.parameter_type(call, "/" + rest), self.spec)
            if isinstance(binding, Given) and any(
                occurs(binding.value, entity, self.conversation.locale, self.conversation.now, text)
                for text in self._texts()
            ):
                return "withheld value stands in the conversation"
        return None

    def _texts(self) -> list[str]:
        texts = [message.text for message in self.messages if message.parts]
        return texts + [wire(call.result) for message in self.messages for call in message.calls]

    async def _decline(self, turn: ScriptTurn, run: Outcome, proposal: Proposal) -> str | None:
        index = len(self.proposals) - 1
        acted = await self._acted(turn, index)
        parts = acted.parts if acted else await self.teacher.without_calls(turn, self.conversation)
        if parts is None:
            return "no words: the agent's question or refusal cannot be said in this locale"
        purpose = "refusal" if turn.kind is TurnKind.MISS_FUNC else "clarification"
        self.messages.append(Message(role="assistant", turn=index, parts=parts, purpose=purpose, reasoning=acted.reasoning if acted else ""))
        self.conversation.bindings.update(proposal.bindings)
        self.conversation.state = values_of(run)
        self.starts.append(self.starts[-1])
        return None

    async def _abstain(self, index: int, turn: ScriptTurn) -> str | None:
        """A turn without calls. What its twin calls is executed, to leave no trace: it must be possible, or known."""
        assert turn.abstains is not None
        calls = [call for goal in turn.goals for call in goal.calls]
        known = [self.conversation.result_of(call.id) for call in calls]
        if turn.abstains.kind is AbstentionKind.CONTEXT and not all(known):
            return "the question that is asked again was left out"
        proposal, run = await self._first_success(index, turn, calls, keep=False)
        if proposal is None or run is None:
            return f"not executable: {self.error}" if self.error else NO_WORDS
        if turn.abstains.kind is AbstentionKind.CONTEXT and [done.result for done in known if done] != list(run.results):
            return "the answer that is known no longer holds"
        proposal = await self._worded(turn, calls, proposal, run)
        self._say(turn, proposal)
        self.proposals.append(proposal)
        acted = await self._acted(turn, index)
        parts = acted.parts if acted else await self.teacher.without_calls(turn, self.conversation)
        if parts is None:
            return "no words: what the agent says in place of calls cannot be said in this locale"
        refuses = turn.abstains.kind not in (AbstentionKind.CHITCHAT, AbstentionKind.CONTEXT)
        self.messages.append(Message(role="assistant", turn=index, parts=parts, purpose="refusal" if refuses else "answer",
                                     reasoning=acted.reasoning if acted else ""))
        self.abstentions[index] = abstention(turn, calls, run, parts, self.spec, self.wire_ids, self.said_at)
        self.conversation.state = values_of(run)
        self.starts.append(self.starts[-1])
        return None

    async def _act(self, turn: ScriptTurn, calls: list[Call], run: Outcome, proposal: Proposal, slips: Sequence[Slip]) -> str | None:
        done: dict[str, Executed] = {}
        index = len(self.proposals) - 1
        for position, call in enumerate(calls):
            arguments = in_schema_order(self.spec, call.function, run.args[position])
            done[call.id] = Executed(call, index, arguments, run.results[position])
        acted = await self._acted(turn, index, done, self._rehearsal(calls, run))
        steps = acted.steps if acted else tuple(Step(calls=round_) for round_ in turn.rounds)
        if acted:
            turn = replace(turn, rounds=tuple(step.calls for step in steps))
            self.script = self.script.with_turn(index, turn)
        self._number(turn, slips)
        for position, call in enumerate(calls):
            self.evidence[self.wire_ids[call.id]] = self._evidence(call, proposal, run.args[position], run.at[position])
        if turn.amends:
            self.denied |= certify(turn, self.evidence, self.wire_ids)
            self.conversation.undone |= {turn.amends[0]} if turn.kind is TurnKind.CORRECT else set()
        for place, step in enumerate(steps):
            self._slip(slips, place, index)
            made = tuple(self._tool_call(done[call.id]) for call in step.calls)
            self.messages.append(Message(role="assistant", turn=index, calls=made, purpose="calls", reasoning=step.reasoning))
        self.conversation.executed.extend(done.values())
        self.conversation.bindings.update(proposal.bindings)
        self.conversation.said.extend(self._given(done) if self.script.amending(index) is None else ())
        self.conversation.state = values_of(run)
        assert run.handle is not None
        self.starts.append(run.handle)
        parts = acted.parts if acted else await self.teacher.reply(turn, done, self.conversation)
        self.messages.append(Message(role="assistant", turn=index, parts=parts, purpose="reply", reasoning=acted.reasoning if acted else ""))
        return None

    async def _acted(self, turn: ScriptTurn, index: int, done: Mapping[str, Executed] = {}, rehearsal: Rehearsal = NOTHING) -> Acted | None:
        """What the teacher does as the agent; None where the agent does as the script says: it is not asked, or what it did is of no use."""
        refused = any(isinstance(each.result, dict) and "error" in each.result for each in done.values())
        if not self.acts or refused or not is_acted(turn):
            return None
        try:
            acted = await self.teacher.act(self.script, index, dict(done), rehearsal, self.conversation)
            self.left_out += ["act: a look that was not needed, left out with the turn's thoughts"] * acted.detours
            return acted
        except Wordless as error:
            self.left_out.append(f"act left out: {error.reason.removeprefix(OF_THE_TEACHER)}")
            return None

    def _number(self, turn: ScriptTurn, slips: Sequence[Slip]) -> None:
        """Ids on the wire, in the order in which the calls stand there."""
        for place, round_ in enumerate(turn.rounds):
            for name in (*(slip.name for slip in slips if slip.place == place), *(call.id for call in round_)):
                self.wire_ids[name] = f"call_{len(self.wire_ids) + 1}"

    def _slip(self, slips: Sequence[Slip], place: int, index: int) -> None:
        """The wrong calls before a round, each in a message of its own."""
        for slip in (slip for slip in slips if slip.place == place):
            name = self.wire_ids[slip.name]
            arguments = in_schema_order(self.spec, slip.call.function, slip.arguments)
            made = ToolCall(id=name, source=slip.name, name=slip.call.function, arguments=arguments, result=slip.result)
            self.messages.append(Message(role="assistant", turn=index, calls=(made,), purpose="slip"))
            self.slips[name] = {"repair": self.wire_ids[slip.call.id], **({"at": slip.pointer} if slip.pointer else {})}

    def _tool_call(self, done: Executed) -> ToolCall:
        return ToolCall(id=self.wire_ids[done.call.id], source=done.call.id, name=done.call.function,
                        arguments=done.arguments, result=done.result)

    def _given(self, done: dict[str, Executed]) -> Iterator[tuple[str, Json]]:
        """What the user gave to these calls, in the calls' order: a copy that splits their turn comes to the same list."""
        for executed in done.values():
            for argument in executed.call.arguments:
                entity = entity_of(self.conversation.parameter_type(executed.call, argument.pointer), self.spec)
                if isinstance(argument.source, UserSource) and entity:
                    yield entity.name, get(executed.arguments, argument.pointer)

    def _told(self, call: Call, pointer: str, value: Json) -> dict[str, Json] | None:
        """The user's own words for a result's value, where they said it earlier for an argument of its type.

        The value is then a long dependency on the user, whatever result repeats it; `again`: by the same mention.
        """
        entity = entity_of(self.conversation.parameter_type(call, pointer), self.spec)
        for name, said, turn, text in self.told:
            if entity and said == value and self.spec.type_table.unify(name, entity.name):
                return {"user": turn, "said": text, "again": True}
        return None

    def _evidence(self, call: Call, proposal: Proposal, arguments: Mapping[str, Json],
                  pointers: Mapping[str, str]) -> dict[str, dict[str, Json]]:
        entries: dict[str, dict[str, Json]] = {}
        for argument in call.arguments:
            place = (call.id, argument.pointer)
            match argument.source:
                case UserSource():
                    turn, text = self.said_at[place]
                    entries[argument.pointer] = {"user": turn, "said": text}
                    if place in proposal.alike:
                        entries[argument.pointer]["alike"] = proposal.alike[place]
                    if shown := self.resolved.get(place):
                        resolved = {"call": self.wire_ids[shown.call], "at": shown.at, "by": shown.by}
                        entries[argument.pointer]["resolved"] = resolved
                    if place in self.taken:
                        entries[argument.pointer]["superseded"] = self.taken[place]
                case SystemSource(pointer):
                    entries[argument.pointer] = {"system": pointer, "said": self._shown(pointer)}
                case OutputSource(producer):
                    binding = proposal.bindings[place]
                    at = binding.at if isinstance(binding, Given) else pointers[argument.pointer]
                    told = self._told(call, argument.pointer, get(arguments, argument.pointer))
                    entries[argument.pointer] = told or {"output": self.wire_ids[producer], "at": at}
                case DefaultSource():
                    pass
        return entries

    def _shown(self, pointer: str) -> str:
        if pointer == "/date":
            return next(p.text for p in self.messages[0].parts if isinstance(p, Value) and p.pointer == "/date")
        return str(get({"profile": self.conversation.profile}, pointer))
