"""Calls with bound leaves as a program for the world: literals, and references to results of the same program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.path import Call
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.teachers.conversation import Bindings, Given, Pending
from magnetc.tools.worlds.protocol import Ref, Step


def program(calls: Iterable[Call], bindings: Bindings) -> tuple[Step, ...]:
    """One step per call, in order. A leaf bound to nothing is left out (a default)."""
    calls = tuple(calls)
    position = {call.id: index for index, call in enumerate(calls)}
    return tuple(_step(call, bindings, position) for call in calls)


def _step(call: Call, bindings: Bindings, position: Mapping[str, int]) -> Step:
    arguments: dict[str, Any] = {}
    refs: dict[str, Ref] = {}
    for argument in call.arguments:
        binding = bindings.get((call.id, argument.pointer))
        if isinstance(binding, Given):
            put(arguments, argument.pointer, binding.value)
        elif isinstance(binding, Pending):
            refs[argument.pointer] = Ref(step=position[binding.call], at=binding.pattern, pick=binding.pick, by=binding.by)
    return Step(call=call.function, args=arguments, refs=refs)


def put(arguments: dict[str, Any], pointer: str, value: Json) -> None:
    """Set the leaf at `pointer`, making the objects on the way."""
    *parents, last = tokens(pointer)
    for token in parents:
        arguments = arguments.setdefault(token, {})
    arguments[last] = value


def in_schema_order(spec: Spec, function: str, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """Arguments in the order of the tool's parameters, as the wire format wants them."""
    return {p.name: arguments[p.name] for p in spec.tool[function].parameters if p.name in arguments}
