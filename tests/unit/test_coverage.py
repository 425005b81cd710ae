"""`sample coverage`: the plan of a path reaches what there is to reach sooner than chance does, and is always the same."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from five_tools import context_of
from spec_small import small_spec

from magnetc.ir.spec import OperationSpec, PathSpec
from magnetc.passes.context import CompileContext
from magnetc.passes.goals import Goals
from magnetc.passes.sample_paths import SamplePaths


def planned(sample="coverage", units=60, attempt=0, **path):
    spec = small_spec(locales=(("en", 1.0),))
    whole = replace(spec.paths[0], name="p", sample=sample, **path)
    context = CompileContext(replace(spec, paths=(whole,)))
    return context, [tuple(SamplePaths().run(context, "p", ordinal, attempt).functions()) for ordinal in range(units)]


def needed(walks, goals):
    """How many walks there are until all goals are covered."""
    left = set(goals)
    for number, walk in enumerate(walks):
        left -= {*walk, *pairwise(walk)}
        if not left:
            return number + 1
    return len(walks) + 1


def test_tools_and_edges_are_covered_much_sooner_than_by_chance():
    context, plan = planned()
    _, chance = planned(sample="uniform", units=600)
    goals = context.chains("p", "en").reached() | context.chains("p", "en").edges()
    assert 3 * needed(plan, goals) < needed(chance, goals)


def test_edges_are_covered_again_and_again():
    context, plan = planned(units=200)
    counts = Counter(pair for walk in plan for pair in pairwise(walk) if pair in context.graph.edge)
    assert min(counts[edge] for edge in context.chains("p", "en").edges()) >= 4


def test_distances_are_goals():
    context, plan = planned(units=40, turns=(7, 7), distance=(2, 5))
    goals = Goals(context, "p", "en")
    found = Counter(goal for walk in plan for goal in goals.of(walk) if goal[0] == "distance")
    assert {(kind, distance) for _, kind, distance in found} >= {(kind, str(n)) for kind in ("full", "partial") for n in range(2, 6)}
    assert {int(distance) for _, _, distance in found} == {2, 3, 4, 5}


def test_enumerations_ask_for_as_many_calls_as_they_have_values():
    context, _ = planned(units=0)
    assert Goals(context, "p", "en").demand["book_flight"] == 2
    assert "sign_in" not in Goals(context, "p", "en").demand


def test_operations_are_goals_where_their_chance_falls():
    spec = small_spec(locales=(("en", 1.0),))
    operations = (OperationSpec(name="insert", options=(("short", 0.0), ("long", 1.0))), OperationSpec(name="merge", options=(("p", 1.0),)))
    context = CompileContext(replace(spec, operations=operations, paths=(PathSpec(name="p", turns=(2, 2), sample="coverage"),)))
    goals = Goals(context, "p", "en")
    unit = SamplePaths().run(context, "p", 0)
    walk = ("search_flights", "set_budget")
    assert goals.operated(walk, goals.chances(unit)) == {("operation", "insert.long", "search_flights"), ("operation", "merge", "set_budget")}


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_the_plan_is_the_same_in_whatever_order_it_is_asked_for(attempt):
    context, plan = planned(units=30, attempt=attempt)
    context.plans.clear()
    assert [tuple(SamplePaths().run(context, "p", ordinal, attempt).functions()) for ordinal in reversed(range(30))] == plan[::-1]


def test_a_redrawn_unit_aims_at_what_its_walk_was_to_add():
    context, plan = planned(units=1)
    (_, aim), = context.plans["p"]._planned
    for attempt in range(1, 5):
        walk = tuple(SamplePaths().run(context, "p", 0, attempt).functions())
        assert {*walk, *pairwise(walk)} & {goal[1] if goal[0] == "tool" else goal[1:] for goal in aim}
    assert plan


def test_walks_satisfy_the_path():
    context = context_of(turns=(2, 4), start=("a",), forbid=(("d", "b"),), sample="coverage")
    automaton = context.product("p", "en").automaton
    for ordinal in range(40):
        walk = SamplePaths().run(context, "p", ordinal).functions()
        state = automaton.start()
        for tool in walk:
            state = automaton.step(state, tool)
        assert automaton.accepts(state, len(walk))
        assert walk[0] == "a"
