"""Reach: all that units draw is in it, and it is exactly what the walks of a path can come to."""

from dataclasses import replace
from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st
from spec_small import pattern as parsed
from spec_small import small_spec

from magnetc.ir.spec import PathSpec
from magnetc.passes.automaton import State
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import compile_unit
from magnetc.passes.reach import reach

TOOLS = tuple(sorted(small_spec().tool))


@lru_cache
def context_of(seed):
    context = CompileContext(small_spec(seed=seed))
    return context, reach(context)


@given(seed=st.integers(0, 5), name=st.sampled_from(["booking", "errands"]), ordinal=st.integers(0, 500))
@settings(deadline=None)
def test_what_units_draw_is_reached(seed, name, ordinal):
    context, found = context_of(seed)
    for path in compile_unit(context, name, ordinal).paths:
        assert set(path.functions()) <= found.tools.keys()
        assert {pair for pair in path.flows() if pair in context.graph.edge} <= found.edges.keys()
        assert len(path.turns) <= found.longest[name] + 2 + (path.id != path.base)


def walks(context, name, locale):
    """Every sequence that the path allows, by trying all of them."""
    constraints = context.constraints(context.path[name], locale)
    automaton = context.product(name, locale).automaton
    stack: list[tuple[tuple[str, ...], State]] = [((), automaton.start())]
    while stack:
        made, state = stack.pop()
        if automaton.accepts(state, len(made)):
            yield made
        if len(made) < constraints.turns[1]:
            stack += [((*made, tool), after) for tool, after in steps(context, automaton, made, state)]


def steps(context, automaton, made, state):
    """The tools that may come next, as `docs/language.md` says, dead ends included, and the states they lead to."""
    chained = automaton.constraints.chained
    after = {tool: automaton.step(state, tool) for tool in automaton.tools}
    open_to = {tool for tool in after if after[tool] is not None}
    followed = {edge.target for tool in (made[-1:] if chained else made) for edge in context.graph.successors.get(tool, ())} & open_to
    if not chained:
        followed |= automaton.openings & open_to
    return [(tool, after[tool]) for tool in followed or automaton.openings & open_to]


some = st.lists(st.sampled_from(TOOLS), unique=True, max_size=3).map(tuple)
pairs = st.lists(st.tuples(st.sampled_from(TOOLS), st.sampled_from(TOOLS)), max_size=2).map(tuple)


@given(turns=st.tuples(st.integers(1, 4), st.integers(1, 4)).map(sorted), start=some, within=st.lists(st.sampled_from(TOOLS), min_size=2).map(tuple),
       forbid=pairs, require=pairs, at_most=st.lists(st.tuples(st.integers(1, 2), st.sampled_from(TOOLS)), max_size=2).map(tuple),
       pattern=st.none() | st.sampled_from(["_+ {0} _*", "_* ({0} | {1}) _?", "{0} _* {1}"]), named=st.tuples(*[st.sampled_from(TOOLS)] * 2),
       sample=st.sampled_from(["walk", "uniform"]))
@settings(deadline=None, max_examples=60)
def test_reach_is_what_all_walks_call(turns, start, within, forbid, require, at_most, pattern, named, sample):
    spec = small_spec(paths=(("some", 1),), locales=(("en", 1.0),))
    text = pattern.format(*named) if pattern else ""
    path = PathSpec(name="some", turns=tuple(turns), start=start, within=within, forbid=forbid, require=require, at_most=at_most,
                    pattern=parsed(text) if text else None, pattern_text=text, sample=sample)
    context = CompileContext(replace(spec, paths=(path,), operations=()))
    every = list(walks(context, "some", "en"))
    found = reach(context)
    assert found.tools.keys() == {tool for walk in every for tool in walk}
    ordered = {(a, b) for walk in every for at, a in enumerate(walk) for b in walk[at + 1:]}
    assert found.edges.keys() <= ordered & set(context.graph.edge)
    assert found.longest["some"] == max(map(len, every), default=0)
