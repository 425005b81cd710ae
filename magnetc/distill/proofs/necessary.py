"""Proof 4, necessary: an argument that comes from a result could not have come from elsewhere.

(a) No surface form of the value stands in an earlier message other than its producer's result. The agent's own words
after that result may repeat it, and so may results of calls that were given the value: both have it from the producer.
It is no default and no single-valued enum. (b) With the producer's output perturbed within its type, keeping the old
value makes the consumer fail or the execution non-equivalent. Minted values are perturbed by minting with another seed,
in one replay per producer; other values by giving the consumer another value of the type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json, wire
from magnetc.ir.pointer import expand, get, tokens
from magnetc.ir.spec import Spec
from magnetc.ir.types import EntityType, at_pointer
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
class Experiment:
    """The programs that decide necessity: `substituted` under the row's seed, `derived` and `kept` under another.

    A brief experiment ends each program at its last consumer: another result there decides. Only where the results are
    the same does the state at the end have to tell, in a `full` one.
    """

    leaves: tuple[OutputLeaf, ...]
    full: bool
    substituted: dict[tuple[int, str], tuple[Step, ...]]
    derived: tuple[Step, ...]
    kept: dict[int, tuple[Step, ...]]


def output_leaves(view: ConversationView, spec: Spec) -> tuple[OutputLeaf, ...]:
    found = []
    for index, call in enumerate(view.calls):
        for pointer, entry in view.sources.get(call.id, {}).items():
            producer = view.position.get(str(entry.get("output", "")))
            if producer is None:
                continue
            parameter = spec.tool[call.name].parameter(tokens(pointer)[0])
            expr = at_pointer(parameter.type, tokens(pointer)[1:]) if parameter else None
            try:
                value = get(call.arguments, pointer)
            except LookupError:
                continue
            default = parameter is not None and parameter.default is not None and parameter.default == value
            found.append(
                OutputLeaf(index, pointer, producer, str(entry["at"]), value, entity_of(expr, spec), default)
            )
    return tuple(found)


def experiment(view: ConversationView, spec: Spec, found: tuple[OutputLeaf, ...], *, full: bool = False) -> Experiment:
    """The programs to run for the leaves `found`."""
    every = output_leaves(view, spec) if full else found
    substituted = {}
    for leaf in found:
        other = perturbed(leaf, view, spec)
        if other is not None:
            end = len(view.calls) if full else leaf.consumer + 1
            substituted[leaf.place] = _program(view, every, end, replace={leaf.place: other})
    minting = sorted({leaf.producer for leaf in found if leaf.entity and leaf.entity.minted})
    kept = {}
    for producer in minting:
        own = {leaf.place for leaf in every if leaf.producer == producer}
        end = len(view.calls) if full else max(consumer for consumer, _ in own) + 1
        kept[producer] = _program(view, every, end, derive=True, keep=own)
    derived = _program(view, every, max(map(len, kept.values())), derive=True) if kept else ()
    return Experiment(found, full, substituted, derived, kept)


def _program(view: ConversationView, found: tuple[OutputLeaf, ...], end: int, *, derive: bool = False,
             keep: set[tuple[int, str]] | None = None, replace: dict[tuple[int, str], Json] | None = None) -> tuple[Step, ...]:
    refs: dict[int, dict[str, Ref]] = {}
    if derive:
        for leaf in found:
            if leaf.place not in (keep or ()):
                refs.setdefault(leaf.consumer, {})[leaf.pointer] = Ref(step=leaf.producer, at=leaf.at)
    steps = []
    for index, call in enumerate(view.calls[:end]):
        arguments = dict(call.arguments)
        for (consumer, pointer), value in (replace or {}).items():
            if consumer == index:
                put(arguments, pointer, value)
        steps.append(Step(call=call.name, args=arguments, refs=refs.get(index, {})))
    return tuple(steps)


def perturbed(leaf: OutputLeaf, view: ConversationView, spec: Spec) -> Json:
    """Another value of the leaf's type: from the conversation's results, the type itself, or near by. None if there is none."""
    for other in _same_type(leaf, view, spec):
        if other != leaf.value and type(other) is type(leaf.value):
            return other
    entity = leaf.entity
    for other in (*entity.enum, *entity.examples) if entity else ():
        if other != leaf.value:
            return other
    return _neighbour(leaf.value, entity)


def _same_type(leaf: OutputLeaf, view: ConversationView, spec: Spec):
    if leaf.entity is None:
        return
    for call in view.calls[: leaf.consumer]:
        for at in spec.outputs(call.name, leaf.entity.name):
            yield from (value for _, value in expand(call.result, at))


def _neighbour(value: Json, entity: EntityType | None) -> Json:
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return None
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return round(value * 1.1 + 1, 2)
    if entity is not None and entity.format == "date":
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    if entity is not None and (entity.format or entity.pattern) and not entity.minted:
        return None
    return value[:-1] + ("A" if value[-1:] != "A" else "B")


@dataclass(frozen=True, slots=True)
class Findings:
    """The outcomes of an experiment, as it names its programs."""

    literal: Outcome
    substituted: dict[tuple[int, str], Outcome]
    derived: Outcome | None
    kept: dict[int, Outcome]


def verdicts(trial: Experiment, findings: Findings) -> dict[tuple[int, str], Verdict | None]:
    """For each leaf: True, "context" (it cannot be perturbed here), False, or after a brief experiment None: not decided."""
    return {leaf.place: _verdict(leaf, trial, findings) for leaf in trial.leaves}


def _verdict(leaf: OutputLeaf, trial: Experiment, findings: Findings) -> Verdict | None:
    if _was_reminted(leaf, findings):
        assert findings.derived is not None
        if _differs(leaf.consumer, findings.derived, findings.kept[leaf.producer], trial.full):
            return True
    other = findings.substituted.get(leaf.place)
    if other is not None and _differs(leaf.consumer, findings.literal, other, trial.full):
        return True
    if other is None and not _was_reminted(leaf, findings):
        return "context"
    return False if trial.full else None


def _was_reminted(leaf: OutputLeaf, findings: Findings) -> bool:
    """Whether the producer minted another value under the other seed."""
    derived = findings.derived
    if derived is None or leaf.producer not in findings.kept or leaf.consumer >= len(derived.results):
        return False
    try:
        return get(derived.results[leaf.producer], leaf.at) != leaf.value
    except LookupError:
        return False


def _differs(consumer: int, expected: Outcome, actual: Outcome, full: bool) -> bool:
    """Whether the consumer's result differs, or in a full experiment the state at the end."""
    if consumer >= len(actual.results) or consumer >= len(expected.results):
        return True
    return expected.results[consumer] != actual.results[consumer] or (full and expected.observed != actual.observed)


def stands_elsewhere(leaf: OutputLeaf, view: ConversationView, spec: Spec, locale: str) -> bool:
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
    return value in call.arguments.values() or (isinstance(value, str) and value in wire(dict(call.arguments)))


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
            problems.append(f"`{call.id}` argument `{pointer}` is certified necessary: {wire(certified)}, found: {wire(verdict)}")
    unneeded = [call for call in view.certificate["inserted"] if call in view.position and call not in needed]
    return problems + [f"`{call}` was inserted, yet none of its values needs an earlier result" for call in unneeded]
