"""How a value of one tool's result stands to a parameter of another: whether its type unifies, and if not, what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from magnetc.frontend.type_syntax import show_type
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr, TypeTable
from magnetc.source import Origin
from magnetc.source.origin import escape


class Obstacle(IntEnum):
    """What keeps a value from a parameter, the smallest obstacle first."""

    NONE = 0
    OPTIONAL = 1
    UNITS = 2
    WIDER = 3
    LIST = 4
    SIBLING = 5
    PRIMITIVE = 6
    UNRELATED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A fact, and where it is written, if anywhere. `at_key`: it stands at the name there, not at the value."""

    text: str
    at: Origin | None = None
    at_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPlace:
    """A place of a result: its pointer pattern, type and origin. It is `optional` when a result may lack it."""

    pointer: str
    type: TypeExpr
    optional: bool
    origin: Origin


def result_places(expr: TypeExpr, origin: Origin, at: str = "", optional: bool = False) -> Iterator[ResultPlace]:
    """Each scalar of a result, and lists of scalars as a whole too: what may flow. `origin` is that of the type `expr`."""
    optional = optional or expr.nullable
    match expr:
        case Ref():
            yield ResultPlace(pointer=at, type=expr, optional=optional, origin=origin)
        case ListOf(items):
            if isinstance(items, Ref):
                yield ResultPlace(pointer=at, type=expr, optional=optional, origin=origin)
            yield from result_places(items, origin.child(0), at + "/*", optional)
        case MapOf(values):
            yield from result_places(values, origin.child("*"), at + "/*", optional)
        case Record(fields):
            for field in fields:
                written = origin.child(field.name + "?" * field.optional)
                yield from result_places(field.type, written, f"{at}/{escape(field.name)}", optional or field.optional)


def obstacle(place: ResultPlace, taken: TypeExpr, table: TypeTable) -> Obstacle:
    """What keeps the value at `place` from a parameter of type `taken`."""
    match place.type, taken:
        case (Ref(one), Ref(other)) | (ListOf(Ref(one)), ListOf(Ref(other))):
            found = _between(one, other, table)
        case Ref(one), ListOf(Ref(other)) if table.unify(one, other):
            found = Obstacle.LIST
        case _:
            found = Obstacle.UNRELATED
    return Obstacle.OPTIONAL if found is Obstacle.NONE and place.optional else found


def _between(one: str, other: str, table: TypeTable) -> Obstacle:
    if table.unify(one, other):
        return Obstacle.NONE
    given, taken = table.get(one), table.get(other)
    if given is None or taken is None:
        same = (given.base if given else one) == (taken.base if taken else other)
        return Obstacle.PRIMITIVE if same else Obstacle.UNRELATED
    if given.unit and taken.unit and given.unit != taken.unit:
        return Obstacle.UNITS
    if table.unify(other, one):
        return Obstacle.WIDER
    return Obstacle.SIBLING if _shared(one, other, table) else Obstacle.UNRELATED


def _shared(one: str, other: str, table: TypeTable) -> str | None:
    """The nearest type that both refine."""
    above = set(table.ancestry(other))
    return next((name for name in table.ancestry(one) if name in above), None)


def facts(place: ResultPlace, taken: TypeExpr, found: Obstacle, table: TypeTable) -> tuple[Ground, ...]:
    """What types say about an obstacle, or about there being none: the steps of refinement from one to the other, say."""
    given = _item(place.type)
    wanted = _item(taken)
    match found:
        case Obstacle.NONE:
            return _steps(given, wanted, table)
        case Obstacle.OPTIONAL:
            absent = Ground(text="a result may lack it, so no typed edge rests on it", at=place.origin, at_key=True)
            return (*_steps(given, wanted, table), absent)
        case Obstacle.UNITS:
            return tuple(Ground(text=f"`{name}` is in {entity.unit}", at=entity.origin, at_key=True)
                         for name in (given, wanted) if (entity := table.get(name)))
        case Obstacle.WIDER:
            return (*_steps(wanted, given, table), Ground(text=f"not every `{given}` is a `{wanted}`"))
        case Obstacle.LIST:
            return (*_steps(given, wanted, table), Ground(text="one value is no list of them"))
        case Obstacle.SIBLING:
            top = _shared(given, wanted, table) or ""
            return (*_steps(given, top, table), *_steps(wanted, top, table),
                    Ground(text=f"neither `{given}` nor `{wanted}` refines the other"))
        case Obstacle.PRIMITIVE:
            bare = given if table.get(given) is None else wanted
            return (Ground(text=f"`{bare}` is a primitive, which never unifies: it says nothing about meaning"),)
    return (Ground(text=f"`{show_type(place.type)}` and `{show_type(taken)}` have nothing to do with each other"),)


def _steps(start: str, end: str, table: TypeTable) -> tuple[Ground, ...]:
    """Each refinement on the way from `start` up to `end`."""
    steps: list[Ground] = []
    for name in table.ancestry(start):
        entity = table.get(name)
        if name == end or entity is None or entity.parent is None:
            break
        steps.append(Ground(text=f"`{name}` refines `{entity.parent}`", at=entity.origin, at_key=True))
    return tuple(steps)


def _item(expr: TypeExpr) -> str:
    """The name of a scalar type, or of the items of a list."""
    while isinstance(expr, ListOf):
        expr = expr.items
    return expr.name if isinstance(expr, Ref) else show_type(expr)
