"""Did you mean."""

import pytest

from magnetc.diagnostics.suggest import closest


@pytest.mark.parametrize(("name", "candidates", "expected"), [
    ("sead", ["seed", "send"], "seed"),
    ("recipes", ["recipe", "paths"], "recipe"),
    ("pahts", ["paths", "parts"], "paths"),
    ("get_distnace", ["get_distance", "get_zipcode"], "get_distance"),
    ("Email", ["email"], "email"),
    ("ab", ["cd"], None),
    ("mixture", ["system", "paths"], None),
    ("", ["a"], "a"),
    ("x", [], None),
])
def test_closest(name, candidates, expected):
    assert closest(name, candidates) == expected


def test_ties_go_to_the_first_name():
    assert closest("bat", ["cat", "bar", "bat"]) == "bar"
