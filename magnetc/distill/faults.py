"""Single faults: the ways one action of a conversation goes wrong, as branches to execute and as differences to find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from magnetc.distill.proofs.sourced import argument_leaves as argument_leaves_of
from magnetc.distill.proofs.view import ConversationView
from magnetc.ir import draw
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.json import Json
from magnetc.ir.neighbour import scrambled
from magnetc.ir.path import Argument, Call, DefaultSource, OutputSource, TurnKind, UserSource
from magnetc.ir.pointer import get, tokens
from magnetc.ir.script import Script, ScriptTurn
from magnetc.ir.signature import Effect, FunctionSignature
from magnetc.ir.types import Ref
from magnetc.passes.rounds import CAP
from magnetc.teachers.conversation import Bindings, Conversation, Executed, Given, Proposal, entity_of
from magnetc.teachers.offline.entries import agreeing
from magnetc.teachers.offline.values import candidates, draw_argument
from magnetc.teachers.teacher import Teacher

FAULTS = {
    "wrong_function": 1.0, "missing_call": 0.8, "wrong_value": 1.0, "invented_value": 0.8, "acted_while_missing": 8.0,
    "asked_needlessly": 0.5, "stale_reference": 6.0, "needless_call": 1.0,
}
"""Fault classes, with the weight that each is drawn with: rare opportunities count more."""

DIRECTIONS = {"other": 0.5, "less": 0.2, "more": 0.3}
"""How an agent goes wrong, by doing something else, less or more than is right, and how often each is tried: calls too many come to
nothing more often, so that as many pairs go one way as the other, and neither length nor the number of calls tells their sides apart."""

DIRECTION = {"missing_call": "less", "asked_needlessly": "less", "acted_while_missing": "more", "needless_call": "more"}
"""The direction of the classes that are not `other`."""

VALUE_FAULTS = ("wrong_value", "invented_value", "stale_reference")

NEAREST = 6
"""Tools tried in place of the right one, the nearest by name, category and effect first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One faulty continuation of a turn. `turn` indexes the script; `round` the round of the turn whose message is faulty.

    `rounds`: the calls made from that round on; `bindings`: those of the turn, the fault in them. `asks`: instead of
    calls, the agent asks for this leaf.
    """

    kind: str
    turn: int
    round: int
    rounds: tuple[tuple[Call, ...], ...]
    bindings: Bindings
    asks: tuple[Call, str] | None = None
    place: str = ""


def kinds_at(turn: ScriptTurn) -> tuple[str, ...]:
    """The fault classes that this turn may offer."""
    if turn.kind is TurnKind.MISS_PARAMS:
        return ("acted_while_missing",)
    if not turn.kind.acts or turn.slips:
        return ()
    several = sum(map(len, turn.rounds)) > 1
    asked = () if turn.answers or turn.announces else ("asked_needlessly",)
    return (*VALUE_FAULTS, "wrong_function", "needless_call", *(("missing_call",) if several else ()), *asked)


def branches(kind: str, index: int, script: Script, proposal: Proposal, conversation: Conversation) -> Iterator[Branch]:
    """Every faulty continuation of one class that turn `index` gives room for."""
    turn = script.turns[index]
    if kind == "acted_while_missing":
        yield from _acted_while_missing(index, turn, proposal, conversation)
    elif kind == "asked_needlessly":
        yield from _asked_needlessly(index, turn, proposal)
    elif kind == "needless_call":
        for call in (call for round_ in turn.rounds for call in round_):
            yield from _needless_calls(index, call, script, proposal, conversation)
    else:
        for number, round_ in enumerate(turn.rounds):
            for call in round_:
                if kind == "wrong_function":
                    yield from _wrong_functions(index, number, call, script, proposal, conversation)
                elif kind == "missing_call":
                    yield from _missing_call(index, number, call, turn, proposal)
                else:
                    faults = _value_faults(index, number, call, turn, proposal, conversation)
                    yield from (branch for branch in faults if branch.kind == kind)


def _value_faults(index: int, number: int, call: Call, turn: ScriptTurn, proposal: Proposal,
                  conversation: Conversation) -> Iterator[Branch]:
    done = conversation.result_of(call.id)
    if done is None:
        return
    for argument in call.arguments:
        expr = conversation.parameter_type(call, argument.pointer)
        entity = entity_of(expr, conversation.spec)
        value = _given(done, argument.pointer)
        if value is None or entity is None or not isinstance(expr, Ref):
            continue
        seen = _context_values(call, entity.name, turn, conversation)
        for kind, other in _replacements(argument, value, seen, call, conversation):
            changed = {**proposal.bindings, (call.id, argument.pointer): Given(other)}
            yield Branch(kind=kind, turn=index, round=number, rounds=turn.rounds[number:], bindings=changed,
                         place=f"{call.id}{argument.pointer}={other}")


def _replacements(argument: Argument, value: Json, seen: list[tuple[Json, str]], call: Call,
                  conversation: Conversation) -> Iterator[tuple[str, Json]]:
    """(kind, wrong value): stale from an older result, wrong from the same context, invented from nowhere."""
    table_order = {done.call.id: i for i, done in enumerate(conversation.executed)}
    producer = argument.source.call if isinstance(argument.source, OutputSource) else None
    told: set[str] = set()
    for other, owner in seen:
        if other == value or repr(other) in told or type(other) is not type(value):
            continue
        told.add(repr(other))
        older = producer is not None and owner in table_order and table_order[owner] < table_order.get(producer, 0)
        yield ("stale_reference" if older else "wrong_value"), other
    invented = _invent(argument, value, call, conversation)
    if invented is not None and invented != value and repr(invented) not in told:
        yield "invented_value", invented


def _context_values(call: Call, type_name: str, turn: ScriptTurn, conversation: Conversation) -> list[tuple[Json, str]]:
    """Values of the type that the agent has seen before this call: (value, id of the call it came from or "")."""
    order = [c.id for round_ in turn.rounds for c in round_]
    own = order.index(call.id)
    found: list[tuple[Json, str]] = []
    for seen in conversation.seen(type_name, undone=True):
        owner = seen.executed.call.id
        if owner in order:
            if order.index(owner) < own:
                found.append((seen.value, owner))
        elif _before(seen.executed, call, conversation):
            found.append((seen.value, owner))
    return found + _said_values(call, type_name, conversation)


def _before(done: Executed, call: Call, conversation: Conversation) -> bool:
    ids = [executed.call.id for executed in conversation.executed]
    return ids.index(done.call.id) < ids.index(call.id)


def _said_values(call: Call, type_name: str, conversation: Conversation) -> list[tuple[Json, str]]:
    """What the user said of this type up to this call's turn."""
    table = conversation.spec.type_table
    found: list[tuple[Json, str]] = []
    for done in conversation.executed:
        for argument in done.call.arguments:
            entity = entity_of(conversation.parameter_type(done.call, argument.pointer), conversation.spec)
            value = _given(done, argument.pointer)
            if isinstance(argument.source, UserSource) and value is not None and entity and table.unify(entity.name, type_name):
                found.append((value, ""))
        taken = conversation.taken_back.get(done.call.id)
        if taken and table.unify(taken[0], type_name):
            found.append((taken[1], ""))
        if done.call.id == call.id:
            break
    return found


def _given(done: Executed, pointer: str) -> Json:
    """The value of an argument leaf; None where the call leaves it out."""
    try:
        return get(done.arguments, pointer)
    except LookupError:
        return None


def _invent(argument: Argument, value: Json, call: Call, conversation: Conversation) -> Json:
    """A value of the right type that stands nowhere in the conversation: a believable hallucination."""
    entity = entity_of(conversation.parameter_type(call, argument.pointer), conversation.spec)
    key = (conversation.path.base, call.id, argument.pointer, "invent")
    if entity is None or isinstance(value, (bool, list, dict)):
        return None
    if entity.minted and isinstance(value, str):
        return scrambled(value, *key)
    tool, name = conversation.spec.tool[call.function], tokens(argument.pointer)[0]
    entry = tool.entry_of(name)
    listed = [each[name] for each in agreeing(tool, entry, {}, conversation.state)] if entry else candidates(entity, conversation)
    pool = [v for v in dict.fromkeys(listed) if v != value]
    if pool:
        return draw.choose(pool, *key)
    expr = conversation.parameter_type(call, argument.pointer)
    return draw_argument(expr, conversation, (), *key) if expr else None


def _wrong_functions(index: int, number: int, call: Call, script: Script, proposal: Proposal,
                     conversation: Conversation) -> Iterator[Branch]:
    """Another tool offered in this turn that takes these arguments: the nearest by name and category first."""
    done = conversation.result_of(call.id)
    if done is None:
        return
    mine = conversation.spec.tool[call.function]
    found = 0
    for other in conversation.spec.nearest(call.function):
        if found == NEAREST:
            return
        if other.name == call.function or other.name not in script.offered[index]:
            continue
        mapped = _map_arguments(call, mine, other)
        if mapped is None:
            continue
        wrong = replace(call, function=other.name, arguments=tuple(new for new, _ in mapped))
        found += 1
        bindings = dict(proposal.bindings)
        for new, old in mapped:
            bindings[call.id, new.pointer] = proposal.bindings[call.id, old.pointer]
        rounds = tuple(tuple(wrong if c is call else c for c in round_) for round_ in script.turns[index].rounds[number:])
        yield Branch(kind="wrong_function", turn=index, round=number, rounds=rounds, bindings=bindings,
                     place=f"{call.id}:{other.name}")


def _needless_calls(index: int, call: Call, script: Script, proposal: Proposal, conversation: Conversation) -> Iterator[Branch]:
    """One call more, beside the last ones or after them: to a tool that changes something and takes what this call took; its own is the nearest."""
    turn, mine = script.turns[index], conversation.spec.tool[call.function]
    done = {other.function for round_ in turn.rounds for other in round_} - {call.function}
    found = 0
    for other in conversation.spec.nearest(call.function):
        if found == NEAREST:
            return
        if other.effect is Effect.READS or other.name in done or other.name not in script.offered[index]:
            continue
        mapped = _map_arguments(call, mine, other)
        if mapped is None:
            continue
        found += 1
        more = replace(call, id=f"{call.id}.more", function=other.name, arguments=tuple(new for new, _ in mapped))
        bindings = {**proposal.bindings, **{(more.id, new.pointer): proposal.bindings[call.id, old.pointer] for new, old in mapped}}
        place = f"{call.id}:{other.name}"
        yield Branch(kind="needless_call", turn=index, round=len(turn.rounds), rounds=((more,),), bindings=bindings, place=place)
        last = turn.rounds[-1]
        if len(last) < CAP and conversation.spec.recipe.calls != "sequential":
            yield Branch(kind="needless_call", turn=index, round=len(turn.rounds) - 1, rounds=((*last, more),), bindings=bindings, place=place)


def _map_arguments(call: Call, mine: FunctionSignature, other: FunctionSignature) -> list[tuple[Argument, Argument]] | None:
    """(argument of the other tool, argument it takes its value from) for all it requires, same types; None if it cannot."""
    free = [argument for argument in call.arguments if not isinstance(argument.source, DefaultSource)]
    mapped: list[tuple[Argument, Argument]] = []
    types = {leaf.pointer: leaf.type for parameter in mine.parameters for leaf in argument_leaves(parameter)}
    for leaf in (leaf for parameter in other.parameters for leaf in argument_leaves(parameter)):
        match = next((a for a in free if types.get(a.pointer) == leaf.type), None)
        if match is not None and not leaf.group:
            free.remove(match)
            mapped.append((replace(match, pointer=leaf.pointer), match))
        elif leaf.required:
            return None
    return mapped if mapped else None


def _missing_call(index: int, number: int, call: Call, turn: ScriptTurn, proposal: Proposal) -> Iterator[Branch]:
    """A turn of several calls with one left out that no other call of the turn depends on."""
    made = [c for round_ in turn.rounds for c in round_]
    if call.id in {a.source.call for c in made for a in c.arguments if isinstance(a.source, OutputSource)}:
        return
    rounds = tuple(kept for round_ in turn.rounds[number:] if (kept := tuple(c for c in round_ if c is not call)))
    yield Branch(kind="missing_call", turn=index, round=number, rounds=rounds, bindings=proposal.bindings, place=call.id)


def _asked_needlessly(index: int, turn: ScriptTurn, proposal: Proposal) -> Iterator[Branch]:
    """A question for something that the user has said already."""
    for call in turn.rounds[0]:
        for argument in call.arguments:
            if isinstance(argument.source, UserSource):
                yield Branch(kind="asked_needlessly", turn=index, round=0, rounds=(), bindings=proposal.bindings,
                             asks=(call, argument.pointer), place=f"{call.id}{argument.pointer}")


def _acted_while_missing(index: int, turn: ScriptTurn, proposal: Proposal, conversation: Conversation) -> Iterator[Branch]:
    """The withheld value made up, and the call made with it."""
    calls = [call for goal in turn.goals for call in goal.calls]
    for name in turn.withheld:
        call_id, _, rest = name.partition("/")
        call = next(call for call in calls if call.id == call_id)
        argument = next((a for a in call.arguments if a.pointer == "/" + rest), None)
        binding = proposal.bindings.get((call_id, "/" + rest))
        if argument is None or not isinstance(binding, Given):
            continue
        invented = _invent(argument, binding.value, call, conversation)
        if invented is None or invented == binding.value:
            continue
        bindings = {**proposal.bindings, (call_id, "/" + rest): Given(invented)}
        yield Branch(kind="acted_while_missing", turn=index, round=0, rounds=tuple((c,) for c in calls),
                     bindings=bindings, place=name)


async def question(branch: Branch, turn: ScriptTurn, teacher: Teacher, conversation: Conversation):
    """The needless question in words, or None where this recipe has none for the leaf."""
    assert branch.asks is not None
    call, pointer = branch.asks
    asking = replace(turn, kind=TurnKind.MISS_PARAMS, withheld=(f"{call.id}{pointer}",))
    return await teacher.without_calls(asking, conversation)


def fault_between(chosen: ConversationView, rejected: ConversationView, prompt: int) -> str:
    """The class of the first difference between the sides of a pair: what `fault.kind` must say."""
    if prompt >= len(chosen.messages) or prompt >= len(rejected.messages):
        return "none"
    good = [c for c in chosen.calls if c.message == prompt]
    bad = [c for c in rejected.calls if c.message == prompt]
    if not good:
        nothing = "needless_call" if _turn_calls(chosen, prompt) else "acted_while_missing"
        return nothing if bad else "none"
    calls_made = _turn_calls(rejected, prompt)
    if not calls_made:
        return "asked_needlessly"
    wanted = _turn_calls(chosen, prompt)
    if calls_made != wanted or len(good) != len(bad):
        return "needless_call" if calls_made > wanted else "missing_call"
    pairs = [(g, b) for g, b in zip(good, bad) if g.name != b.name or g.arguments != b.arguments]
    if len(pairs) != 1:
        return "none"
    g, b = pairs[0]
    if g.name != b.name:
        return "wrong_function"
    right, wrong = dict(argument_leaves_of(g)), dict(argument_leaves_of(b))
    changed = [pointer for pointer in right if wrong.get(pointer) != right[pointer]]
    if len(changed) != 1 or set(right) != set(wrong):
        return "none"
    return _value_fault(chosen, g.message, g.id, changed[0], wrong[changed[0]])


def _turn_calls(view: ConversationView, prompt: int) -> int:
    """How many calls the user turn has in which the prompt ends."""
    start = max((i for i in view.users if i < prompt), default=0)
    return sum(start < call.message < view.turn_end(prompt) for call in view.calls)


def _value_fault(chosen: ConversationView, message: int, call_id: str, pointer: str, value: Json) -> str:
    """Stale when an older result than the producer's holds the value, invented when nothing does, else wrong."""
    entry = chosen.sources.get(call_id, {}).get(pointer, {})
    holders = [c for c in chosen.calls if c.result_message < message and value in _scalars(c.result)]
    producer = chosen.position.get(str(entry.get("output", "")))
    if producer is not None and holders and chosen.position[holders[0].id] < producer:
        return "stale_reference"
    said = [
        get(c.arguments, pointer)
        for c in chosen.calls
        for pointer, e in chosen.sources.get(c.id, {}).items()
        if "user" in e and chosen.users[int(e["user"])] < message
    ]
    said += [e["superseded"]["value"] for entries in chosen.sources.values() for e in entries.values()
             if "value" in e.get("superseded", ()) and chosen.users[int(e["user"])] < message]
    return "wrong_value" if holders or value in said else "invented_value"


def _scalars(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [s for item in value.values() for s in _scalars(item)] + list(value)
    if isinstance(value, list):
        return [s for item in value for s in _scalars(item)]
    return [value]
