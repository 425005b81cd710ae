"""Branches: the ways one action of a conversation goes wrong, each as a continuation of its turn to be executed.

`taxonomy.py` has the classes, `fault_between.py` finds them again in the sides of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from magnetc.distill.policy import broken_rules
from magnetc.ir import draw
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.json import Json
from magnetc.ir.neighbour import scrambled
from magnetc.ir.path import Argument, Call, DefaultSource, OutputSource, TurnKind, UserSource
from magnetc.ir.pointer import get, tokens
from magnetc.ir.script import Script, ScriptTurn
from magnetc.ir.signature import Effect, FunctionSignature
from magnetc.ir.trajectory import Value
from magnetc.ir.types import Ref, at_pointer
from magnetc.passes.rounds import CAP
from magnetc.teachers.conversation import Bindings, Conversation, Executed, Given, Proposal, entity_of
from magnetc.teachers.offline.entries import agreeing
from magnetc.teachers.offline.values import candidates, draw_argument
from magnetc.teachers.teacher import Teacher

VALUE_FAULTS = ("wrong_value", "invented_value", "stale_reference")

NEAREST = 6
"""Tools tried in place of the right one, the nearest by name, category and effect first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One faulty continuation of a turn. `turn` indexes the script; `round` the round of the turn whose message is faulty.

    `rounds`: the calls made from that round on; `bindings`: those of the turn, the fault in them. `asks`: instead of
    calls, the agent asks for this leaf. `says`: all calls are made, and the reply has this value in place of the one at
    this pointer of the call's result.
    """

    kind: str
    turn: int
    round: int
    rounds: tuple[tuple[Call, ...], ...]
    bindings: Bindings
    asks: tuple[Call, str] | None = None
    says: tuple[str, str, Json] | None = None
    place: str = ""


def kinds_at(turn: ScriptTurn) -> tuple[str, ...]:
    """The fault classes that this turn may offer."""
    if turn.kind is TurnKind.MISS_PARAMS:
        return ("acted_while_missing",)
    if not turn.kind.acts or turn.slips:
        return ()
    several = ("missing_call",) if sum(map(len, turn.rounds)) > 1 else ()
    stepwise = ("stopped_early", "wrong_order") if len(turn.rounds) > 1 else ()
    asked = () if turn.answers or turn.announces else ("asked_needlessly",)
    return (*VALUE_FAULTS, "missing_value", "wrong_function", "needless_call", "wrong_summary", *several, *stepwise, *asked)


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
    elif kind == "wrong_summary":
        yield from _wrong_summaries(index, turn, proposal, conversation)
    elif kind == "stopped_early":
        for number in range(1, len(turn.rounds)):
            yield Branch(kind=kind, turn=index, round=number, rounds=(), bindings=proposal.bindings, place=str(number))
    elif kind == "wrong_order":
        yield from _wrong_orders(index, turn, proposal)
    else:
        for number, round_ in enumerate(turn.rounds):
            for call in round_:
                if kind == "missing_value":
                    yield from _missing_values(index, number, call, turn, proposal, conversation)
                elif kind == "wrong_function":
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
    """One call more, beside the last ones or after them: to a tool that takes what this call took, and changes something or is forbidden by a
    rule; its own is the nearest."""
    turn, spec, mine = script.turns[index], conversation.spec, conversation.spec.tool[call.function]
    right = [each.call.function for each in conversation.executed if each.turn <= index]
    done = {other.function for round_ in turn.rounds for other in round_} - {call.function}
    found = 0
    for other in conversation.spec.nearest(call.function):
        if found == NEAREST:
            return
        if other.name in done or other.name not in script.offered[index]:
            continue
        mapped = _map_arguments(call, mine, other)
        if mapped is None or (other.effect is Effect.READS and not broken_rules(spec, script.path.name, right, [*right, other.name])):
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
    """A turn of several calls with one left out that no other call of the turn depends on; others are made in its round or after it."""
    made = [c for round_ in turn.rounds for c in round_]
    if call.id in {a.source.call for c in made for a in c.arguments if isinstance(a.source, OutputSource)}:
        return
    rounds = tuple(kept for round_ in turn.rounds[number:] if (kept := tuple(c for c in round_ if c is not call)))
    if rounds:
        yield Branch(kind="missing_call", turn=index, round=number, rounds=rounds, bindings=proposal.bindings, place=call.id)


def _wrong_orders(index: int, turn: ScriptTurn, proposal: Proposal) -> Iterator[Branch]:
    """Two calls, each a step of its own, the other way round; the second takes nothing from the first."""
    for number, ((first, *beside), (second, *others)) in enumerate(pairwise(turn.rounds)):
        depends = any(isinstance(each.source, OutputSource) and each.source.call == first.id for each in second.arguments)
        if not beside and not others and not depends:
            rounds = ((second,), (first,), *turn.rounds[number + 2 :])
            yield Branch(kind="wrong_order", turn=index, round=number, rounds=rounds, bindings=proposal.bindings, place=f"{second.id} {first.id}")


def _missing_values(index: int, number: int, call: Call, turn: ScriptTurn, proposal: Proposal, conversation: Conversation) -> Iterator[Branch]:
    """A call without a value that the user has said and the tool can do without."""
    leaves = [leaf for parameter in conversation.spec.tool[call.function].parameters for leaf in argument_leaves(parameter)]
    optional = {leaf.pointer for leaf in leaves if not leaf.required and not leaf.group}
    for argument in call.arguments:
        if isinstance(argument.source, UserSource) and argument.pointer in optional:
            short = replace(call, arguments=tuple(each for each in call.arguments if each is not argument))
            rounds = tuple(tuple(short if each is call else each for each in round_) for round_ in turn.rounds[number:])
            bindings = {place: value for place, value in proposal.bindings.items() if place != (call.id, argument.pointer)}
            yield Branch(kind="missing_value", turn=index, round=number, rounds=rounds, bindings=bindings, place=f"{call.id}{argument.pointer}")


def _wrong_summaries(index: int, turn: ScriptTurn, proposal: Proposal, conversation: Conversation) -> Iterator[Branch]:
    """A value of a result said as another of its type: one that the agent has seen, else one that stands nowhere."""
    said = {(part.call, part.pointer): None for message in conversation.messages if message.turn == index and message.purpose == "reply"
            for part in message.parts if isinstance(part, Value) and part.call and part.pointer.startswith("/")}
    for call_id, pointer in said:
        done = conversation.result_of(call_id)
        value = get(done.result, pointer) if done else None
        if done is None or not isinstance(value, (str, int, float)) or isinstance(value, bool):
            continue
        entity = entity_of(at_pointer(conversation.spec.tool[done.call.function].returns, tokens(pointer)), conversation.spec)
        if entity is None:
            continue
        seen = [each.value for each in conversation.seen(entity.name, undone=True) if each.executed.turn <= index]
        others = [other for other in seen if other != value and type(other) is type(value)]
        others = others or [other for other in candidates(entity, conversation) if other != value and type(other) is type(value)]
        if others:
            other = draw.choose(list({repr(each): each for each in others}.values()), conversation.path.base, call_id, pointer, "summary", name=repr)
            yield Branch(kind="wrong_summary", turn=index, round=len(turn.rounds), rounds=(), bindings=proposal.bindings,
                         says=(call_id, pointer, other), place=f"{call_id}{pointer}={other}")


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
