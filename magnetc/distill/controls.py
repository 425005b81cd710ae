"""Controls: an agent that calls anything at all, for `negatives: {random: …}`.

Magnet compares its negatives with random rejected trajectories (arXiv 2503.07826 §5): what a pair is worth beyond that any other action is wrong.
Here the calls of a turn, from some message on, are as many calls to other tools that are offered, with values of their types that somebody might
give. Nothing of them is meant to be nearly right, so a control has no single fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from magnetc.distill.branches import Branch
from magnetc.ir import draw
from magnetc.ir.argument_leaf import ArgumentLeaf, argument_leaves
from magnetc.ir.conform import violations
from magnetc.ir.json import Json
from magnetc.ir.path import Argument, Call, UserSource
from magnetc.ir.pointer import expand
from magnetc.ir.script import Script
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import ListOf, Ref
from magnetc.teachers.conversation import Bindings, Conversation, Given, Proposal, entity_of, state_patterns
from magnetc.teachers.offline.values import draw_argument

RANDOM = "random"
"""The kind of these negatives, and of their fault."""

OPTIONAL = 0.3
"""The chance of a value that a tool can do without."""

NUMBERS = {"integer": (1, 50), "number": (1, 500)}
"""Between which bounds a number is drawn that nothing bounds."""


def controls(script: Script, proposals: Sequence[Proposal], conversation: Conversation, state: Json) -> Iterator[Branch]:
    """One control for each turn that gives room for it, in drawn order. `state`: that of the world at the beginning."""
    acting = [index for index, turn in enumerate(script.turns) if turn.kind.acts and turn.rounds and not turn.slips and not script.is_refused(index)]
    key = (conversation.spec.recipe.seed, script.path.id, RANDOM)
    for index in draw.shuffle(acting, *key, name=str):
        if (branch := _control(index, script, proposals[index], conversation, state, key)) is not None:
            yield branch


def _control(index: int, script: Script, proposal: Proposal, conversation: Conversation, state: Json, key: tuple) -> Branch | None:
    rounds, spec = script.turns[index].rounds, conversation.spec
    right = {call.function for round_ in rounds for call in round_}
    others = [spec.tool[name] for name in script.offered[index] if name not in right]
    patterns = state_patterns(spec, [tool.name for tool in others])
    pool = replace(conversation, state={pattern: [value for _, value in expand(state, pattern)] for pattern in patterns})
    number = draw.integer(0, len(rounds) - 1, *key, index, "round")
    bindings: Bindings = dict(proposal.bindings)
    made: list[tuple[Call, ...]] = []
    for round_ in rounds[number:]:
        wrong = [_anything(call, others, pool, bindings, (*key, call.id)) for call in round_]
        found = [call for call in wrong if call is not None]
        if len(found) < len(round_):
            return None
        made.append(tuple(found))
    return Branch(kind=RANDOM, turn=index, round=number, rounds=tuple(made), bindings=bindings, place=str(number))


def _anything(call: Call, others: Sequence[FunctionSignature], conversation: Conversation, bindings: Bindings, key: tuple) -> Call | None:
    """A call in the place of `call`, to the first tool in drawn order for which there are values; they are bound."""
    for tool in draw.shuffle(others, *key, name=lambda each: each.name):
        values = _values(tool, conversation, (*key, tool.name))
        if values is not None:
            bindings.update({(call.id, pointer): Given(value) for pointer, value in values.items()})
            return replace(call, function=tool.name, arguments=tuple(Argument(pointer=pointer, source=UserSource("")) for pointer in values))
    return None


def _values(tool: FunctionSignature, conversation: Conversation, key: tuple) -> Mapping[str, Json] | None:
    """A value for each leaf that a call of `tool` has to have, and for some others. None where there is none of a type."""
    values: dict[str, Json] = {}
    for leaf in (leaf for parameter in tool.parameters for leaf in argument_leaves(parameter)):
        if leaf.group or (not leaf.required and draw.fraction(*key, leaf.pointer) >= OPTIONAL):
            continue
        value = _value(leaf, conversation, (*key, leaf.pointer))
        if value is not None:
            values[leaf.pointer] = value
        elif leaf.required:
            return None
    return values


def _value(leaf: ArgumentLeaf, conversation: Conversation, key: tuple) -> Json:
    """Any value of the leaf's type: one that a user may give, else one that stands in a result, else any number."""
    drawn = draw_argument(leaf.type, conversation, (), *key)
    if drawn is not None:
        return drawn
    entity, table = entity_of(leaf.type, conversation.spec), conversation.spec.type_table
    seen = [each.value for each in conversation.seen(entity.name, undone=True)] if entity else []
    found = [value for value in {repr(each): each for each in seen}.values() if not violations(value, leaf.type, table)]
    if found:
        return draw.choose(found, *key, "seen", name=repr)
    base = entity.base if entity else leaf.type.name if isinstance(leaf.type, Ref) else ""
    if base not in NUMBERS or isinstance(leaf.type, ListOf):
        return None
    number = draw.integer(*NUMBERS[base], *key, "number")
    return None if violations(number, leaf.type, table) else number
