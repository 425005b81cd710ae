"""`distance low..high` of a path: how many turns lie between a result and the turn that Insert adds for it."""

from collections import Counter
from dataclasses import replace

import pytest
from spec_small import record, small_spec, tool

from magnetc.ir.spec import GraphSpec, OperationSpec, PathSpec, Pattern
from magnetc.ir.types import EntityType
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import compile_unit

MAKERS = tuple(f"make_{letter}" for letter in "abcdefghij")


def plain_spec(**path):
    """Ten tools, each with a value that only its own consumer takes; paths call the ten, insertions the consumers."""
    tools = [tool(f"{word}_{at[-1]}", *((record(**{at[-1]: at[-1].upper()}),) if word == "make" else ()),
                  **({} if word == "make" else {"value": at[-1].upper()})) for at in MAKERS for word in ("make", "use")]
    types = tuple(EntityType(name=at[-1].upper(), base="string", minted=True) for at in MAKERS)
    makers = Pattern(op="plus", items=(Pattern(op="tool", tools=MAKERS),))
    operations = (OperationSpec(name="merge", options=(("p", path.pop("merge", 0.0)),)),
                  OperationSpec(name="insert", options=(("short", 0.0), ("long", 0.6), ("gap", (1, 2)))))
    return replace(small_spec(locales=(("en", 1.0),)), types=types, tools=tuple(tools), turns=(), refers=(), asks=(), capabilities=(),
                   graph=GraphSpec(), operations=operations, paths=(PathSpec(name="p", pattern=makers, at_most=tuple((1, at) for at in MAKERS), **path),))


def insertions(units, **path):
    """(distance, the greatest that the path had room for) of each long insertion in compiled paths."""
    context = CompileContext(plain_spec(**path))
    for ordinal in range(units):
        for unit in compile_unit(context, "p", ordinal).paths:
            place = {turn.key: index for index, turn in enumerate(unit.turns)}
            for index, turn in enumerate(unit.turns):
                for operation in turn.operations:
                    if operation.startswith("insert.long@"):
                        yield index - place[operation.partition("@")[2]], len(unit.turns) - 1


@pytest.mark.parametrize("sample", ["walk", "uniform"])
def test_every_distance_of_the_range_occurs_about_as_often(sample):
    counts = Counter(distance for distance, _ in insertions(600, distance=(1, 6), turns=(7, 9), sample=sample))
    even = sum(counts.values()) / 6
    assert set(counts) == set(range(1, 7))
    assert all(0.75 * even < count < 1.25 * even for count in counts.values()), counts


def test_distances_are_even_over_those_that_a_short_path_has_room_for():
    counts = Counter(distance for distance, _ in insertions(600, distance=(1, 6), turns=(3, 3)))
    even = sum(counts.values()) / len(counts)
    assert set(counts) <= {1, 2, 3, 4}
    assert all(0.7 * even < counts[distance] < 1.4 * even for distance in (1, 2, 3)), counts


@pytest.mark.parametrize("distance", [(1, 1), (2, 4), (5, 20)])
def test_no_distance_is_out_of_range(distance):
    found = list(insertions(300, distance=distance, turns=(3, 7), merge=0.3))
    assert len(found) > 20
    assert all(distance[0] <= each <= min(distance[1], room) for each, room in found)


def test_without_it_the_gap_of_the_operation_stands():
    assert {distance for distance, _ in insertions(100, turns=(5, 5))} <= {2, 3, 4}
