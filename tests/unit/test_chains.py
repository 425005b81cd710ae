"""Walks of which each step follows the last call: counted exactly, drawn evenly, refused with a reason."""

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from itertools import product as sequences

import pytest
from spec_small import pattern, record, small_spec, tool, with_tools

from magnetc.diagnostics import Sink
from magnetc.frontend.pattern import parse_pattern
from magnetc.ir.spec import GraphSpec, Link, PathSpec
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.conflict import check_paths
from magnetc.passes.constraints import violation
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import compile_unit
from magnetc.passes.sample_paths import SamplePaths
from magnetc.source import Origin

NAMES = ("a", "b", "c", "d", "e")
TOOLS = (tool("a", record(session="Session")), tool("b"), tool("c", session="Session"), tool("d"), tool("e"))
LINKS = tuple(Link(source=pair[0], target=pair[1]) for pair in ("ab", "ac", "bd", "bc", "cb", "da", "db"))
CHI_SQUARE_999 = {11: 31.264, 16: 39.252}
"""The value that chi-square exceeds once in a thousand, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4)."""


def context_of(names=NAMES, links=LINKS, sample="uniform", **path):
    tools = tuple(each for each in TOOLS if each.name in names)
    text = path.get("pattern_text", "")
    if text:
        path["pattern"] = parse_pattern(text, Sink(), Origin("", ""), {name: (name,) for name in names})
    spec = replace(small_spec(paths=(("p", 10),), locales=(("en", 1.0),)), tools=tools, turns=(), operations=(), graph=GraphSpec(),
                   paths=(PathSpec(name="p", origin=Origin("r.yaml", "/paths/p"), sample=sample, **path),))
    linked = GraphSpec(links=tuple(link for link in links if {link.source, link.target} <= set(names)), infer=())
    return CompileContext(spec, BuildGraph().run(replace(spec, graph=linked)))   # edges, but no prerequisites


def walks_by_hand(context, length):
    """All walks of `length` calls, from the rule as the language states it."""
    constraints = context.product("p", "en").automaton.constraints
    path = context.path["p"]
    expression = path.pattern_text.replace(" ", "").replace("_", ".") or ".*"
    words = {"".join(word) for size in range(length + 3) for word in sequences(constraints.tools, repeat=size)
             if re.fullmatch(expression, "".join(word))}
    begun = {word[:size] for word in words for size in range(len(word) + 1)}
    successors = {name: [edge.target for edge in context.graph.successors[name]] for name in NAMES if name in constraints.tools}
    openings = [name for name in constraints.tools if not path.start or name in path.start]

    def may_follow(walk, name):
        return violation(constraints, [*walk, name]) is None and walk + name in begun

    walks = [""]
    for _ in range(length):
        longer = []
        for walk in walks:
            following = [name for name in (successors[walk[-1]] if walk else []) if may_follow(walk, name)]
            longer += [walk + name for name in following or [name for name in openings if may_follow(walk, name)]]
        walks = longer
    return sorted(walk for walk in walks if walk in words)


PATHS = (
    {"turns": (1, 4)},
    {"turns": (1, 4), "start": ("d", "a")},
    {"turns": (2, 4), "forbid": (("d", "b"),), "at_most": ((1, "a"),)},
    {"turns": (3, 3), "require": (("d", "c"),), "at_most": ((1, "d"), (1, "b"))},
    {"turns": (1, 4), "within": ("a", "b"), "forbid": (("a", "b"),)},
    {"turns": (2, 4), "pattern_text": "a+ (b | c) _* b"},
    {"turns": (2, 4), "start": ("e", "a"), "at_most": ((1, "e"),)},
)


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
