"""Walks of which each step follows the last call: counted exactly, drawn evenly, refused with a reason."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from five_tools import CHI_SQUARE_999, NAMES, PATHS, context_of, walks_by_hand
from spec_small import pattern, record, small_spec, tool, with_tools

from magnetc.ir.spec import Link, PathSpec
from magnetc.passes.conflict import check_paths
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import compile_unit
from magnetc.passes.sample_paths import SamplePaths


@pytest.mark.parametrize("path", PATHS)
def test_the_count_is_that_of_all_walks(path):
    context = context_of(**path)
    chains = context.chains("p", "en")
    low, high = path["turns"]
    for length in range(low, high + 1):
        walks = walks_by_hand(context, length)
        assert chains.count(length) == len(walks), length
        drawn = {"".join(chains.walk(length, "draw", i)) for i in range(40 if walks else 0)}
        assert drawn <= set(walks)
    assert chains.lengths() == tuple(n for n in range(low, high + 1) if walks_by_hand(context, n))
    every = [walk for n in range(low, high + 1) for walk in walks_by_hand(context, n)]
    assert chains.reached() == frozenset("".join(every))
    assert chains.edges() == {(a, b) for walk in every for a, b in pairwise(walk)
                              if (a, b) in context.graph.edge}


@pytest.mark.parametrize(("path", "length", "walks"), [
    ({"turns": (4, 4), "start": ("a", "e")}, 4, 12), ({"turns": (3, 3)}, 3, 17)])
def test_walks_are_drawn_uniformly(path, length, walks):
    """Chi-square over all walks of a small graph. A walk of the recipe, with its keys, not of the sampler alone."""
    context = context_of(**path)
    every = walks_by_hand(context, length)
    assert len(every) == walks
    counts = Counter("".join(SamplePaths().run(context, "p", ordinal).functions()) for ordinal in range(200 * walks))
    assert set(counts) == set(every)
    statistic = sum((counts[walk] - 200) ** 2 / 200 for walk in every)
    assert statistic < CHI_SQUARE_999[walks - 1]


def test_lengths_are_drawn_evenly():
    context = context_of(turns=(1, 4))
    counts = Counter(len(SamplePaths().run(context, "p", ordinal).turns) for ordinal in range(2000))
    assert all(420 < counts[length] < 580 for length in range(1, 5))


def test_counts_beyond_64_bits_are_exact():
    names = NAMES[:2]
    context = context_of(names, (), turns=(150, 150))
    assert context.chains("p", "en").count(150) == 2 ** 150
    walk = context.chains("p", "en").walk(150, "long")
    assert 40 < walk.count("a") < 110


@pytest.mark.parametrize("sample", ["uniform", "coverage"])
def test_no_chain_is_reported_with_an_irreducible_set(sample):
    context = context_of(turns=(4, 4), start=("a",), pattern_text="a b d c", at_most=((1, "e"),), sample=sample)
    (diagnostic,) = check_paths(context)
    assert diagnostic.code == "MG320"
    assert diagnostic.notes == (f"these cannot hold together: start in `a`; pattern `a b d c`; sample {sample}",)
    assert diagnostic.secondary[1].at.pointer == "/paths/p/sample"
    assert not check_paths(context_of(turns=(4, 4), start=("a",), pattern_text="a b d c", sample="walk"))


def test_a_conflict_of_constraints_does_not_blame_the_sampler():
    context = context_of(turns=(2, 4), at_most=((1, "b"), (2, "a")), pattern_text="b d b")
    (diagnostic,) = check_paths(context)
    assert diagnostic.notes == ("these cannot hold together: at most 1 of `b`; pattern `b d b`",)


def test_a_tool_that_no_chain_meets_leaves_units_as_they_are():
    """`ping` may not start, and no edge leads to it; `pong` follows a tool, but may never be called."""
    path = PathSpec(name="booking", turns=(3, 6), start=("sign_in", "search_flights"), sample="uniform",
                    at_most=((0, "pong"),), forbid=(("cancel_booking", "book_flight"),))
    small = replace(small_spec(), paths=(path,))
    plain = CompileContext(with_tools(small, tool("pong", record())))
    linked = replace(small.graph, links=(*small.graph.links, Link(source="set_budget", target="pong")))
    grown = CompileContext(replace(with_tools(small, tool("pong", record()), tool("ping")), graph=linked))
    for ordinal in range(80):
        assert compile_unit(grown, "booking", ordinal).paths == compile_unit(plain, "booking", ordinal).paths


def test_the_pattern_of_the_small_spec_counts():
    spec = small_spec()
    path = PathSpec(name="errands", turns=(2, 5), sample="uniform", pattern=pattern("get_zipcode get_distance _*"))
    context = CompileContext(replace(spec, paths=(path,)))
    assert [context.chains("errands", "en").count(n) > 0 for n in (2, 3)] == [True, True]
    assert SamplePaths().run(context, "errands", 0).functions()[:2] == ["get_zipcode", "get_distance"]
