"""fit: a phrase fits exactly when it says what is the user's to give."""

import pytest
from spec_small import phrase

from magnetc.frontend.templates import print_template
from magnetc.passes.fit import fit

CASES = [
    # phrase, user, outputs, must, what stays (None: does not fit)
    ("go[ from {a}][ to {b}]", "ab", "", "", "go from {a} to {b}"),
    ("go[ from {a}][ to {b}]", "b", "", "", "go to {b}"),
    ("go[ from {a}][ to {b}]", "", "", "", "go"),
    ("go to {b}", "", "", "", None),
    ("go to {b}", "", "b", "", "go to {b}"),
    ("go to {b}", "ab", "", "", None),
    ("go[ from {a} to {b}]", "a", "", "", None),
    ("go[ from {a} to {b}]", "a", "b", "", "go from {a} to {b}"),
    ("go[ from {a}[ to {b}]]", "a", "", "", "go from {a}"),
    ("go[ from {a}[ to {b}]]", "b", "", "", None),
    ("go[ please][ to {b}]", "", "", "", "go please"),
    ("go (to {b}|back)", "", "", "", "go (back)"),
    ("go (to {b}|back)", "b", "", "", None),
    ("go (to {b}|over to {b})", "b", "", "", "go (to {b}|over to {b})"),
    ("cancel[ {b}]", "", "b", "b", "cancel {b}"),
    ("cancel it", "", "b", "b", None),
    ("cancel it", "", "b", "", "cancel it"),
]


@pytest.mark.parametrize(("text", "user", "outputs", "must", "stays"), CASES)
def test_fit(text, user, outputs, must, stays):
    kept = fit(phrase("en", text).parts, frozenset(user), frozenset(outputs), frozenset(must))
    assert (kept and print_template(kept)) == stays
