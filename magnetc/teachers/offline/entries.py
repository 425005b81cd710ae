"""Entries: arguments of one call that belong together, from one entry of the world's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from magnetc.ir import draw
from magnetc.ir.json import Json, canonical
from magnetc.ir.pointer import get
from magnetc.ir.signature import FunctionSignature, StateEntry
from magnetc.teachers.offline.constraints import compares
from magnetc.teachers.offline.values import LARGE

State = Mapping[str, Sequence[Json]]
"""What stands in the world, by pattern."""


def agreeing(tool: FunctionSignature, entry: StateEntry, given: Mapping[str, Json], state: State) -> list[dict[str, Json]]:
    """The values that each entry gives to the parameters of `entry`, as the state lists them, each once.

    Only entries count that have a value for each, that give what is `given` already, and that meet the conditions of `tool`
    which speak of them.
    """
    found: list[dict[str, Json]] = []
    for each in state.get(entry.pattern, ()):
        values = _values(entry, each)
        if values is None or any(given.get(name, value) != value for name, value in values.items()):
            continue
        if meets(tool, entry, {**given, **values}, each) and values not in found:
            found.append(values)
    return found


def draw_entry(found: Sequence[dict[str, Json]], *key: object) -> dict[str, Json]:
    """One of the values that entries give together, by what they are where there are few."""
    return found[draw.integer(0, len(found) - 1, *key)] if len(found) > LARGE else draw.choose(found, *key, name=canonical)


def _values(entry: StateEntry, each: Json) -> dict[str, Json] | None:
    """What one entry gives; None where it lacks a field."""
    values: dict[str, Json] = {}
    for name, pointer in entry.fields:
        try:
            value = get(each, pointer)
        except LookupError:
            return None
        if value is None or isinstance(value, (dict, list)):
            return None
        values[name] = value
    return values


def meets(tool: FunctionSignature, entry: StateEntry, arguments: Mapping[str, Json], each: Json) -> bool:
    """Whether the conditions of `tool` on fields of this entry hold, as far as both sides are there."""
    for constraint in tool.where:
        if constraint.entry != entry.alias or constraint.left not in arguments:
            continue
        right = each.get(constraint.right) if isinstance(each, dict) else None
        if right is not None and not compares(arguments[constraint.left], constraint.op, right):
            return False
    return True


def some_entry_fits(tool: FunctionSignature, arguments: Mapping[str, Json], state: State) -> bool:
    """Whether the arguments of a call can be those of entries that meet its conditions.

    Arguments that no entry has together come from elsewhere, and the conditions say nothing about them.
    """
    for entry in tool.entries:
        if not any(constraint.entry == entry.alias for constraint in tool.where):
            continue
        own = {name for name, _ in entry.fields}
        alike = [each for each in state.get(entry.pattern, ()) if (values := _values(entry, each))
                 and all(arguments[name] == values[name] for name in own & arguments.keys())]
        if alike and not any(meets(tool, entry, arguments, each) for each in alike):
            return False
    return True
