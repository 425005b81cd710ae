"""Argument leaves: the places of a call's arguments that values are found for, fields of objects one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from magnetc.ir.signature import Parameter
from magnetc.ir.types import Record, TypeExpr
from magnetc.source.origin import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentLeaf:
    """`name` is dotted. `group` is the pointer of the nearest object around it that a call may leave out, "" where there is none;
    `needed`: wherever that is given, this is. `objects`: those around it that may not be left out, each with
    its own group."""

    name: str
    pointer: str
    type: TypeExpr
    group: str
    needed: bool
    objects: tuple[tuple[str, str], ...] = ()

    @property
    def required(self) -> bool:
        return self.needed and not self.group


def argument_leaves(parameter: Parameter) -> Iterator[ArgumentLeaf]:
    """The leaves of a parameter: itself, or the fields of its objects at any depth."""
    pointer = f"/{escape(parameter.name)}"
    if _opens(parameter.type):
        group, objects = ("", ((pointer, ""),)) if parameter.required else (pointer, ())
        yield from _fields(parameter.type, parameter.name, pointer, group, objects)
    else:
        yield whole(parameter)


def whole(parameter: Parameter) -> ArgumentLeaf:
    """A parameter as one leaf, whatever it is."""
    return ArgumentLeaf(name=parameter.name, pointer=f"/{escape(parameter.name)}", type=parameter.type, group="", needed=parameter.required)


def _opens(expr: TypeExpr) -> bool:
    return isinstance(expr, Record) and bool(expr.fields)


def _fields(expr: TypeExpr, name: str, pointer: str, group: str, objects: tuple[tuple[str, str], ...]) -> Iterator[ArgumentLeaf]:
    assert isinstance(expr, Record)
    for field in expr.fields:
        own, at = f"{name}.{field.name}", f"{pointer}/{escape(field.name)}"
        if _opens(field.type):
            inside = (at, objects) if field.optional else (group, (*objects, (at, group)))
            yield from _fields(field.type, own, at, *inside)
        else:
            yield ArgumentLeaf(name=own, pointer=at, type=field.type, group=group, needed=not field.optional, objects=objects)
