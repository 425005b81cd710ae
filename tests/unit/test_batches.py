"""Questions gathered into batches: which go together, who is told what, and what happens when nobody waits any more."""

import asyncio
import threading
import time

import pytest

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.teachers.ask import Reply, Request, Unusable
from magnetc.teachers.batches import Batches


def request(number, program="p", model="m"):
    return Request(program=program, model=model, messages=({"role": "user", "content": str(number)},))


def number_of(asked):
    return int(asked.messages[0]["content"])


class Said:
    """Answers with the number that is asked, and keeps what came together."""

    def __init__(self, seconds=0.0):
        self.batches, self.threads, self.seconds = [], set(), seconds

    def __call__(self, requests, stopped):
        self.threads.add(threading.get_ident())
        self.batches.append(list(requests))
        time.sleep(self.seconds)
        return [Reply(text=str(number_of(each)), asked=2, answered=1) for each in requests]


def run(say, asked, batch=4):
    async def session():
        async with Batches(lambda program: "m", say, batch) as model:
            return await asyncio.gather(*map(model.complete, asked), return_exceptions=True), model.budget

    return asyncio.run(session())


def test_all_that_wait_are_answered_in_batches_off_the_loop():
    say = Said()
    found, budget = run(say, [request(n) for n in range(10)])
    assert [each.text for each in found] == [str(n) for n in range(10)]
    assert [len(batch) for batch in say.batches] == [4, 4, 2]
    assert threading.get_ident() not in say.threads
    assert (budget.requests, budget.asked, budget.answered) == (10, 20, 10)
    budget.check()


def test_a_batch_has_one_model_and_likes_one_program():
    say = Said()
    run(say, [request(0, "a"), request(1, "b"), request(2, model="other"), request(3, "b"), request(4, "a"), request(5, "a"), request(6, "a")])
    assert [[number_of(each) for each in batch] for batch in say.batches] == [[0, 4, 5, 6], [1, 3], [2]]


def test_the_loop_goes_on_while_a_batch_is_answered():
    async def session():
        ticks = 0
        async with Batches(lambda program: "m", Said(seconds=0.1), 4) as model:
            answer = asyncio.create_task(model.complete(request(1)))
            while not answer.done():
                await asyncio.sleep(0.005)
                ticks += 1
        return ticks

    assert asyncio.run(session()) > 5


def test_a_question_without_room_fails_alone_and_what_breaks_fails_all():
    lost = Unusable("p", "no room")
    found, budget = run(lambda requests, stopped: [lost if number_of(each) == 1 else Reply(text="x") for each in requests], [request(n) for n in range(3)])
    assert [found[0].text, found[1], found[2].text] == ["x", lost, "x"]
    assert budget.requests == 2

    def broken(requests, stopped):
        raise MagnetError(Diagnostic(code="MG712", message="no model"))

    found, _ = run(broken, [request(n) for n in range(6)])
    assert [each.diagnostics[0].code for each in found] == ["MG712"] * 6


def test_who_leaves_breaks_off_what_is_under_way_and_takes_nothing_from_it():
    begun = threading.Event()

    def say(requests, stopped):
        begun.set()
        until = time.monotonic() + 10
        while not stopped() and time.monotonic() < until:
            time.sleep(0.001)
        return [Reply(text="cut sho") for _ in requests]

    async def session():
        async with Batches(lambda program: "m", say, 1) as model:
            asked = [asyncio.create_task(model.complete(request(n))) for n in range(3)]
            await asyncio.to_thread(begun.wait)
        return await asyncio.gather(*asked, return_exceptions=True), model.budget.requests

    before = time.monotonic()
    found, paid = asyncio.run(session())
    assert time.monotonic() - before < 5
    assert all(isinstance(each, asyncio.CancelledError) for each in found)
    assert paid == 0


def test_the_first_question_waits_a_moment_for_others():
    say = Said()

    async def session():
        async with Batches(lambda program: "m", say, 8) as model:
            async def later(number):
                for _ in range(number):
                    await asyncio.sleep(0)
                return await model.complete(request(number))

            await asyncio.gather(*map(later, range(4)))

    asyncio.run(session())
    assert [len(batch) for batch in say.batches] == [4]


@pytest.mark.parametrize("size", [1, 3])
def test_no_batch_is_larger_than_it_may_be(size):
    say = Said()
    run(say, [request(n) for n in range(7)], batch=size)
    assert max(map(len, say.batches)) == size
