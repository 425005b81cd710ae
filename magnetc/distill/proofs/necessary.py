"""Proof 4, necessary: an argument that comes from a result could not have come from elsewhere.

(a) No surface form of the value stands in an earlier message other than its producer's result. The agent's own words
after that result may repeat it, and so may results of calls that were given the value: both have it from the producer.
It is no default and no single-valued enum. (b) With the producer's output perturbed within its type, keeping the old
value makes the consumer fail or the execution non-equivalent. Minted values are perturbed by minting with another seed,
in one replay per producer; other values by giving the consumer another value of the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json, wire
from magnetc.ir.neighbour import neighbour
from magnetc.ir.pointer import expand, get, tokens
from magnetc.ir.spec import Spec
from magnetc.ir.types import EntityType
from magnetc.surface import occurs
from magnetc.teachers.conversation import entity_of
from magnetc.tools.worlds.protocol import Outcome, Ref, Step
from magnetc.translate.program import put

Verdict = bool | str


@dataclass(frozen=True, slots=True)
class OutputLeaf:
    """An argument leaf whose value is an earlier result: consumer and producer by position among the calls."""

    consumer: int
    pointer: str
    producer: int
    at: str
    value: Json
    entity: EntityType | None
    is_default: bool

    @property
    def place(self) -> tuple[int, str]:
        return self.consumer, self.pointer


@dataclass(frozen=True, slots=True)
class Trial:
    """Two programs that decide most leaves by results alone: before a consumer is called, its leaf is tried with another
    value (`literal`, the row's seed), and with the old value where another was minted (`derived`, another seed).

    `tried` and `kept` name the leaves of each step's trials, in order.
    """

    leaves: tuple[OutputLeaf, ...]
    literal: tuple[Step, ...]
    derived: tuple[Step, ...]
    tried: dict[int, list[tuple[int, str]]]
    kept: dict[int, list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """Whole programs for leaves that results do not decide: the states at the end have to tell."""

    leaves: tuple[OutputLeaf, ...]
    substituted: dict[tuple[int, str], tuple[Step, ...]]
    derived: tuple[Step, ...]
    kept: dict[int, tuple[Step, ...]]


def output_leaves(view: ConversationView, spec: Spec) -> tuple[OutputLeaf, ...]:
    """Every leaf that the certificate says comes from a result."""
    found = []
    for index, call in enumerate(view.calls):
        for pointer, entry in view.sources.get(call.id, {}).items():
            producer = view.position.get(str(entry.get("output", "")))
            if producer is None:
                continue
            parameter = spec.tool[call.name].parameter(tokens(pointer)[0])
            expr = spec.argument_type(call.name, pointer)
            try:
                value = get(call.arguments, pointer)
            except LookupError:
                continue
            default = parameter is not None and parameter.default is not None and parameter.default == value
            found.append(
                OutputLeaf(index, pointer, producer, str(entry["at"]), value, entity_of(expr, spec), default)
            )
    return tuple(found)


def trial(view: ConversationView, spec: Spec, open_leaves: tuple[OutputLeaf, ...]) -> Trial:
    """The brief programs for `open_leaves`."""
    literal, derived = list(_program(view, ())), list(_program(view, output_leaves(view, spec)))
    tried: dict[int, list[tuple[int, str]]] = {}
    kept: dict[int, list[tuple[int, str]]] = {}
    for leaf in open_leaves:
        other = perturbed(leaf, view, spec)
        if other is not None:
            _try_instead(literal, leaf, other, tried)
        if leaf.entity and leaf.entity.minted:
            _try_instead(derived, leaf, leaf.value, kept)
    end = max(kept, default=-1) + 1
    return Trial(open_leaves, tuple(literal), tuple(derived[:end]), tried, kept)


def _try_instead(steps: list[Step], leaf: OutputLeaf, value: Json, places: dict[int, list[tuple[int, str]]]) -> None:
    step = steps[leaf.consumer]
    steps[leaf.consumer] = replace(step, instead=(*step.instead, {leaf.pointer: value}))
    places.setdefault(leaf.consumer, []).append(leaf.place)


def experiment(view: ConversationView, spec: Spec, open_leaves: tuple[OutputLeaf, ...]) -> Experiment:
    """The whole programs for `open_leaves`."""
    every = output_leaves(view, spec)
    substituted = {}
    for leaf in open_leaves:
        other = perturbed(leaf, view, spec)
        if other is not None:
            substituted[leaf.place] = _program(view, (), {leaf.place: other})
    minting = sorted({leaf.producer for leaf in open_leaves if leaf.entity and leaf.entity.minted})
    kept = {producer: _program(view, tuple(leaf for leaf in every if leaf.producer != producer)) for producer in minting}
    return Experiment(open_leaves, substituted, _program(view, every) if kept else (), kept)


def _program(view: ConversationView, derived: tuple[OutputLeaf, ...],
             other: dict[tuple[int, str], Json] | None = None) -> tuple[Step, ...]:
    """The row's calls: the leaves `derived` taken anew from their producers, those in `other` with another value."""
    refs: dict[int, dict[str, Ref]] = {}
    for leaf in derived:
        refs.setdefault(leaf.consumer, {})[leaf.pointer] = Ref(step=leaf.producer, at=leaf.at)
    steps = []
    for index, call in enumerate(view.calls):
        arguments = dict(call.arguments)
        for (consumer, pointer), value in (other or {}).items():
            if consumer == index:
                put(arguments, pointer, value)
        steps.append(Step(call=call.name, args=arguments, refs=refs.get(index, {})))
    return tuple(steps)


def perturbed(leaf: OutputLeaf, view: ConversationView, spec: Spec) -> Json:
    """Another value of the leaf's type: from the conversation's results, the type itself, or near by; None without one."""
    for other in _same_type(leaf, view, spec):
        if other != leaf.value and type(other) is type(leaf.value):
            return other
    entity = leaf.entity
    for other in (*entity.enum, *entity.examples) if entity else ():
        if other != leaf.value:
            return other
    return neighbour(leaf.value, entity)


def _same_type(leaf: OutputLeaf, view: ConversationView, spec: Spec) -> Iterator[Json]:
    """Values of the leaf's entity type in results before its consumer."""
    if leaf.entity is None:
        return
    for call in view.calls[: leaf.consumer]:
        for at in spec.outputs(call.name, leaf.entity.name):
            yield from (value for _, value in expand(call.result, at))


def brief_verdicts(tried: Trial, literal: Outcome, derived: Outcome | None) -> dict[tuple[int, str], Verdict | None]:
    """True where another value, or the old one after reminting, gives another result; "context" where neither can be tried.

    None: the results are the same, the states have to tell.
    """
    others = _by_place(tried.tried, literal)
    kept = _by_place(tried.kept, derived) if derived else {}
    decided: dict[tuple[int, str], Verdict | None] = {}
    for leaf in tried.leaves:
        reminted = derived is not None and leaf.place in kept and _was_reminted(leaf, derived)
        if (reminted and derived and kept[leaf.place] != derived.results[leaf.consumer]) or (
            leaf.place in others and others[leaf.place] != literal.results[leaf.consumer]
        ):
            decided[leaf.place] = True
        else:
            decided[leaf.place] = None if reminted or leaf.place in others else "context"
    return decided


def _by_place(places: dict[int, list[tuple[int, str]]], outcome: Outcome) -> dict[tuple[int, str], Json]:
    return {place: result for step, own in places.items() for place, result in zip(own, outcome.instead.get(step, ()))}


def verdicts(whole: Experiment, literal: Outcome, substituted: dict[tuple[int, str], Outcome], derived: Outcome | None,
             kept: dict[int, Outcome]) -> dict[tuple[int, str], Verdict]:
    """True where the state at the end differs, else False."""
    return {
        leaf.place: (
            derived is not None and leaf.producer in kept and _was_reminted(leaf, derived)
            and kept[leaf.producer].observed != derived.observed
        ) or (leaf.place in substituted and substituted[leaf.place].observed != literal.observed)
        for leaf in whole.leaves
    }


def _was_reminted(leaf: OutputLeaf, derived: Outcome) -> bool:
    """Whether the producer minted another value under the other seed, and the consumer was reached."""
    if leaf.consumer >= len(derived.results):
        return False
    try:
        return get(derived.results[leaf.producer], leaf.at) != leaf.value
    except LookupError:
        return False


def stands_elsewhere(leaf: OutputLeaf, view: ConversationView, locale: str) -> bool:
    """Whether the agent could have the value from another place than its producer's result."""
    if leaf.is_default or (leaf.entity is not None and len(leaf.entity.enum) == 1):
        return True
    now = str(view.certificate["world"]["now"])
    producer = view.calls[leaf.producer]
    consumer = view.calls[leaf.consumer]
    echoes = {call.result_message for call in view.calls if _holds(call, leaf.value)}
    for index in range(consumer.message):
        message = view.messages[index]
        if index == producer.result_message or index in echoes:
            continue
        if message["role"] == "assistant" and index > producer.result_message:
            continue
        if occurs(leaf.value, leaf.entity, locale, now, message["content"]):
            return True
    return False


def _holds(call: CallView, value: Json) -> bool:
    """Whether a call was given the value: its result then only echoes it."""
    return value in call.arguments.values() or (isinstance(value, str) and value in call.raw_arguments)


def check(view: ConversationView, decided: dict[tuple[int, str], Verdict]) -> list[str]:
    """The certificate says of each leaf what was found, and an edge that Insert made is not unnecessary."""
    problems: list[str] = []
    needed: set[str] = set()
    for (consumer, pointer), verdict in decided.items():
        call = view.calls[consumer]
        if verdict is not False:
            needed.add(call.id)
        certified = view.sources[call.id][pointer].get("necessary")
        if certified != verdict:
            both = f"{wire(certified)}, found: {wire(verdict)}"
            problems.append(f"`{call.id}` argument `{pointer}` is certified necessary: {both}")
    unneeded = [call for call in view.certificate["inserted"] if call in view.position and call not in needed]
    return problems + [f"`{call}` was inserted, yet none of its values needs an earlier result" for call in unneeded]
