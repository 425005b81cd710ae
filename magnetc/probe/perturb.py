"""Perturbed values: what a consumer is given in the place of the value that its producer returned."""

from __future__ import annotations

from collections.abc import Iterator

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.neighbour import neighbour
from magnetc.ir.types import EntityType, ListOf, TypeExpr
from magnetc.probe.rehearsal import Rehearsal
from magnetc.teachers.conversation import entity_of
from magnetc.teachers.offline.values import candidates, draw_argument

EACH = 2
"""Values of each kind."""


def perturbed(value: Json, beside: list[Json], reminted: Json, expr: TypeExpr, rehearsal: Rehearsal) -> list[Json]:
    """Other values for a parameter of type `expr`: from the same world, minted under another seed, and one that is nowhere.

    Args:
        value: The real one.
        beside: Values at other places of the same pattern of the producer's result.
        reminted: What the producer returned in its place under another seed; None when it returned none.
        expr: The type of the parameter.
        rehearsal: Draws are keyed by it, and its results and state hold others.
    """
    if isinstance(value, list) and isinstance(expr, ListOf):
        return _lists(value, reminted, expr, rehearsal)
    entity = entity_of(expr, rehearsal.conversation.spec)
    found: list[Json] = []
    for kind in _kinds(value, beside, entity, expr, rehearsal):
        found += _different([value, *found], kind)[:EACH]
    return found + _different([value, *found], [reminted, *_nowhere(value, entity)])


def _kinds(value: Json, beside: list[Json], entity: EntityType | None, expr: TypeExpr,
           rehearsal: Rehearsal) -> Iterator[list[Json]]:
    """Values of the same world, by where they are found."""
    yield draw.shuffle(beside, *rehearsal.key, "beside")
    if isinstance(value, bool):
        yield [not value]
    if entity is not None:
        yield list(rehearsal.seen(entity.name))
        yield draw.shuffle(candidates(entity, rehearsal.conversation), *rehearsal.key, "state")
        if not entity.minted:
            yield [draw_argument(expr, rehearsal.conversation, (), *rehearsal.key, "other", n) for n in range(EACH)]


def _nowhere(value: Json, entity: EntityType | None) -> list[Json]:
    """Values that the world does not know, and numbers far away; none of an enum, all of whose values it knows."""
    if entity is not None and entity.enum:
        return []
    near = neighbour(value, entity)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [near]
    bounds = (entity.minimum, entity.maximum) if entity else (None, None)
    whole = isinstance(value, int)
    far = (0 if bounds[0] is None else bounds[0], value * 1000 + 1000 if bounds[1] is None else bounds[1])
    return [near, *(int(each) if whole else float(each) for each in far)]


def _lists(value: list[Json], reminted: Json, expr: ListOf, rehearsal: Rehearsal) -> list[Json]:
    """The list with another first item, and without its last."""
    found: list[Json] = []
    if value:
        others = perturbed(value[0], value[1:], None, expr.items, rehearsal)
        found += [[other, *value[1:]] for other in others if other not in value]
    if len(value) > 1:
        found.append(value[:-1])
    return found + _different([value, *found], [reminted])


def _different(known: list[Json], others: list[Json]) -> list[Json]:
    """Those of `others` that are of the same JSON type as the first of `known` and among neither."""
    fresh: list[Json] = []
    for other in others:
        if _kind(other) is _kind(known[0]) and other not in known and other not in fresh:
            fresh.append(other)
    return fresh


def _kind(value: Json) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
