"""Intervals of rates, pass^k, and how long a play takes."""

from itertools import combinations
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from magnetc.agent.verdict import is_question
from magnetc.build.interval import of_clusters, wilson
from magnetc.cli.pace import Pace, duration
from magnetc.eval.trials import pass_hat


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6), st.integers(1, 4))
def test_pass_k_is_the_share_of_ways_to_draw_k_trials_that_all_succeed(trials, k):
    drawn = [all(ways) for each in trials for ways in combinations(each, k)]
    found = pass_hat([(sum(each), len(each)) for each in trials], k)
    assert isclose(found, sum(drawn) / len(drawn), abs_tol=1e-12)


def test_pass_k_of_fewer_trials_is_none():
    assert pass_hat([(1, 2), (2, 3)], 3) is None
    assert pass_hat([], 1) is None


@given(st.integers(1, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_wilsons_interval_holds_the_rate_and_more(counts):
    part, whole = counts
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole + 1e-12 <= high + 1e-9 <= 1 + 1e-9
    assert high - low > 0
    mirrored = wilson(whole - part, whole)
    assert isclose(low, 1 - mirrored[1], abs_tol=1e-9)


def test_wilsons_interval_is_scipys():
    for part, whole in ((8, 10), (0, 3), (7, 7), (55, 1000)):
        theirs = binomtest(part, whole).proportion_ci(method="wilson")
        assert wilson(part, whole) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert wilson(0, 0) == (0, 1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))), min_size=1, max_size=30))
def test_an_interval_of_clusters_holds_the_rate_and_is_the_same_again(counts):
    found, whole = of_clusters(counts), sum(whole for _, whole in counts)
    assert of_clusters(counts) == found
    if whole:
        assert found[0] - 1e-9 <= sum(part for part, _ in counts) / whole <= found[1] + 1e-9
    else:
        assert found == (0, 1)


def test_copies_of_one_thing_make_an_interval_wider():
    apart = [(number % 2, 1) for number in range(240)]
    alike = [(6 * (number % 2), 6) for number in range(40)]
    (low, high), (wide_low, wide_high) = of_clusters(apart), of_clusters(alike)
    assert wide_high - wide_low > 2 * (high - low)
    assert (low, high) == pytest.approx(wilson(120, 240), abs=0.02)
    assert of_clusters([(2, 2), (1, 1), (0, 0)]) == wilson(2, 2)


def test_the_first_messages_tell_how_long_all_take():
    now, told, moved = [0.0], [], []
    pace = Pace(lambda total=None, by=1: moved.append((total, by)), lambda: now[0], told.append)
    pace.begin(600, 100, 16)
    now[0] = 2.0
    pace.said(8)
    assert told == []
    now[0] = 4.0
    pace.said(8)
    pace.said(16)
    assert told == ["about 2 min: 600 messages of the agent in 100 conversations"]
    assert moved == [(600, 0), (None, 8), (None, 8), (None, 16)]


@pytest.mark.parametrize(("seconds", "said"), [(0.01, "1 s"), (89, "89 s"), (91, "2 min"), (3600, "60 min"), (7740, "2 h 10 min"), (7200, "2 h")])
def test_durations_are_rounded(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(("text", "locale", "asks"), [
    ("For how many weeks?", "en", True), ("“For how many weeks?” ", "en", True), ("**Which day?**", "en", True), ("Which day? I need it.", "en", False),
    ("Quel jour ?", "fr", True), ("何週間ですか。", "ja", True), ("何週間？", "ja", True), ("できません。", "ja", False), ("ποια ημέρα;", "el", True),
    ("done;", "en", False), ("", "en", False)])
def test_what_a_question_is_hangs_on_the_language(text, locale, asks):
    assert is_question(text, locale) == asks
