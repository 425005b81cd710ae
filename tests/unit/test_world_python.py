"""Python worlds: programs, references, snapshots and digests, over a real worker process."""

import asyncio
import re
import time
from functools import wraps
from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import digest
from magnetc.ir.limits import Limits
from magnetc.ir.pointer import expand
from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.spec import WorldSpec
from magnetc.ir.types import Ref as TypeRef
from magnetc.source import Origin
from magnetc.tools.worlds import worker
from magnetc.tools.worlds.kind import world_pool
from magnetc.tools.worlds.protocol import Ref, Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld
from magnetc.translate.run_in_time import run_in_time

WORLDS = Path(__file__).parents[1] / "data" / "worlds"
NOW = "2026-03-02T09:00:00Z"


def spec(target):
    return WorldSpec(python=target, now=NOW, origin=Origin("recipe.yaml", "/world"))


def with_world(target, **limits):
    """Run an async test with a started world of `target`."""

    def decorate(test):
        @wraps(test)
        def run():
            async def body():
                async with await PythonWorld.start(spec(target), WORLDS, limits=Limits(**limits)) as world:
                    await test(world)

            asyncio.run(body())

        del run.__wrapped__  # else pytest takes `world` for a fixture
        return run

    return decorate


async def one(world, start, *steps, **options):
    """The single outcome of one program."""
    (outcome,) = await world.run(Run(start=start, programs=[steps], **options))
    return outcome


def search(city="Lyon"):
    return Step(call="search_flights", args={"destination": city})


def book(pick, **options):
    ref = Ref(step=0, at="/flights/*/flight_id", pick=pick, **options)
    return Step(call="book_flight", args={"seats": 2}, refs={"/flight_id": ref})


@with_world("travel:TravelWorld")
async def test_open_lists_tools_and_optional_methods(world):
    assert world.tools == ("book_flight", "cancel_booking", "search_flights")
    assert world.has == ("state", "observe", "profile")


@with_world("travel:TravelWorld")
async def test_reset_is_reproducible_and_restores_its_own_state(world):
    first = await world.reset(Reset(seed=7, now=NOW), full=True)
    again = await world.reset(Reset(seed=7, now=NOW))
    other = await world.reset(Reset(seed=8, now=NOW))
    restored = await world.reset(Reset(seed=7, now=NOW, state=first.state), full=True)
    assert first.handle != again.handle
    assert first.state_digest == again.state_digest == restored.state_digest == digest(first.state)
    assert other.state_digest != first.state_digest
    assert restored.state == first.state
    assert first.profile == {"name": "Zoë"}


@with_world("travel:TravelWorld")
async def test_programs_do_not_touch_their_snapshot_or_each_other(world):
    start = await world.reset(Reset(seed=7, now=NOW))
    booking = Step(call="book_flight", args={"flight_id": "F0"})
    a, b = await world.run(Run(start=start.handle, programs=[[booking], [booking]], mode="all", digest=True))
    assert a == b
    assert digest(await world.state(start.handle)) == start.state_digest != a.digest


@with_world("travel:TravelWorld")
async def test_keeping_and_continuing_equals_one_long_program(world):
    start = (await world.reset(Reset(seed=7, now=NOW))).handle
    steps = [Step(call="book_flight", args={"flight_id": name}) for name in ("F0", "F1", "F2")]
    whole = await one(world, start, *steps, digest=True, observe=True)
    handle, results = start, []
    for step in steps:
        part = await one(world, handle, step, keep=True, digest=True, observe=True)
        handle = part.handle
        results += part.results
    assert results == whole.results
    assert (part.digest, part.observed) == (whole.digest, whole.observed)
    assert digest(await world.state(handle)) == whole.digest
    assert set(whole.observed) == {"bookings"}
    assert await one(world, Reset(seed=7, now=NOW), *steps, digest=True, observe=True) == whole


@with_world("travel:TravelWorld")
async def test_references_pick_by_a_sibling_field(world):
    start = (await world.reset(Reset(seed=7, now=NOW))).handle
    flights = (await one(world, start, search())).results[0]["flights"]
    prices = [flight["price"] for flight in flights]
    for pick, price in (("least", min(prices)), ("most", max(prices))):
        outcome = await one(world, start, search(), book(pick, by="price"))
        index = prices.index(price)
        assert outcome.ok
        assert outcome.results[1]["price"] == price
        assert outcome.args[1] == {"seats": 2, "flight_id": flights[index]["flight_id"]}
        assert outcome.at == [{}, {"/flight_id": f"/flights/{index}/flight_id"}]
    single = await one(world, start, search("Oslo"), book("only"))
    assert single.at[1] == {"/flight_id": "/flights/0/flight_id"}
    chained = Step(call="cancel_booking", refs={"/booking_id": Ref(step=1, at="/booking_id")})
    assert (await one(world, start, search(), book("most", by="price"), chained)).ok


TIE = {"flights": [{"flight_id": "A", "price": 1}, {"flight_id": "B", "price": 1.0}]}
MIXED = {"flights": [{"flight_id": "A", "price": 1}, {"flight_id": "B", "price": "1"}]}


@pytest.mark.parametrize(("result", "pick", "by", "reason"), [
    (TIE, "least", "price", "2 items of `/flights/*/flight_id` share the least `price`"),
    (TIE, "only", "", "`/flights/*/flight_id` has 2 items, not one"),
    (TIE, "", "", "`/flights/*/flight_id` has 2 items, not one"),
    (TIE, "most", "seats", "nothing is at `/flights/0/seats`"),
    (MIXED, "most", "price", "`price` is of different types along `/flights/*/flight_id`"),
    ({"flights": []}, "most", "price", "nothing is at `/flights/*/flight_id`"),
])
def test_a_reference_needs_one_value(result, pick, by, reason):
    with pytest.raises(worker.Unresolved, match=f"^{re.escape(reason)}$"):
        worker.pick(result, {"at": "/flights/*/flight_id", "pick": pick, "by": by})


@with_world("travel:TravelWorld")
async def test_a_reference_without_a_value_fails_the_program(world):
    nowhere = Step(call="book_flight", refs={"/flight_id": Ref(step=0, at="/trains/*/flight_id")})
    outcome = await one(world, Reset(now=NOW), search(), nowhere, keep=True)
    assert outcome.error == 1
    assert outcome.reason == "`book_flight`: nothing is at `/trains/*/flight_id`"
    assert len(outcome.results) == 1


@with_world("travel:TravelWorld")
async def test_errors_are_results(world):
    steps = [search("Atlantis"), Step(call="cancel_booking", args={"booking_id": "?"}), Step(call="state"),
             Step(call="__init__"), Step(call="search_flights", args={"city": "Lyon"}),
             Step(call="book_flight", args={"flight_id": "F9"})]
    outcome = await one(world, Reset(now=NOW), *steps, stop_on_error=False)
    assert [result["error"] for result in outcome.results[:4]] == [
        "no flight to Atlantis", "unknown booking ?", "unknown tool `state`", "unknown tool `__init__`"]
    assert "unexpected keyword argument 'city'" in outcome.results[4]["error"]
    assert outcome.results[5]["error"] == "KeyError: 'F9'"
    assert (outcome.error, outcome.reason) == (0, "no flight to Atlantis")
    stopped = await one(world, Reset(now=NOW), search(), *steps)
    assert stopped.error == 1
    assert len(stopped.results) == 2


@with_world("travel:TravelWorld")
async def test_first_success_stops_and_tells_of_the_successful_world(world):
    programs = [[search("Atlantis")], [search("Oslo"), book("only")], [search()]]
    outcomes = await world.run(Run(start=Reset(now=NOW), programs=programs, observe=True, keep=True, digest=True,
                                   query=["/bookings/*/seats", "/flights/F9"]))
    assert [outcome.ok for outcome in outcomes] == [False, True]
    assert outcomes[0].handle is outcomes[0].digest is None
    (booking,) = outcomes[1].observed["bookings"]
    assert outcomes[1].found == {"/bookings/*/seats": [[f"/bookings/{booking}/seats", 2]], "/flights/F9": []}
    state = await world.state(outcomes[1].handle)
    assert outcomes[1].digest == digest(state)
    assert [tuple(pair) for pair in outcomes[1].found["/bookings/*/seats"]] == list(expand(state, "/bookings/*/seats"))
    failing = await world.run(Run(start=Reset(now=NOW), programs=programs[:1] * 3, observe=True))
    assert [outcome.observed for outcome in failing] == [None, None, {"bookings": {}}]


@with_world("travel:TravelWorld")
async def test_several_runs_share_a_round_trip(world):
    handle = (await world.reset(Reset(now=NOW))).handle
    runs = [Run(start=handle, programs=[[search(city)]]) for city in ("Lyon", "Atlantis", "Oslo")]
    assert await world.run_all(runs) == [await world.run(run) for run in runs]
    with pytest.raises(MagnetError, match=r"MG602: .* lost its snapshots: there is no snapshot 99"):
        await world.run_all([runs[0], Run(start=99, programs=[[search()]])])


@with_world("travel:TravelWorld")
async def test_requests_from_many_tasks_get_their_own_answers(world):
    handles = [(await world.reset(Reset(seed=seed, now=NOW))).handle for seed in range(20)]
    states = await asyncio.gather(*(world.state(handle) for handle in handles))
    assert states == [await world.state(handle) for handle in handles]
    assert len({digest(state) for state in states}) == 20


@with_world("travel:TravelWorld")
async def test_handles_are_counted_and_dropped(world):
    start = await world.reset(Reset(now=NOW))
    kept = [(await one(world, start.handle, search(), keep=True)).handle for _ in range(5)]
    assert await world.drop(kept[:3]) == 3
    assert await world.drop([12345]) == 3
    world.drop_all()
    assert await world.drop([]) == 0
    assert (await world.reset(Reset(now=NOW))).handle > max(kept)


@with_world("bare:BareWorld")
async def test_a_world_without_state_is_told_by_its_attributes(world):
    assert world.tools == ("draw", "make_folder")
    assert world.has == ()
    start = await world.reset(Reset(seed=1, now=NOW), full=True)
    assert start.state["names"] == ["b", "a"]
    drawn = await one(world, start.handle, Step(call="draw"), digest=True, observe=True, keep=True)
    idle = await one(world, start.handle, digest=True, observe=True)
    assert idle.digest == start.state_digest != drawn.digest
    assert idle.observed == drawn.observed
    assert "_draw" not in idle.observed
    made = await one(world, start.handle, Step(call="make_folder", args={"name": "x"}), observe=True,
                     query=["/root/entries/*/name"])
    assert made.found == {"/root/entries/*/name": [["/root/entries/x/name", "x"]]}
    assert made.observed["root"]["entries"]["x"]["parent"] == {"$up": 3}
    straight = await one(world, start.handle, Step(call="draw"), Step(call="draw"), digest=True)
    continued = await one(world, drawn.handle, Step(call="draw"), digest=True)
    assert (continued.digest, continued.results[-1]) == (straight.digest, straight.results[-1])


@with_world("snapshots:CountingWorld")
async def test_a_world_makes_its_own_snapshots(world):
    start = Reset(seed=5, now=NOW)
    step = Step(call="add", args={"amount": 2})
    kept = await one(world, start, step, keep=True)
    assert kept.results[0]["count"] == 7
    assert kept.results[0]["copies"] == 1
    assert (await one(world, kept.handle, step)).results[0]["count"] == 9
    assert (await one(world, start, step)).results[0]["count"] == 7


@with_world("odd:OddWorld")
async def test_results_become_json(world):
    odd = (await one(world, Reset(now=NOW), Step(call="odd"))).results[0]
    assert odd == {"tuple": [1, 2], "set": ["a", "b"], "nan": "nan", "7": "key", "point": {"x": 1, "y": 2.5},
                   "object": "<object object>", "lone": "?", "null": True}
    loop = await one(world, Reset(now=NOW), Step(call="loop"))
    assert loop.results == [{"error": "the result is not JSON: it holds itself"}]
    failed = await one(world, Reset(now=NOW), Step(call="fail"))
    assert failed.results == [{"error": "KeyError: 'nothing'"}]
    for value in ("naïve — 東京 \u2028 😀", [1, -0.5, 1e300, None, True], {"a/b": {"~": []}}, 10**30):
        assert (await one(world, Reset(now=NOW), Step(call="echo", args={"value": value}))).results == [value]


@with_world("odd:OddWorld")
async def test_worlds_that_no_pickle_takes_are_copied(world):
    start = (await world.reset(Reset(now=NOW, state={"items": [5]}))).handle
    grown = await one(world, start, Step(call="grow"), Step(call="grow"), keep=True)
    assert grown.results == [[5, 1], [5, 1, 2]]
    assert await world.state(start) == {"items": [5]}
    assert await world.state(grown.handle) == {"items": [5, 1, 2]}


@with_world("odd:OddWorld")
async def test_results_and_arguments_are_not_shared_with_the_world(world):
    keep = Step(call="keep", refs={"/items": Ref(step=0, at="/list")})
    again = Step(call="echo", refs={"/value": Ref(step=0, at="/list")})
    outcome = await one(world, Reset(now=NOW), Step(call="echo", args={"value": {"list": [9]}}), keep,
                        Step(call="grow"), again)
    assert outcome.results == [{"list": [9]}, {"items": [9]}, [9, 1], [9]]
    assert outcome.args[1] == {"items": [9]}


@with_world("odd:OddWorld")
async def test_prints_do_not_reach_the_protocol(world):
    outcome = await one(world, Reset(now=NOW), Step(call="speak"))
    assert outcome.results == [{"said": True, "read": ""}]
    assert (await one(world, Reset(now=NOW), Step(call="echo", args={"value": 1}))).results == [1]


@with_world("odd:OddWorld")
async def test_huge_results_pass(world):
    outcome = await one(world, Reset(now=NOW), Step(call="large", args={"size": 3_000_000}))
    assert outcome.results[0]["text"] == "é" * 3_000_000


@with_world("odd:OddWorld")
async def test_the_process_sees_nothing_of_the_user(world):
    seen = (await one(world, Reset(now=NOW), Step(call="environment"))).results[0]
    assert set(seen["names"]) <= {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "LC_CTYPE", "PYTHONHASHSEED", "PYTHONUTF8",
                                  "PYTHONDONTWRITEBYTECODE"}
    assert seen["cwd"] == []
    assert seen["session"]
    async with await PythonWorld.start(spec("odd:OddWorld"), WORLDS) as other:
        assert (await one(other, Reset(now=NOW), Step(call="environment"))).results[0]["hash"] == seen["hash"]
    assert not (WORLDS / "__pycache__").exists()


@with_world("odd:OddWorld", seconds=0.2)
async def test_a_hanging_call_is_an_error_result(world):
    hang, after = await world.run(Run(start=Reset(now=NOW), mode="all", observe=True, keep=True, programs=[
        [Step(call="echo", args={"value": 1}), Step(call="hang"), Step(call="grow")], [Step(call="grow")]]))
    assert hang.results == [1, {"error": "`hang` did not return within 0.2 s"}]
    assert (hang.error, hang.handle, hang.observed) == (1, None, None)
    assert after.results == [[0]]


@with_world("odd:OddWorld", memory=512)
async def test_memory_is_limited_when_asked(world):
    outcome = await one(world, Reset(now=NOW), Step(call="large", args={"size": 1 << 30}))
    assert outcome.results == [{"error": "MemoryError"}]


@with_world("odd:OddWorld", seconds=0.1)
async def test_a_worker_that_cannot_be_interrupted_is_killed(world):
    run = {"op": "run", "reset": {"now": NOW}, "programs": [[{"call": "hang_for_good"}]]}
    with pytest.raises(MagnetError, match=r"MG602: .* died during `hang_for_good`: it did not answer in time"):
        await world.request(run, seconds=0.3)
    assert (await one(world, Reset(now=NOW), Step(call="grow"))).results == [[0]]


@pytest.mark.parametrize(("call", "status"), [("leave", 3), ("drop_dead", 4)])
def test_a_dead_worker_is_told_and_started_again(call, status):
    @with_world("odd:OddWorld")
    async def check(world):
        start = await world.reset(Reset(now=NOW))
        with pytest.raises(MagnetError) as caught:
            await one(world, start.handle, Step(call=call))
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "MG602"
        assert diagnostic.message == f"the world `odd:OddWorld` died during `{call}`: it exited with status {status}"
        assert diagnostic.primary.at == Origin("recipe.yaml", "/world/python")
        assert ("last words" in diagnostic.notes) == (call == "drop_dead")
        with pytest.raises(MagnetError, match=r"MG602: .* there is no snapshot 1"):
            await one(world, start.handle, Step(call="grow"))
        assert (await world.reset(Reset(now=NOW))).handle > 1 << 32
        assert (await one(world, Reset(now=NOW), Step(call="grow"))).results == [[0]]

    check()


async def start_and_reset(target, folder=WORLDS, environment=None):
    async with await PythonWorld.start(spec(target), folder, environment) as world:
        await world.reset(Reset(now=NOW))


def diagnostic_of(coroutine):
    with pytest.raises(MagnetError) as caught:
        asyncio.run(coroutine)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(("target", "message", "help"), [
    ("travle:TravelWorld", "does not start: ModuleNotFoundError: No module named 'travle'", None),
    ("travel:TravelWorlds", "does not start: its module has no class `TravelWorlds`", "did you mean `TravelWorld`?"),
    ("exits:World", "does not start: the worker process died while importing it, it exited with status 1", None),
    ("snapshots:RaisesInInit", "does not start: ValueError: no such depot", None),
])
def test_a_world_that_does_not_start(target, message, help):
    diagnostic = diagnostic_of(start_and_reset(target))
    assert (diagnostic.code, diagnostic.message) == ("MG601", f"the world `{target}` {message}")
    assert diagnostic.help == help
    if target == "snapshots:RaisesInInit":
        assert diagnostic.notes[0] == "in `snapshots.py`, line 24"
        assert diagnostic.notes[-1] == "ValueError: no such depot"
    if target == "exits:World":
        assert diagnostic.notes == ("goodbye",)


def test_errors_in_the_module_say_where(tmp_path):
    (tmp_path / "typo.py").write_text("import json\n\ndef f(:\n    pass\n", encoding="utf-8")
    diagnostic = diagnostic_of(start_and_reset("typo:World", tmp_path))
    assert diagnostic.message.startswith("the world `typo:World` does not start: SyntaxError: ")
    assert diagnostic.notes[0] == "in `typo.py`, line 3"
    (tmp_path / "json.py").write_text("class World: ...\n", encoding="utf-8")
    assert "has the name of another module" in diagnostic_of(start_and_reset("json:World", tmp_path)).message
    missing = diagnostic_of(start_and_reset("typo:World", tmp_path, tmp_path / "python"))
    assert missing.message.startswith("the world `typo:World` does not start: cannot run")


def test_stale_bytecode_is_not_believed(tmp_path):
    import py_compile

    source = tmp_path / "world.py"
    source.write_text("class World:\n    def __init__(self, s, seed, now): raise ValueError('bytecode')\n")
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    source.write_text("class World:\n    def __init__(self, s, seed, now): raise ValueError('source')\n")
    assert diagnostic_of(start_and_reset("world:World", tmp_path)).message.endswith("ValueError: source")


@with_world("snapshots:RaisesInObserve")
async def test_a_method_of_the_contract_that_raises(world):
    with pytest.raises(MagnetError) as caught:
        await one(world, Reset(now=NOW), Step(call="look"), observe=True)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "MG607"
    assert "`observe` raised AttributeError" in diagnostic.message
    assert diagnostic.notes[0].startswith("in `snapshots.py`, line ")


@with_world("snapshots:HoldsALock")
async def test_a_world_that_cannot_be_copied(world):
    with pytest.raises(MagnetError, match=r"MG607: .* it cannot be copied and has no method `snapshot`: TypeError: "):
        await one(world, Reset(now=NOW), Step(call="look"))


@with_world("travel:TravelWorld")
async def test_malformed_requests_are_answered(world):
    run = {"op": "run", "reset": {"now": NOW}}
    for message in ({"op": "fly"}, run, {**run, "programs": [[7]]}):
        with pytest.raises(MagnetError, match="MG902"):
            await world.request(message)
    assert (await one(world, Reset(now=NOW), search())).ok


@with_world("travel:TravelWorld")
async def test_tools_without_a_method(world):
    names = ["book_flight", "search_flight", "order_pizza"]
    with pytest.raises(MagnetError) as caught:
        world.check(FunctionSignature(name=name, parameters=(Parameter(name="flight_id", type=TypeRef("string")),),
                                      origin=Origin("tools.yaml", f"/tools/{name}")) for name in names)
    assert [(d.code, d.primary.at.pointer, d.help) for d in caught.value.diagnostics] == [
        ("MG603", "/tools/search_flight", "did you mean `search_flights`?"),
        ("MG603", "/tools/order_pizza", "add a method `order_pizza` to the class, or remove the tool")]
    world.check([FunctionSignature(name="book_flight", parameters=(Parameter(name="flight_id", type=TypeRef("string")),))])


@with_world("travel:TravelWorld")
async def test_a_method_that_no_call_can_suit(world):
    with pytest.raises(MagnetError) as caught:
        world.check([FunctionSignature(name="book_flight", parameters=(Parameter(name="flight", type=TypeRef("string")),))])
    [found] = caught.value.diagnostics
    assert found.code == "MG609"
    assert found.message.endswith("takes no `flight` and needs a `flight_id`")


@with_world("odd:OddWorld", seconds=0.2)
async def test_a_session_does_not_go_on_after_a_tool_that_hangs(world):
    with pytest.raises(MagnetError, match=r"MG602.*`hang` did not return"):
        await run_in_time(world, Run(start=Reset(now=NOW), programs=[[Step(call="hang")], [Step(call="grow")]]))


def test_a_pool_lends_each_worker_once_and_forgets_handles():
    async def body():
        pool = world_pool(spec("travel:TravelWorld"), WORLDS, print, size=2)
        busy = []

        async def trajectory(seed):
            async with pool.world() as world:
                assert world not in busy
                busy.append(world)
                start = await world.reset(Reset(seed=seed, now=NOW))
                assert await world.drop([]) == 1
                busy.remove(world)
                return start.state_digest

        digests = await asyncio.gather(*(trajectory(seed) for seed in range(12)))
        assert len(set(digests)) == 12
        assert len(pool._all) == 2
        await pool.close()

    asyncio.run(body())



@with_world("snapshots:CountingWorld")
async def test_what_is_tried_instead_leaves_no_trace(world):
    start, first = Reset(seed=1, now=NOW), Step(call="add", args={"amount": 1})

    async def counts(*steps):
        made = await one(world, start, *steps)
        return [result["count"] for result in made.results], made.instead

    instead = ({"/amount": 40}, {"/amount": 5})
    assert await counts(first, Step(call="add", args={"amount": 2})) == ([2, 4], {})
    results, tried = await counts(first, Step(call="add", args={"amount": 2}, instead=instead))
    assert results == [2, 4]
    assert {step: [result["count"] for result in found] for step, found in tried.items()} == {1: [42, 7]}


@with_world("travel:TravelWorld")
async def test_a_state_crosses_the_pipe_once(world):
    made = await world.reset(Reset(seed=3, now=NOW), full=True)
    named = Reset(state=made.state, seed=3, now=NOW, digest=made.state_digest)
    first = await one(world, named, search(), digest=True)
    second = await one(world, named, search(), digest=True)
    assert first == second
    assert world._known == {made.state_digest}


def test_a_worker_is_not_blamed_for_a_loop_that_is_busy(monkeypatch):
    monkeypatch.setattr("magnetc.tools.worlds.python._GRACE_SECONDS", 0.1)

    async def body():
        async with await PythonWorld.start(spec("odd:OddWorld"), WORLDS, limits=Limits(seconds=0.1)) as world:
            large = Step(call="echo", args={"value": "x" * 1_000_000})  # more than a pipe takes at once
            asked = asyncio.ensure_future(one(world, Reset(now=NOW), large))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            time.sleep(1.5)  # what a long compilation does to the loop
            assert (await asked).ok

    asyncio.run(body())
