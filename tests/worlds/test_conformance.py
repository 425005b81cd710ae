"""What every world keeps, whatever is behind it: the same tests on each, through the interface alone.

`cases.py`, `openapi_cases.py` and `mcp_cases.py` have the worlds. Those of servers and packages that have to be installed are marked so.
"""

import asyncio
from contextlib import ExitStack
from functools import wraps

import pytest
from cases import NOW, PYTHON, SIMULATED
from mcp_cases import MCP
from openapi_cases import OPENAPI

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import digest
from magnetc.ir.pointer import expand, get
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.protocol import Reset, Run, Step

CASES = [*(pytest.param(case, id=case.name) for case in (*PYTHON, *SIMULATED, *OPENAPI)),
         *(pytest.param(case, id=case.name, marks=pytest.mark.mcp) for case in MCP)]
START = Reset(seed=7, now=NOW)


@pytest.fixture(scope="module")
def started():
    """A function that runs an async test of (case, world) in a world that is started once for all tests of its case."""
    with ExitStack() as running, asyncio.Runner() as runner:
        worlds = {}
        behind = set()

        async def body(test, case):
            if case.behind is not None and case.behind not in behind:
                behind.add(case.behind)
                running.enter_context(case.behind())
            if case.name not in worlds:
                worlds[case.name] = await world_kind(case.spec).prepare(case.spec, case.folder, print)()
            await worlds[case.name].drop()
            await test(case, worlds[case.name])

        yield lambda test, case: runner.run(body(test, case))
        for world in worlds.values():
            runner.run(world.close())


def on_every_world(test):
    """Run an async test of (case, world) on each case."""

    @pytest.mark.parametrize("case", CASES)
    @wraps(test)
    def run(case, started):
        started(test, case)

    del run.__wrapped__  # else pytest takes `world` for a fixture
    return run


async def one(world, start, *steps, **options):
    (outcome,) = await world.run(Run(start=start, programs=[steps], **options))
    return outcome


def _texts(value, at=""):
    """Places and values of the texts in arguments."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(item, f"{at}/{key}")


def told(outcome):
    """All that an outcome says of what happened; its handle is a name."""
    return outcome.results, outcome.args, outcome.at, outcome.error, outcome.reason, outcome.observed, outcome.digest, outcome.found


@on_every_world
async def test_the_levels_are_those_of_the_kind(case, world):
    assert world.levels == world_kind(case.spec).levels(case.spec)


@on_every_world
async def test_a_reset_gives_the_same_world_and_its_state_makes_it_anew(case, world):
    first = await world.reset(START, full=True)
    again = await world.reset(START)
    restored = await world.reset(Reset(seed=7, now=NOW, state=first.state, digest=first.state_digest), full=True)
    assert len({first.handle, again.handle, restored.handle}) == 3
    assert first.state_digest == again.state_digest == restored.state_digest == digest(first.state)
    assert restored.state == first.state == await world.state(again.handle)
    assert again.state is None


@on_every_world
async def test_the_same_calls_give_the_same_results_in_another_world_too(case, world):
    steps = [*case.chain, case.read, *filter(None, [case.write])]
    asked = {"digest": True, "observe": True, "query": [case.pattern] if case.pattern else []}
    first = await one(world, START, *steps, **asked)
    assert first.ok, first.reason
    assert told(await one(world, START, *steps, **asked)) == told(first)
    state = (await world.reset(START, full=True)).state
    other = await world_kind(case.spec).prepare(case.spec, case.folder, print)()
    try:
        assert told(await one(other, START, *steps, **asked)) == told(first)
        named = Reset(seed=7, now=NOW, state=state, digest=digest(state))
        assert told(await one(other, named, *steps, **asked)) == told(first)
    finally:
        await other.close()


@on_every_world
async def test_programs_touch_neither_their_start_nor_each_other(case, world):
    if case.write is None or case.other is None:
        pytest.skip("a world without state")
    start = await world.reset(START)
    run = Run(start=start.handle, programs=[[case.write], [case.other], [case.write], [case.read], []], mode="all", digest=True)
    write, other, again, read, nothing = await world.run(run)
    assert told(write) == told(again)
    assert write.ok, write.reason
    assert other.ok, other.reason
    assert len({write.digest, other.digest, start.state_digest}) == 3
    assert read.digest == nothing.digest == start.state_digest == digest(await world.state(start.handle))


@on_every_world
async def test_snapshots_are_independent(case, world):
    if case.write is None or case.other is None:
        pytest.skip("a world without state")
    written = await one(world, START, case.write, keep=True, digest=True)
    both = await one(world, written.handle, case.other, keep=True, digest=True)
    here = await one(world, written.handle, digest=True)
    assert written.digest == here.digest == digest(await world.state(written.handle))
    assert both.digest == digest(await world.state(both.handle)) != written.digest
    assert (await one(world, START, case.write, case.other, digest=True)).digest == both.digest
    assert (await one(world, START, digest=True)).digest == (await world.reset(START)).state_digest


@on_every_world
async def test_keeping_and_continuing_equals_one_long_program(case, world):
    steps = [step for step in (case.read, case.write, case.read, case.other, case.read) if step]
    whole = await one(world, START, *steps, digest=True, observe=True)
    place, results = START, []
    for step in steps:
        part = await one(world, place, step, keep=True, digest=True, observe=True)
        place = part.handle
        results += part.results
    assert results == list(whole.results)
    assert (part.digest, part.observed) == (whole.digest, whole.observed)


@on_every_world
async def test_what_is_observed_has_a_stable_digest(case, world):
    full = await one(world, START, case.read, observe=True)
    brief = await one(world, START, case.read, observe="digest")
    assert brief.observed == digest(full.observed)


@on_every_world
async def test_errors_are_values(case, world):
    for step in (case.wrong, Step(call="no_such_tool")):
        outcome = await one(world, START, step, case.read, digest=True, stop_on_error=False)
        assert (outcome.error, outcome.ok, outcome.late) == (0, False, False)
        assert set(outcome.results[0]) == {"error"}
        assert outcome.reason == outcome.results[0]["error"]
        assert outcome.results[1:] == (await one(world, START, case.read)).results
        stopped = await one(world, START, step, case.read)
        assert (stopped.error, len(stopped.results)) == (0, 1)


@on_every_world
async def test_the_first_program_without_an_error_is_the_last_tried(case, world):
    run = Run(start=START, programs=[[case.read, case.wrong], [case.wrong], [case.read], [case.wrong]], keep=True, digest=True)
    outcomes = await world.run(run)
    assert [outcome.error for outcome in outcomes] == [1, 0, None]
    assert [outcome.handle is None for outcome in outcomes] == [True, True, False]


@on_every_world
async def test_references_take_values_from_earlier_results(case, world):
    outcome = await one(world, START, *case.chain)
    assert outcome.ok, outcome.reason
    last = case.chain[-1]
    for pointer, ref in last.refs.items():
        at = outcome.at[-1][pointer]
        assert at in [place for place, _ in expand(outcome.results[ref.step], ref.at)]
        assert get(outcome.args[-1], pointer) == get(outcome.results[ref.step], at)
    literal = [*case.chain[:-1], Step(call=last.call, args=outcome.args[-1])]
    assert (await one(world, START, *literal)).results == outcome.results


@on_every_world
async def test_a_reference_to_nothing_fails_its_program_with_a_reason(case, world):
    (pointer, ref), *_ = case.chain[-1].refs.items()
    lost = Step(call=case.chain[-1].call, args=case.chain[-1].args, refs={pointer: type(ref)(step=ref.step, at="/no/such/place")})
    outcome = await one(world, START, *case.chain[:-1], lost)
    assert outcome.error == len(outcome.results) == len(case.chain) - 1
    assert "/no/such/place" in outcome.reason


@on_every_world
async def test_what_is_tried_instead_leaves_no_trace(case, world):
    step = case.write or case.read
    at, value = next(_texts(step.args))
    tried = Step(call=step.call, args=step.args, instead=[{at: value + "-other"}, {at: value}])
    plain, outcome = [await one(world, START, case.read, each, digest=True) for each in (step, tried)]
    assert (outcome.results, outcome.digest) == (plain.results, plain.digest)
    assert [*outcome.instead] == [1]
    other, same = outcome.instead[1]
    assert same == plain.results[1] != other


@on_every_world
async def test_state_is_queried_by_pattern(case, world):
    if not case.pattern:
        pytest.skip("a world without state")
    state = (await world.reset(START, full=True)).state
    outcome = await one(world, START, query=[case.pattern, "/no/such/place"])
    found = [tuple(item) for item in outcome.found[case.pattern]]
    assert found == list(expand(state, case.pattern))
    assert found
    assert list(outcome.found["/no/such/place"]) == []


@on_every_world
async def test_several_runs_are_those_runs(case, world):
    runs = [Run(start=START, programs=[[case.read], [case.wrong]], mode="all", digest=True),
            Run(start=START, programs=[[*filter(None, [case.write])]], digest=True, observe=True)]
    together = await world.run_all(runs)
    alone = [await world.run(run) for run in runs]
    assert [[told(outcome) for outcome in outcomes] for outcomes in together] == [[told(o) for o in outcomes] for outcomes in alone]


@on_every_world
async def test_handles_are_dropped_and_unknown_ones_refused(case, world):
    first, second = (await world.reset(START)).handle, (await world.reset(START)).handle
    assert await world.drop([first]) == 1
    with pytest.raises(MagnetError) as caught:
        await one(world, first, case.read)
    assert caught.value.diagnostics[0].code == "MG602"
    assert (await one(world, second, case.read)).ok
    world.drop_all()
    with pytest.raises(MagnetError):
        await world.state(second)
