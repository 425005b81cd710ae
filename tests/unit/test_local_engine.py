"""Units under way on one machine: their order, how many at once, and what a slow or failing one does to the others."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.engine.local import AHEAD, in_order


class Steps:
    """Work that takes so many turns of the loop, and counts who is at it."""

    def __init__(self, lengths, failing=()):
        self.lengths, self.failing = lengths, failing
        self.under_way, self.most, self.begun, self.cancelled = 0, 0, [], 0

    async def __call__(self, unit):
        self.begun.append(unit)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(self.lengths[unit]):
                await asyncio.sleep(0)
            if unit in self.failing:
                raise ValueError(unit)
            return unit
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1


async def all_of(steps, concurrency):
    return [result async for result in in_order(range(len(steps.lengths)), steps, concurrency)]


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 8))
def test_results_come_in_order_and_no_more_than_allowed_are_under_way(lengths, concurrency):
    steps = Steps(lengths)
    assert asyncio.run(all_of(steps, concurrency)) == list(range(len(lengths)))
    assert steps.most <= concurrency


def test_a_slow_unit_leaves_the_others_their_places():
    steps = Steps([1000] + [1] * 40)

    async def until_first():
        async for _ in in_order(range(41), steps, 4):
            return list(steps.begun)

    assert len(asyncio.run(until_first())) == 41


def test_results_that_wait_are_bounded():
    steps = Steps([100_000] + [0] * 1000)

    async def a_while():
        results = in_order(range(1001), steps, 2)
        first = asyncio.ensure_future(anext(results))
        for _ in range(5000):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await results.aclose()

    asyncio.run(a_while())
    assert len(steps.begun) == AHEAD * 2


def test_a_failure_comes_at_its_turn_and_nothing_is_begun_after_it():
    steps = Steps([50, 50, 1, *[1] * 100], failing={2})

    async def drain():
        async for result in in_order(range(103), steps, 3):
            seen.append(result)

    seen = []
    with pytest.raises(ValueError, match="2"):
        asyncio.run(drain())
    assert seen == [0, 1]
    assert steps.begun == [0, 1, 2]


def test_what_is_under_way_is_cancelled_with_the_iteration():
    steps = Steps([0, 1000, 1000])

    async def first():
        results = in_order(range(3), steps, 3)
        await anext(results)
        await results.aclose()

    asyncio.run(first())
    assert steps.cancelled == 2
    assert steps.under_way == 0
