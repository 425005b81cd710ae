"""Walks drawn in arrays: the same walks that are counted, by the same chances, each by its own key."""

from collections import Counter

import numpy as np
import pytest
from five_tools import CHI_SQUARE_999, PATHS, context_of, walks_by_hand

from magnetc.passes.chains import Chains
from magnetc.passes.many_walks import draw_walks, keys_of


def drawn(chains, count, length, *key, **options):
    walks = draw_walks(chains, keys_of(count, *key), length, **options)
    return ["".join(chains.tools[tool] for tool in walk) if walk[0] >= 0 else "" for walk in walks.tolist()]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("even", [False, True])
def test_all_walks_and_no_others_are_drawn(path, even):
    context = context_of(**path)
    for length in range(path["turns"][0], path["turns"][1] + 1):
        every = set(walks_by_hand(context, length)) or {""}
        assert set(drawn(context.chains("p", "en"), 60 * len(every), length, "all", even=even)) == every


def test_they_are_uniform():
    context = context_of(turns=(3, 3))
    every = walks_by_hand(context, 3)
    counts = Counter(drawn(context.chains("p", "en"), 400 * len(every), 3, "chi"))
    assert sum((counts[walk] - 400) ** 2 / 400 for walk in every) < CHI_SQUARE_999[len(every) - 1]


def test_walks_through_an_arc_are_uniform_among_those():
    context = context_of(turns=(4, 4), start=("a", "e"))
    chains = context.chains("p", "en")
    through = chains.pairs == chains.tools.index("b") * len(chains.tools) + chains.tools.index("c")
    some = [walk for walk in walks_by_hand(context, 4) if "bc" in walk]
    counts = Counter(drawn(chains, 500 * len(some), 4, "through", through=through))
    assert set(counts) == set(some)
    assert all(abs(count - 500) < 100 for count in counts.values())
    assert set(drawn(chains, 3, 4, "none", through=through & False)) == {""}


def test_first_tools_are_kept():
    chains = context_of(turns=(3, 3), start=("a", "b", "d"), at_most=((0, "d"),)).chains("p", "en")
    first = np.array([chains.tools.index(tool) for tool in "abcd" * 5])
    walks = drawn(chains, 20, 3, "first", first=first)
    assert [walk[:1] for walk in walks] == ["a", "b", "", ""] * 5


@pytest.mark.parametrize("even", [False, True])
def test_a_key_fixes_its_walk(even):
    chains = context_of(turns=(4, 4)).chains("p", "en")
    keys = keys_of(50, "keys")
    walks = draw_walks(chains, keys, 4, even=even)
    assert (draw_walks(chains, keys[::-1], 4, even=even)[::-1] == walks).all()
    assert (draw_walks(chains, keys[7:8], 4, even=even) == walks[7:8]).all()


def test_blocks_do_not_matter(monkeypatch):
    chains = context_of(turns=(4, 4)).chains("p", "en")
    walks = draw_walks(chains, keys_of(50, "keys"), 4)
    monkeypatch.setattr("magnetc.passes.many_walks.BLOCK", 7)
    assert (draw_walks(chains, keys_of(50, "keys"), 4) == walks).all()


def test_even_steps_do_not_follow_the_counts():
    """From the openings a and e: e has one walk on, a has many; each is begun with as often."""
    chains = context_of(turns=(4, 4), start=("a", "e"), at_most=((4, "e"),)).chains("p", "en")
    begun = Counter(walk[0] for walk in drawn(chains, 1000, 4, "even", even=True))
    assert 420 < begun["a"] < 580


def test_no_walk_at_all():
    context = context_of(turns=(2, 2), at_most=tuple((0, name) for name in "abcde"))
    chains = Chains(context.product("p", "en").automaton, context.graph)
    assert chains.lengths() == ()
    assert chains.reached() == frozenset()
    assert drawn(chains, 2, 2, "none") == ["", ""]
    assert drawn(chains, 1, 2, "none", first=np.array([0])) == [""]


def test_weights_stay_finite_where_counts_do_not():
    context = context_of(turns=(1, 1200), links=())
    walks = drawn(context.chains("p", "en"), 3, 1200, "long")
    assert all(set(walk) == {"a", "b", "c", "d", "e"} - ({"c"} if walk[0] == "c" else set()) for walk in walks)
