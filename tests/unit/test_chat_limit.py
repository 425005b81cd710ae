"""What is over the length is dropped or cut between user turns, and counted by operation."""

import pytest

from magnetc.train.encode.limit import histogram, histogram_text, limited
from magnetc.train.encode.tokenized import CreditSpan, Span, TokenizedPair, TokenizedRow


def row(length=30, operations=("insert.long",)):
    spans = tuple(Span(start=10 * k + 6, end=10 * (k + 1), index=2 * k + 1, turn=k) for k in range(length // 10))
    weights = [float(k % 10 >= 6) for k in range(length)]
    return TokenizedRow(id="a", operations=operations, input_ids=list(range(length)), weights=weights, messages=spans)


def side(ends):
    return tuple(CreditSpan(start=end - 3, end=end, index=2 * k, turn=k, credit=int(k == 0), root=k == 0) for k, end in enumerate(ends))


def pair(chosen=(5, 15, 25), rejected=(8, 18), prompt=10):
    return TokenizedPair(
        id="p", fault="wrong_value", operations=(), prompt_ids=[0] * prompt, prompt_weights=[0.0] * prompt,
        chosen_ids=[1] * chosen[-1], chosen_weights=[1.0] * chosen[-1], chosen_spans=side(chosen),
        rejected_ids=[2] * rejected[-1], rejected_spans=side(rejected))


@pytest.mark.parametrize(("length", "over", "kept", "tally"), [
    (30, "cut", [30], {}),
    (29, "cut", [20], {"insert.long": {"cut": 1}}),
    (20, "cut", [20], {"insert.long": {"cut": 1}}),
    (9, "cut", [], {"insert.long": {"dropped": 1}}),
    (29, "drop", [], {"insert.long": {"dropped": 1}}),
])
def test_rows(length, over, kept, tally):
    result = limited([row()], length, over)
    assert [len(item) for item in result.kept] == kept
    assert result.tally == tally
    for item in result.kept:
        assert item.messages[-1].end == len(item.input_ids) == len(item.weights)


@pytest.mark.parametrize(("length", "sizes"), [(35, (25, 18)), (34, (15, 18)), (28, (15, 18)), (27, (5, 8)), (18, (5, 8)), (17, None)])
def test_pairs_keep_the_same_number_of_turns(length, sizes):
    result = limited([pair()], length, "cut")
    assert [(len(item.chosen_ids), len(item.rejected_ids)) for item in result.kept] == ([sizes] if sizes else [])
    for item in result.kept:
        assert len(item) <= length
        assert len(item.chosen_weights) == len(item.chosen_ids)
        assert item.chosen_spans[0].turn == 0


def test_the_tally_is_by_operation():
    rows = [row(), row(operations=()), row(operations=("merge", "insert.long")), row(10, operations=("merge",))]
    assert limited(rows, 20, "cut").tally == {"insert.long": {"cut": 2}, "merge": {"cut": 1}, "plain": {"cut": 1}}


def test_histogram_bins_are_round_and_hold_all():
    lengths = [3, 120, 130, 990, 991]
    bins = histogram(lengths)
    assert (bins[0], bins[-1]) == ((0, 100, 1), (900, 1000, 2))
    assert sum(count for *_, count in bins) == len(lengths)
    assert histogram([]) == []
    assert histogram([7]) == [(7, 8, 1)]


def test_histogram_text_draws_a_line_a_bin():
    lines = histogram_text([3, 120, 130, 990, 991], width=10).splitlines()
    assert lines[1] == "100–199 ██████████ 2"
    assert len(lines) == 10
    assert histogram_text([]) == ""
