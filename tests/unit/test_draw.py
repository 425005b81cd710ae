"""Keyed draws: fixed by their key, independent of what else there is to draw from."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.ir import draw

NAMES = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8, unique=True)


@given(NAMES, st.text(max_size=5))
def test_the_order_of_candidates_does_not_matter(names, key):
    assert draw.choose(names, key) == draw.choose(sorted(names), key)
    assert draw.shuffle(names, key) == draw.shuffle(names[::-1], key)


@given(NAMES, st.text(min_size=7, max_size=9), st.text(max_size=5))
def test_a_candidate_that_loses_changes_nothing(names, newcomer, key):
    before, after = draw.choose(names, key), draw.choose([*names, newcomer], key)
    assert after in (before, newcomer)
    kept = [name for name in draw.shuffle([*names, newcomer], key) if name != newcomer]
    assert kept == draw.shuffle(names, key)


@given(NAMES, st.text(max_size=5))
def test_the_first_of_a_shuffle_is_the_choice(names, key):
    assert draw.shuffle(names, key)[0] == draw.choose(names, key)


def test_weights_are_shares():
    weights = {"a": 1.0, "b": 3.0, "c": 0.0}
    counts = Counter(draw.choose(weights, "weights", i, weight=weights.__getitem__) for i in range(4000))
    assert counts["c"] == 0
    assert counts["b"] / 4000 == pytest.approx(0.75, abs=0.03)


def test_integers_reach_both_ends():
    assert {draw.integer(2, 4, "ends", i) for i in range(100)} == {2, 3, 4}


def test_fractions_lie_strictly_between_zero_and_one():
    assert all(0 < draw.fraction("f", i) < 1 for i in range(1000))
    assert draw.fraction("a", "b") != draw.fraction("ab")


def test_nothing_to_choose_from():
    with pytest.raises(ValueError, match="empty"):
        draw.choose([], "key")
