"""Options: where the value of each argument leaf of a goal may come from, and a choice among them that can be said.

A leaf's options are in order of preference, drawn by key. What a phrase must do for an option follows from its flags:
say it because the user gives it, point at an earlier result, or pass over it in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, NamedTuple

from magnetc.ir import draw
from magnetc.ir.path import ArgumentSource, Call, DefaultSource, OutputSource, SystemSource, UserSource
from magnetc.ir.pointer import tokens
from magnetc.passes.speech import Chain, LeafName

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext, ParameterInfo

PAST, TURN, CHAIN = range(3)
"""Where an earlier call stands: in an earlier turn, in the same turn, in the chain of the same goal."""

TRIES = 48
"""Combinations tried around the drawn one before phrases are asked what they would take."""

LATEST = 6.0
"""How much likelier the latest producer of a value is than any earlier one."""

OPTIONAL = OUTPUT = 0.5
"""Chance that an optional argument is given, and that a value a user could give is an earlier result instead."""


class Earlier(NamedTuple):
    """A call that is made before, as far as its results matter."""

    call: str
    function: str
    place: int


class Option(NamedTuple):
    """One source. `user`: the user says it. `output`: words can point at it. `must`: they have to.

    `follows`: it is clear without words, but only beside another value of the same result that words point at: "convert
    that fare" settles the currency too. `function` is the tool that produced an output.
    """

    source: ArgumentSource
    user: bool = False
    output: bool = False
    must: bool = False
    follows: bool = False
    function: str = ""

    @property
    def call(self) -> str:
        """The call that an output comes from; empty for other sources."""
        return self.source.call if isinstance(self.source, OutputSource) else ""


class Leaf(NamedTuple):
    name: LeafName
    parameter: ParameterInfo
    options: tuple[Option, ...]


Picks = tuple[Option, ...]


class Where(NamedTuple):
    """The place of a goal: its turn, the calls before it, and the key of its draws.

    `like` is the call of the turn that it is the twin of, if it is one: both say the same optional arguments.
    """

    locale: str
    turn: str
    earlier: tuple[Earlier, ...]
    key: tuple
    like: str = ""


def leaves_of(context: CompileContext, goal: Sequence[Call], where: Where) -> list[Leaf]:
    """The argument leaves of a goal's calls. Arguments that a call already has are its only options."""
    slots = _slots(context, tuple(call.function for call in goal), where.locale)
    earlier, leaves = where.earlier, []
    for position, call in enumerate(goal):
        pinned = {argument.pointer: argument.source for argument in call.arguments}
        here = where._replace(earlier=earlier)
        for parameter in context.parameters[call.function]:
            slotted = slots is None or (position, parameter.name) in slots
            if parameter.pointer in pinned:
                options = _pinned(context, parameter, pinned[parameter.pointer], here, slotted)
            else:
                options = _options(context, call, parameter, here, slotted, generic=slots is None)
            leaves.append(Leaf((position, parameter.name), parameter, options))
        earlier = (*earlier, Earlier(call.id, call.function, CHAIN))
    return leaves


def _slots(context: CompileContext, chain: Chain, locale: str) -> frozenset[LeafName] | None:
    """The leaves that some phrase names; None when a generic phrase names whatever the user gives."""
    if context.speech.generic(chain):
        return None
    return frozenset().union(*(shape.all for shape in context.speech.shapes(chain, locale)))


def _pinned(context: CompileContext, parameter: ParameterInfo, source: ArgumentSource, where: Where,
            slotted: bool) -> tuple[Option, ...]:
    match source:
        case OutputSource():
            return tuple(o for o in _outputs(context, parameter, where, slotted) if o.source == source)
        case UserSource():
            return (Option(source, user=True),)
        case _:
            return (Option(source),)


def _options(context: CompileContext, call: Call, parameter: ParameterInfo, where: Where, slotted: bool,
             generic: bool) -> tuple[Option, ...]:
    if parameter.system:
        return (Option(SystemSource(parameter.system)),)
    outputs = _outputs(context, parameter, where, slotted and not generic)
    given = slotted and where.locale in parameter.given
    user = (Option(UserSource(where.turn), user=True),) if given else ()
    key = (*where.key, call.id, parameter.name)
    if len(outputs) > 1:
        latest = outputs[0]
        outputs = tuple(draw.shuffle(outputs, *where.key, call.id, "output", name=lambda o: o.call,
                                     weight=lambda o: LATEST if o is latest else 1.0))
    prefer_output = outputs and (not given or draw.fraction(*key, "prefer") < OUTPUT)
    told = (*outputs, *user) if prefer_output else (*user, *outputs)
    if parameter.required:
        return told
    silent = (Option(DefaultSource()),)
    together = parameter.group if parameter.group and parameter.needed else parameter.name
    chance = draw.fraction(*where.key, where.like or call.id, together, "optional")
    return (*told, *silent) if chance < OPTIONAL else (*silent, *told)


def _outputs(context: CompileContext, parameter: ParameterInfo, where: Where, slotted: bool) -> tuple[Option, ...]:
    """Earlier results that may be this argument, the latest first.

    A value may be taken without words when a user would never give it (or the call is an implicit helper), it is the only
    one its call returned, and no later call returned another. Otherwise words have to point at it, or at its result.
    """
    if not parameter.outputs:
        return ()
    found = [(e, at) for e in reversed(where.earlier) for at in parameter.outputs.get(e.function, ())]
    unique = len(found) == 1 and "*" not in tokens(found[0][1])
    options = []
    for earlier, pointer in found:
        alone = "*" not in tokens(pointer) and all(e.call != earlier.call or at == pointer for e, at in found)
        untold = alone and (earlier.place == CHAIN or where.locale not in parameter.given)
        clear = untold and earlier.call == found[0][0].call
        pointed = slotted and context.points(parameter, earlier.function, pointer, where.locale,
                                             known=earlier.place == PAST, unique=unique)
        if untold or pointed:
            options.append(Option(OutputSource(earlier.call, pointer), output=pointed, must=pointed and not clear,
                                  follows=not (pointed or clear), function=earlier.function))
    return tuple(options)


def pick_options(context: CompileContext, chain: Chain, locale: str, leaves: Sequence[Leaf],
                 refuses: Callable[[Picks], bool] = lambda picks: False) -> Picks | None:
    """One option a leaf such that a phrase can say them all, as near to the drawn preferences as possible.

    `refuses` rules out choices that could be said but should not be made.
    """
    for picks in islice(_near(leaves), TRIES):
        if is_sayable(context, chain, locale, leaves, picks) and not refuses(picks):
            return picks
    for shape in context.speech.shapes(chain, locale):
        picks = tuple(pick for leaf in leaves if (pick := _for_phrase(leaf, shape.required, shape.all)))
        if len(picks) == len(leaves) and is_sayable(context, chain, locale, leaves, picks) and not refuses(picks):
            return picks
    return None


def is_sayable(context: CompileContext, chain: Chain, locale: str, leaves: Sequence[Leaf], picks: Sequence[Option]) -> bool:
    """Whether some phrase fits these sources, and the results taken by each call go together."""
    names = [leaf.name for leaf in leaves]
    user = frozenset(name for name, pick in zip(names, picks) if pick.user)
    outputs = frozenset(name for name, pick in zip(names, picks) if pick.output)
    must = frozenset(name for name, pick in zip(names, picks) if pick.must)
    return _go_together(leaves, picks) and context.speech.fits(chain, locale, user, outputs, must)


def _go_together(leaves: Sequence[Leaf], picks: Sequence[Option]) -> bool:
    """No value is taken twice; what follows has what it follows; values that come in pairs come from one result; objects are whole."""
    if not _are_whole(leaves, picks):
        return False
    taken = [(leaf, pick) for leaf, pick in zip(leaves, picks) if pick.function]
    for leaf, pick in taken:
        others = [(other, its) for other, its in taken if other is not leaf and other.name[0] == leaf.name[0]]
        if any(its.source == pick.source for _, its in others):
            return False
        if pick.follows and not any(its.must and its.call == pick.call for _, its in others):
            return False
        if any(its.call != pick.call and other.parameter.entity != leaf.parameter.entity
               and pick.function in other.parameter.outputs and its.function in leaf.parameter.outputs
               for other, its in others):
            return False
    return True


def _are_whole(leaves: Sequence[Leaf], picks: Sequence[Option]) -> bool:
    """Whether each object of which something is given has all that it needs."""
    given = [(leaf.name[0], leaf.parameter.pointer) for leaf, pick in zip(leaves, picks) if not isinstance(pick.source, DefaultSource)]

    def holds(position: int, inside: str) -> bool:
        """Whether something is given inside an object of a call, or of the call itself."""
        return any(call == position and pointer.startswith(f"{inside}/") for call, pointer in given)

    for leaf, pick in zip(leaves, picks):
        position, parameter = leaf.name[0], leaf.parameter
        if parameter.needed and isinstance(pick.source, DefaultSource) and holds(position, parameter.group):
            return False
        if any(not holds(position, each) for each, group in parameter.objects if not group or holds(position, group)):
            return False
    return True


def _near(leaves: Sequence[Leaf]) -> Iterator[Picks]:
    """All first options, then one leaf changed, then two."""
    first = tuple(leaf.options[0] for leaf in leaves)
    yield first
    open_ = [index for index, leaf in enumerate(leaves) if len(leaf.options) > 1]
    for count in (1, 2):
        for changed in combinations(open_, count):
            for others in product(*(leaves[index].options[1:] for index in changed)):
                picks = list(first)
                for index, option in zip(changed, others):
                    picks[index] = option
                yield tuple(picks)


def _for_phrase(leaf: Leaf, required: frozenset[LeafName], named: frozenset[LeafName]) -> Option | None:
    for option in leaf.options:
        if leaf.name in required:
            suits = option.user or option.output
        else:
            suits = leaf.name in named or not (option.user or option.must)
        if suits:
            return option
    return None


def can_ever_say(context: CompileContext, tool: str, locale: str, taken: tuple[str, OutputSource] | None = None) -> bool:
    """Whether a request for `tool` alone can be said in `locale` when every producer of its values came earlier.

    `taken`: a parameter and the output that it has to be, of a call with its tool's name for an id.
    """
    slots = _slots(context, (tool,), locale)
    leaves = []
    for parameter in context.parameters[tool]:
        slotted = slots is None or (0, parameter.name) in slots
        options = [Option(SystemSource(parameter.system))] if parameter.system else []
        if slotted and locale in parameter.given and not parameter.system:
            options.append(Option(UserSource(""), user=True))
        if not parameter.system:
            options += _imagined(context, parameter, locale, slotted and slots is not None)
        if not parameter.required and not parameter.system:
            options.append(Option(DefaultSource()))
        if taken and taken[0] == parameter.name:
            options = [option for option in options if option.source == taken[1]]
        if not options:
            return False
        leaves.append(Leaf((0, parameter.name), parameter, tuple(options)))
    return pick_options(context, (tool,), locale, leaves) is not None


def _imagined(context: CompileContext, parameter: ParameterInfo, locale: str, slotted: bool) -> list[Option]:
    """Outputs as they would be at best: the only value of their type so far, in an earlier turn."""
    options = []
    for source, pointers in parameter.outputs.items():
        for pointer in pointers:
            silent = "*" not in tokens(pointer) and locale not in parameter.given
            pointed = slotted and context.points(parameter, source, pointer, locale)
            if silent or pointed:
                options.append(Option(OutputSource(source, pointer), output=pointed, must=not silent, function=source))
    return options
