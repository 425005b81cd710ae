"""The taxonomy of faults says what the code does and the page says."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.distill.taxonomy import DIRECTIONS, Direction, Evidence, taxonomy
from magnetc.ir.pointer import expand, get, replaced

ROOT = Path(__file__).parents[2]


def test_classes_are_well_formed():
    assert len(taxonomy()) == 12
    assert set(DIRECTIONS) == set(get_args(Direction)) == {each.direction for each in taxonomy().values()}
    for each in taxonomy().values():
        assert each.weight > 0
        assert each.proof
        assert set(each.proof) <= set(get_args(Evidence))
        assert each.magnet in ("missed function", "missed parameters", "wrong summary")


def test_the_page_has_the_same_table():
    text = (ROOT / "docs" / "certificates.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert [row for row in table if row[0] in taxonomy()] == [(name, each.means, ", ".join(each.proof)) for name, each in taxonomy().items()]


documents = st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab/~0"), inner, max_size=3), max_leaves=8)


@given(documents, st.data())
def test_a_value_is_replaced_and_nothing_else(document, data):
    places = [at for at, _ in [("", document), *expand(document, "/*"), *expand(document, "/*/*")]]
    at = data.draw(st.sampled_from(places))
    new = replaced(document, at, "new")
    assert get(new, at) == "new"
    if at:
        assert replaced(new, at, get(document, at)) == document
    with pytest.raises(LookupError):
        replaced(document, at + "/nothing/there", 0)
