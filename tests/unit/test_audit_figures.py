"""Samples hold every stratum, rates are weighted, and what was said stays on disk whatever happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from magnetc.build.audit.card import with_audit
from magnetc.build.audit.report import rate, report_on
from magnetc.build.audit.rows import AuditRow, allocate, draw_sample
from magnetc.build.audit.verdicts import Verdict, read_verdicts, write_verdict
from magnetc.build.output import AUDIT, Output
from magnetc.diagnostics import MagnetError
from magnetc.emit.reading import printable


def row(number, *, path="a", operations="none", is_pair=False):
    return AuditRow(id=f"{path}-{number}", digest=f"{path}-{operations}-{number}-{is_pair}", file="sft/train.jsonl", offset=0, is_pair=is_pair, path=path,
                    operations=operations, locale="en")


def said(rows, *defects):
    return {each.digest: Verdict(row=each.id, digest=each.digest, defects=defects) for each in rows}


@given(st.dictionaries(st.tuples(st.text("abc", min_size=1, max_size=2)), st.integers(1, 60), min_size=1, max_size=12), st.integers(1, 200))
def test_an_allocation_is_of_the_size_asked_for(sizes, count):
    taken = allocate(sizes, count)
    assert sum(taken.values()) == min(count, sum(sizes.values()))
    assert all(0 <= taken[key] <= sizes[key] for key in sizes)
    if count >= len(sizes):
        assert min(taken.values()) >= 1


@given(st.integers(1, 30), st.integers(0, 30))
def test_a_larger_sample_holds_a_smaller_ones_rows(count, more):
    rows = [row(n) for n in range(40)]
    small, large = draw_sample(rows, count), draw_sample(rows, count + more)
    assert set(small) <= set(large)
    assert len(small) == count


def test_a_small_stratum_is_in_the_sample_and_weighs_little():
    rows = [*(row(n) for n in range(990)), *(row(n, operations="split") for n in range(10))]
    sample = draw_sample(rows, 20)
    rare = [each for each in sample if each.operations == "split"]
    assert len(rare) == 1
    report = report_on(rows, said(sample) | said(rare, "call"))
    assert report.rates["call"].defects == 1
    assert report.rates["call"].rate == pytest.approx(0.01), "one of twenty, of a stratum that has a hundredth of the rows"
    assert report.rates["call"].low < 0.01 < report.rates["call"].high
    assert report.covered == 1.0


def test_where_there_are_more_strata_than_rows_asked_for_they_are_joined():
    rows = [row(n, operations=f"op{n}") for n in range(30)] + [row(n, is_pair=True) for n in range(30)]
    sample = draw_sample(rows, 6)
    assert sum(each.is_pair for each in sample) == 3


def test_every_beginning_of_a_sample_is_as_mixed_as_all_of_it():
    sample = draw_sample([*(row(n) for n in range(300)), *(row(n, is_pair=True) for n in range(300))], 100)
    assert 8 <= sum(each.is_pair for each in sample[:20]) <= 12


@pytest.mark.parametrize(("judged", "defects"), [(1, 0), (1, 1), (20, 0), (20, 3), (20, 20), (100, 7)])
def test_with_equal_weights_the_interval_is_that_of_the_binomial_test(judged, defects):
    found = rate([(2.5, number < defects) for number in range(judged)])
    exact = binomtest(defects, judged).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert found.rate == pytest.approx(defects / judged)


def test_unequal_weights_make_an_interval_wider():
    equal = rate([(1.0, n < 5) for n in range(50)])
    unequal = rate([(1.0 if n % 5 else 12.0, n in (1, 2, 3, 4, 6)) for n in range(50)])
    assert unequal.high - unequal.low * (unequal.rate / equal.rate) > equal.rate
    assert 0 <= unequal.low <= unequal.rate <= unequal.high <= 1


def test_direction_is_asked_of_pairs_alone_and_stale_verdicts_count_for_nothing():
    rows = [row(0), row(1), row(0, is_pair=True)]
    report = report_on(rows, said(rows) | said([row(9)], "reply"))
    assert (report.judged, report.good, report.stale) == (3, 3, 1)
    assert report.rates["direction"].judged == 1
    assert report.rates["call"].judged == 3
    assert report.rates["reply"].defects == 0
    assert report_on(rows, {}).rates == {}


def test_what_was_broken_off_goes_before_the_next_verdict(tmp_path):
    for digest in ("a", "b"):
        write_verdict(tmp_path, Verdict(row="r", digest=digest))
    with (tmp_path / AUDIT).open("a", encoding="utf-8") as file:
        file.write('{"row": "r", "dig')
    assert set(read_verdicts(tmp_path)) == {"a", "b"}
    write_verdict(tmp_path, Verdict(row="r", digest="a", defects=("call",), note="zu früh\n"))
    assert read_verdicts(tmp_path)["a"] == Verdict(row="r", digest="a", defects=("call",), note="zu früh\n"), "the last line counts"
    assert len((tmp_path / AUDIT).read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"row": "r", "digest": "d", "defects": ["speling"]}', '{"row": "r", "digest": "d", "defects": [], "note": 3}', "[" * 100_000])
def test_a_line_that_is_no_verdict_is_an_error(tmp_path, line):
    (tmp_path / AUDIT).write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(MagnetError) as raised:
        read_verdicts(tmp_path)
    assert raised.value.diagnostics[0].code == "MG623"


def test_a_card_has_one_section_however_often_it_is_written():
    rows = [row(0)]
    report = report_on(rows, said(rows, "wording"))
    plain = "# a\n\nText.\n\n## Limits\n\nThey are.\n"
    once = with_audit(plain, report)
    assert once.index("## Audit") < once.index("## Limits")
    assert with_audit(once, report) == once
    assert with_audit(once, None) == plain
    assert with_audit("no limits", report).count("## Audit") == 1


def test_a_build_that_is_killed_while_it_takes_its_place_loses_no_verdict(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.yaml").write_text("{}", encoding="utf-8")
    (out / AUDIT).write_text("", encoding="utf-8")
    out.rename(tmp_path / ".out.before")
    Output(out)
    assert (out / AUDIT).is_file()


def test_control_characters_are_shown_and_not_obeyed():
    assert printable("a\x1b[2Jb\x07\tc\nd\x9b") == "a\\x1b[2Jb\\x07\tc\nd\\x9b"
