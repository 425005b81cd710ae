"""Calls with bound leaves as a program for the world: literals, and references to results of the same program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.path import Call
from magnetc.ir.pointer import get, put
from magnetc.ir.spec import Spec
from magnetc.teachers.conversation import Bindings, Given, Pending
from magnetc.teachers.shown_form import unmeant
from magnetc.tools.worlds.protocol import Outcome, Ref, Step


def program(calls: Iterable[Call], bindings: Bindings, alike: Mapping[tuple[str, str], Json] | None = None) -> tuple[Step, ...]:
    """One step per call, in order. A leaf bound to nothing is left out (a default).

    A step with leaves in `alike` is tried with those values too, all at once, and with words that mean nothing.
    """
    calls = tuple(calls)
    position = {call.id: index for index, call in enumerate(calls)}
    return tuple(_step(call, bindings, position, alike or {}) for call in calls)


def _step(call: Call, bindings: Bindings, position: Mapping[str, int], alike: Mapping[tuple[str, str], Json]) -> Step:
    arguments: dict[str, Any] = {}
    refs: dict[str, Ref] = {}
    for argument in call.arguments:
        binding = bindings.get((call.id, argument.pointer))
        if isinstance(binding, Given):
            put(arguments, argument.pointer, binding.value)
        elif isinstance(binding, Pending):
            refs[argument.pointer] = Ref(step=position[binding.call], at=binding.pattern, pick=binding.pick, by=binding.by)
    instead = {pointer: value for (owner, pointer), value in alike.items() if owner == call.id}
    return Step(call=call.function, args=arguments, refs=refs, instead=tried_alike(arguments, instead))


def tried_alike(arguments: Mapping[str, Json], meant: Mapping[str, Json]) -> tuple[dict[str, Json], ...]:
    """What a call is tried with to see that its tool knows what people say: `meant` by pointer, and words that mean nothing."""
    return (dict(meant), {pointer: unmeant(get(arguments, pointer)) for pointer in meant}) if meant else ()


def unresolving(outcome: Outcome) -> list[int]:
    """The steps of a program that were tried so and whose tools do not know what people say."""
    return [index for index, (meant, nothing) in outcome.instead.items() if meant != outcome.results[index] or nothing == meant]


def in_schema_order(spec: Spec, function: str, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """Arguments in the order of the tool's parameters, as the wire format wants them."""
    return {p.name: arguments[p.name] for p in spec.tool[function].parameters if p.name in arguments}
