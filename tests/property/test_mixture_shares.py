"""A recipe's mixture: its shares are met by any first units of a path, and no unit changes where others are added."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.ir.text import print_script
from magnetc.passes.context import CompileContext
from magnetc.passes.mixture import MOST, Kind, Mixture, kind_of
from magnetc.passes.pipeline import compile_unit

LIBRARY = Path(__file__).parents[1] / "data" / "recipes" / "library"
SHARES = st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)).filter(lambda s: s[0] + s[1] > 0 and s[2] <= 2 * (s[0] + s[1]))


def mixture(shares, copies, seed=7):
    return Mixture.of(seed, [(kind, share / sum(shares)) for kind, share in zip(Kind, shares)], copies)


@given(SHARES, st.floats(0, 0.5), st.integers(0, 2**32))
def test_the_shares_are_met_where_as_many_copies_are_made_as_expected(shares, copies, seed):
    made = mixture(shares, copies, seed)
    several, single, abstain = (1 - made.single) * (1 + copies), made.single, made.abstentions
    whole = several + single + abstain
    if made.abstentions < MOST:
        for found, asked in zip((several, single, abstain), shares):
            assert abs(found / whole - asked / sum(shares)) < 1e-9


@given(SHARES, st.integers(0, 2**32), st.integers(20, 400))
@settings(deadline=None)
def test_any_first_units_of_a_path_are_near_the_shares(shares, seed, units):
    made = mixture(shares, 0.3, seed)
    single = sum(made.is_single("loan", ordinal) for ordinal in range(units))
    abstaining = sum(made.abstaining("loan", ordinal) for ordinal in range(units))
    assert abs(single - units * made.single) < 4          # a free draw is off by up to 10 of 400, and seldom by 30
    assert abs(abstaining - units * made.abstentions) < 4
    assert [made.is_single("loan", ordinal) for ordinal in range(9)] == [mixture(shares, 0.3, seed).is_single("loan", each) for each in range(9)]


def test_the_two_draws_of_a_unit_do_not_hang_together():
    made = mixture((1, 1, 1), 0.0)
    both = sum(made.is_single("loan", each) and made.abstaining("loan", each) for each in range(1000))
    assert abs(both - 1000 * made.single * made.abstentions) < 25


def test_a_kind_is_read_off_tags_and_turns():
    assert kind_of(["merge@t1", "no_tool.near@t1"], 3) is Kind.ABSTAIN
    assert kind_of(["no_tool.chitchat@t1"], 3) is Kind.MULTI_TURN
    assert kind_of([], 1) is Kind.SINGLE_TURN


def scripts(spec, path, count):
    context = CompileContext(spec)
    return [[print_script(script) for script in compile_unit(context, path, ordinal).scripts] for ordinal in range(count)]


def test_another_path_and_more_units_change_no_unit():
    spec = compile_recipe(LIBRARY, Sink()).spec
    mixed = replace(spec, recipe=replace(spec.recipe, mixture=(("multi_turn", 0.5), ("single_turn", 0.25), ("abstain", 0.25))))
    more = replace(mixed, paths=(*mixed.paths, replace(mixed.paths[0], name="another")), recipe=replace(mixed.recipe, paths=(("loan", 90), ("another", 9))))
    before = scripts(mixed, "loan", 20)
    assert scripts(more, "loan", 20) == before
    assert {len(each) for each in before} >= {1, 2}
