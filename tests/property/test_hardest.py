"""Of conversations those are mined whose loss is largest, in the order in which they are given."""

from hypothesis import given
from hypothesis import strategies as st

from magnetc.build.mine.asked import AskedTurn
from magnetc.build.mine.hard import hardest


@given(found=st.dictionaries(st.text("abc", min_size=1, max_size=4), st.none() | st.floats(0, 9), min_size=1, max_size=12), share=st.floats(0.01, 1))
def test_the_hardest_are_kept(found, share):
    chosen = [[AskedTurn(row={"id": name}, turn=0, start=0, end=1)] for name in found]
    losses = {name: value for name, value in found.items() if value is not None}
    kept = hardest(chosen, losses, share)
    assert len(kept) == max(1, round(share * len(chosen)))
    assert [each for each in chosen if each in kept] == kept
    names = {each[0].conversation for each in kept}
    easiest = min(losses.get(name, -1) for name in names)
    assert all(losses.get(name, -1) <= easiest for name in found if name not in names)
