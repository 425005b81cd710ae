"""What holds for the walks of every sampler, on graphs and constraints drawn at random."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_small import record, small_spec, tool, with_tools

from magnetc.ir.spec import GraphSpec, Link, PathSpec
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.conflict import check_paths
from magnetc.passes.constraints import violation
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import compile_unit
from magnetc.passes.sample_paths import SamplePaths

NAMES = ("a", "b", "c", "d", "e")
pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
paths = st.fixed_dictionaries({
    "turns": st.tuples(st.integers(1, 3), st.integers(3, 5)),
    "start": st.sets(st.sampled_from(NAMES), max_size=2).map(lambda names: tuple(sorted(names))),
    "require": st.lists(pairs, max_size=2).map(tuple),
    "forbid": st.lists(pairs, max_size=3).map(tuple),
    "at_most": st.lists(st.tuples(st.integers(0, 2), st.sampled_from(NAMES)), max_size=3).map(tuple),
})
modes = st.sampled_from(["walk", "uniform", "coverage"])


def context_of(path, links, *more):
    spec = replace(small_spec(locales=(("en", 1.0),)), tools=(*(tool(name) for name in NAMES), *more), turns=(), operations=(),
                   graph=GraphSpec(), paths=(path,))
    linked = GraphSpec(links=tuple(Link(source=a, target=b) for a, b in sorted(links)), infer=())
    return CompileContext(spec, BuildGraph().run(replace(spec, graph=linked)))


@given(path=paths, links=st.sets(pairs, max_size=10), sample=modes, ordinal=st.integers(0, 60), attempt=st.integers(0, 2))
@settings(deadline=None)
def test_walks_satisfy_all_that_the_path_says(path, links, sample, ordinal, attempt):
    context = context_of(PathSpec(name="p", sample=sample, **path), links)
    made = SamplePaths().run(context, "p", ordinal, attempt)
    assert (made is None) == bool(check_paths(context))
    if made is None:
        return
    walk = made.functions()
    assert violation(context.constraints(context.path["p"], "en"), walk) is None
    assert path["turns"][0] <= len(walk) <= path["turns"][1]
    assert not path["start"] or walk[0] in path["start"]
    if sample != "walk":
        automaton, state = context.product("p", "en").automaton, None
        openings = automaton.openings
        for before, name in zip(["", *walk], walk):
            successors = {edge.target for edge in context.graph.successors.get(before, ())}
            may = {other for other in successors if state and automaton.step(state, other)}
            assert name in (may or openings)
            state = automaton.step(state or automaton.start(), name)


@given(path=paths, links=st.sets(pairs, max_size=10), sample=st.sampled_from(["walk", "uniform"]), ordinal=st.integers(0, 60),
       to=st.sets(st.sampled_from(NAMES), max_size=2), back=st.sets(st.sampled_from(NAMES), max_size=2))
@settings(deadline=None)
def test_a_tool_that_no_walk_can_call_changes_none(path, links, sample, ordinal, to, back):
    """`new` follows some tools and has successors, but may never be called."""
    path = PathSpec(name="p", sample=sample, **path)
    before = context_of(path, links)
    barred = replace(path, at_most=(*path.at_most, (0, "new")))
    after = context_of(barred, links | {(name, "new") for name in to} | {("new", name) for name in back}, tool("new"))
    assert SamplePaths().run(after, "p", ordinal) == SamplePaths().run(before, "p", ordinal)


@pytest.mark.parametrize("sample", ["walk", "uniform"])
def test_an_unrelated_tool_leaves_compiled_units_as_they_are(sample):
    spec = small_spec()
    spec = replace(spec, paths=tuple(replace(path, sample=sample, distance=(1, 4)) for path in spec.paths))
    plain, grown = CompileContext(spec), CompileContext(with_tools(spec, tool("ping")))
    for name in ("booking", "errands"):
        for ordinal in range(40):
            assert compile_unit(grown, name, ordinal).paths == compile_unit(plain, name, ordinal).paths


def test_a_tool_that_may_start_changes_few_uniform_units_beside_those_that_take_it():
    free = replace(small_spec(), paths=(PathSpec(name="free", turns=(2, 2), sample="uniform"),))
    plain, grown = CompileContext(free), CompileContext(with_tools(free, tool("ping", record(), city="City")))
    changed = 0
    for ordinal in range(200):
        before, after = SamplePaths().run(plain, "free", ordinal), SamplePaths().run(grown, "free", ordinal)
        changed += before != after and "ping" not in after.functions()
    assert changed < 40
