"""Large states: shared with copies of the process, to the same results as worlds that are copied."""

import asyncio
import pickle
import time
from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import digest
from magnetc.ir.limits import Limits
from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds import python
from magnetc.tools.worlds.protocol import Ref, Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld

WORLDS = Path(__file__).parents[1] / "data" / "worlds"
NOW = "2026-03-02T09:00:00Z"
SPEC = WorldSpec(python="large:LargeWorld", now=NOW, origin=Origin("recipe.yaml", "/world"))
FIND = Step(call="find", args={"to": "Oslo"})
CHEAPEST = Step(call="book", refs={"/flight_id": Ref(step=0, at="/flights/*/flight_id", pick="least", by="price")},
                instead=[{"/flight_id": "F00001"}, {"/flight_id": "nowhere"}])
BOOK = Step(call="book", args={"flight_id": "F00001"})


def worlds(test, **limits):
    async def body():
        async with await PythonWorld.start(SPEC, WORLDS, limits=Limits(**limits)) as world:
            state = (await world.reset(Reset(seed=1, now=NOW), full=True)).state
            return await test(world, Reset(seed=7, now=NOW, state=state, digest=digest(state)))

    return asyncio.run(body())


async def exercise(world, start):
    """Everything that is asked of worlds, as plain values."""
    initial = await world.reset(start)
    first = await world.run(Run(start=start, programs=[(FIND, CHEAPEST), (BOOK, BOOK)], mode="all", keep=True, digest=True,
                                observe=True, query=["/bookings/*", "/flights/F00001/seats"]))
    second = await world.run(Run(start=first[1].handle, programs=[(Step(call="book", args={"flight_id": "?"}),), (BOOK,), (FIND,)],
                                 keep=True, observe="digest", digest=True))
    state = await world.state(second[1].handle)
    untouched = await world.state(initial.handle)
    shown = [[o.results, o.args, o.at, o.error, o.reason, o.observed, o.digest, o.found, o.instead, o.handle is None]
             for o in (*first, *second)]
    return shown, state, digest(untouched), initial.state_digest, initial.profile


@pytest.mark.slow
def test_a_shared_world_does_what_a_copied_one_does(tmp_path, monkeypatch):
    shared = worlds(exercise)
    copying = tmp_path / "worker.py"
    copying.write_text(python.WORKER.read_text(encoding="utf-8").replace("LARGE = 1 << 18", "LARGE = 1 << 60"), encoding="utf-8")
    monkeypatch.setattr(python, "WORKER", copying)
    assert worlds(exercise) == shared
    (found, booked, failed, again), state = shared[0], shared[1]
    assert booked[0][1]["seats"] == booked[0][0]["seats"] - 1
    assert failed[3] == 0
    assert again[3] is None
    assert len(state["bookings"]) == 3
    assert "error" in found[8][1][1]
    assert shared[2] == shared[3]


def test_reset_and_snapshot_of_a_large_state_are_cheap():
    async def test(world, start):
        await world.run(Run(start=start, programs=[()], keep=True))
        times = []
        for seed in range(20):
            begun = time.perf_counter()
            (outcome,) = await world.run(Run(start=Reset(seed=seed, now=NOW, state=start.state, digest=start.digest),
                                             programs=[(BOOK,)], keep=True))
            times.append(time.perf_counter() - begun)
            assert outcome.ok
        return min(times), min(timed(pickle.loads, pickle.dumps(start.state, -1)) for _ in range(5))

    shared, copied = worlds(test)
    assert shared < copied / 2


def timed(function, argument):
    begun = time.perf_counter()
    function(argument)
    return time.perf_counter() - begun


@pytest.mark.slow
def test_what_ends_a_copy_ends_the_worker():
    async def test(world, start):
        with pytest.raises(MagnetError, match="died during `leave`: it exited with status 7"):
            await world.run(Run(start=start, programs=[(Step(call="leave"),)]))
        hung, refused = await world.run(Run(start=start, programs=[(Step(call="hang"),), (Step(call="fork"),)], mode="all", keep=True))
        assert hung.late
        assert hung.handle is None
        assert refused.results[0]["error"] in ("[Errno 1] Operation not permitted",)
        broken = {**start.state, "broken": True}
        with pytest.raises(MagnetError, match=r"MG601: .* does not start: ValueError: no such depot") as caught:
            await world.run(Run(start=Reset(now=NOW, state=broken), programs=[(FIND,)]))
        assert caught.value.diagnostics[0].notes[0].startswith("in `large.py`, line ")
        assert (await world.run(Run(start=start, programs=[(BOOK,)])))[0].ok

    worlds(test, seconds=2)
