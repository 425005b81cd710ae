"""Rules that calls alone are seen to break."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from spec_small import record, small_spec, tool

from magnetc.distill.policy import broken_rules, is_made_up
from magnetc.ir.spec import GraphSpec, Link, PathSpec

NAMES = ("a", "b", "c", "d")
SPEC = replace(
    small_spec(), turns=(), tools=(tool("a", record(session="Session")), tool("b"), tool("c", session="Session"), tool("d")),
    graph=GraphSpec(links=(Link(source="a", target="b"), Link(source="b", target="d")), unlinks=(("b", "d"),)),
    paths=(PathSpec(name="p", require=(("a", "c"),), forbid=(("d", "b"),), at_most=((1, "c"),)),),
)
walks = st.lists(st.sampled_from(NAMES), max_size=7)


def first(walk, name):
    return walk.index(name) if name in walk else len(walk)


def rules_broken(walk):
    """The same rules, said once more."""
    return {rule for rule, broken in {
        "`c` needs an earlier `a`": "c" in walk and first(walk, "a") > first(walk, "c"),
        "`b` needs an earlier `a`": "b" in walk and first(walk, "a") > first(walk, "b"),
        "`d` is forbidden before `b`": "b" in walk and first(walk, "d") < first(walk, "b"),
        "more than 1 of `c`": walk.count("c") > 1,
    }.items() if broken}


@given(walks, walks)
def test_what_one_side_breaks_and_the_other_keeps(reference, made):
    assert set(broken_rules(SPEC, "p", reference, made)) == rules_broken(made) - rules_broken(reference)
    assert broken_rules(SPEC, "p", made, made) == []
    assert broken_rules(SPEC, "another", reference, made) == []


@given(st.integers(2, 10**6), st.lists(st.integers(2, 10**6), max_size=4))
def test_a_number_is_made_up_where_nothing_says_it(value, others):
    spec = replace(SPEC, tools=(tool("pay", amount="Money"),))
    texts = [f"I have {other} of them" for other in others]
    assert is_made_up(value, "pay", "/amount", spec, "en", "2026-03-02T09:00:00Z", texts) == (value not in others)
    assert not is_made_up(value, "pay", "/other", spec, "en", "2026-03-02T09:00:00Z", texts)
    assert not is_made_up(value, "other", "/amount", spec, "en", "2026-03-02T09:00:00Z", texts)
