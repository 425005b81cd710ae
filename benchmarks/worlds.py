"""What executing calls in a world costs, beside making them bare.

    python benchmarks/worlds.py [--repeats N] [--quick] [--only python,state,mcp,openapi] [--json FILE]

All contenders of a ratio take turns in the same run, the least of N rounds counts, seconds by the clock of the wall:

- python: a trip of `examples/travel` of 10 calls, half of which take ids from earlier results. Bare, the methods of the class are
  called in this process, on a copy of the world for each trip, and ids are taken from what they return. Through the worker, 320 trips
  are one batch: arguments and results cross a pipe as JSON, each trip has a copy of the world and its limit of time. Beside it: bare
  calls whose arguments and results are JSON text, as those of a model are; trips that are a round trip each; and processor time, since
  what else the machine does weighs more on two processes than on one;
- state: a world with a state of 3 MB (`tests/data/worlds/large.py`), made from it, one call, and held as it is then, for each trajectory: `run` from a reset that is
  known by its digest, with `keep`. Beside it the same with a state of 20 records;
- mcp: 8 servers, 8 clients, a call after the other on each, through worlds of `world: {mcp: …}` and through bare clients of the SDK,
  which start their own servers (`tests/data/worlds/mcp_counter.py`);
- openapi: one server of FastAPI on SQLite (`tests/data/recipes/petshop`), calls one after the other through its world and by bare aiohttp;
  and going back to its initial state after an order, with the order.

Ends with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from magnetc.ir.json import digest
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.protocol import Ref, Reset, Run, Step
from magnetc.tools.worlds.python import PythonWorld
from magnetc.tools.worlds.world import World

ROOT = Path(__file__).parents[1]
TRAVEL, SERVERS, SHOP = ROOT / "examples" / "travel", ROOT / "tests" / "data" / "worlds", ROOT / "tests" / "data" / "recipes" / "petshop"
NOW = "2026-03-02T09:00:00Z"
SEED = 7
CLIENTS = 8
# A call: its tool, its arguments, and those that are ids in results of earlier calls, by (call, pattern).
Taken = Mapping[str, tuple[int, str]]
TRIP: tuple[tuple[str, dict[str, Any], Taken], ...] = (
    ("get_profile", {}, {}),
    ("find_airport", {"city": "Lisbon"}, {}),
    ("search_flights", {"origin": "Rome", "destination": "Lisbon", "date": "2026-03-20", "part_of_day": "morning"}, {}),
    ("get_flight_details", {}, {"flight_id": (2, "/flights/0/flight_id")}),
    ("hold_seat", {}, {"flight_id": (2, "/flights/0/flight_id")}),
    ("confirm_hold", {"passenger": "Ada Lind"}, {"hold_id": (4, "/hold_id")}),
    ("get_booking", {}, {"booking_id": (5, "/booking_id")}),
    ("add_baggage", {"bags": 1}, {"booking_id": (5, "/booking_id")}),
    ("change_booking_date", {"date": "2026-03-22"}, {"booking_id": (5, "/booking_id")}),
    ("list_bookings", {}, {}),
)


def bare_trip(world: Any) -> list[Any]:
    """The trip, as a script makes it."""
    results: list[Any] = []
    for name, arguments, taken in TRIP:
        if taken:
            arguments = dict(arguments)
            for key, (call, pattern) in taken.items():
                found = results[call]
                for token in pattern.split("/")[1:]:
                    found = found[int(token) if token.isdecimal() else token]
                arguments[key] = found
        results.append(getattr(world, name)(**arguments))
    return results


def texts_of(results: list[Any]) -> list[tuple[str, str]]:
    """The trip's arguments, ids among them, as JSON text, by tool."""
    made = []
    for name, arguments, taken in TRIP:
        arguments = dict(arguments)
        for key, (call, pattern) in taken.items():
            found = results[call]
            for token in pattern.split("/")[1:]:
                found = found[int(token) if token.isdecimal() else token]
            arguments[key] = found
        made.append((name, json.dumps(arguments)))
    return made


async def least(repeats: int, **contenders: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """The least seconds of each, after a round that does not count; they take turns."""
    found = dict.fromkeys(contenders, math.inf)
    for number in range(repeats + 1):
        for name, contender in contenders.items():
            start = time.perf_counter()
            await contender()
            if number:
                found[name] = min(found[name], time.perf_counter() - start)
    return found


async def processor_seconds(contender: Callable[[], Awaitable[Any]], world: PythonWorld, rounds: int) -> float:
    """What this process and the worker use, in all rounds: the worker's is told in hundredths of a second."""
    def so_far() -> float:
        assert world._pipe is not None
        stat = Path(f"/proc/{world._pipe.transport.get_pid()}/stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    start = so_far()
    for _ in range(rounds):
        await contender()
    return so_far() - start


async def python_figures(repeats: int, trips: int) -> list[dict[str, Any]]:
    sys.path.insert(0, str(TRAVEL))
    from world import TravelWorld  # the example's own module

    initial = TravelWorld(None, SEED, NOW)
    texts = texts_of(bare_trip(initial.snapshot()))
    steps = [Step(call=name, args=arguments, refs={f"/{key}": Ref(step=call, at=at) for key, (call, at) in taken.items()})
             for name, arguments, taken in TRIP]
    world = await PythonWorld.start(WorldSpec(python="world:TravelWorld", now=NOW), TRAVEL)
    try:
        start = (await world.reset(Reset(seed=SEED, now=NOW))).handle
        run = Run(start=start, programs=[steps])
        ((outcome,),) = await world.run_all([run])
        assert list(outcome.results) == json.loads(json.dumps(bare_trip(initial.snapshot()))), "the worker does what the class does"

        async def bare() -> None:
            for _ in range(trips):
                bare_trip(initial.snapshot())

        async def bare_text() -> None:
            for _ in range(trips):
                copy = initial.snapshot()
                for name, arguments in texts:
                    json.dumps(getattr(copy, name)(**json.loads(arguments)))

        async def batched() -> None:
            await world.run_all([run] * trips)

        async def one_by_one() -> None:
            for _ in range(trips // 4):
                await world.run(run)

        took = await least(repeats, bare=bare, bare_text=bare_text, batched=batched, one_by_one=one_by_one)
        used = {name: await processor_seconds(contender, world, repeats) for name, contender in (("bare", bare), ("batched", batched))}
    finally:
        await world.close()
    calls = trips * len(TRIP)
    return [{"figure": "python, batched / bare", "value": took["batched"] / took["bare"], "at_most": 3.0},
            {"figure": "python, batched / bare, processor time of both processes", "value": used["batched"] / used["bare"]},
            {"figure": "python, batched / bare with JSON text", "value": took["batched"] / took["bare_text"]},
            {"figure": "python, a round trip for each trip / bare", "value": 4 * took["one_by_one"] / took["bare"]},
            {"figure": "python, bare, microseconds a call", "value": took["bare"] / calls * 1e6},
            {"figure": "python, batched, microseconds a call", "value": took["batched"] / calls * 1e6}]


async def state_figures(repeats: int, trajectories: int) -> list[dict[str, Any]]:
    world = await PythonWorld.start(WorldSpec(python="large:LargeWorld", now=NOW), SERVERS)
    try:
        whole = (await world.reset(Reset(seed=SEED, now=NOW), full=True)).state
        few = {**whole, "flights": dict(list(whole["flights"].items())[:20])}
        contenders = {}
        for name, state in (("large", whole), ("small", few)):
            run = Run(start=Reset(seed=SEED, now=NOW, state=state, digest=digest(state)), keep=True,
                      programs=[[Step(call="book", args={"flight_id": "F00003"})]])
            ((outcome,),) = await world.run_all([run])
            assert outcome.ok, outcome.reason

            async def trajectory(run: Run = run) -> None:
                for _ in range(trajectories):
                    (outcome,) = await world.run(run)
                    await world.drop([outcome.handle])

            contenders[name] = trajectory
        took = await least(repeats, **contenders)
    finally:
        await world.close()
    megabytes = len(json.dumps(whole)) / 1e6
    return [{"figure": f"state of {megabytes:.1f} MB, ms a trajectory for reset and snapshot", "value": took["large"] / trajectories * 1e3,
             "at_most": 5.0},
            {"figure": "state of 20 records, ms a trajectory for reset and snapshot", "value": took["small"] / trajectories * 1e3}]


async def mcp_figures(repeats: int, calls: int) -> list[dict[str, Any]]:
    from contextlib import AsyncExitStack

    from mcp import Client, StdioServerParameters, stdio_client

    command = [sys.executable, str(SERVERS / "mcp_counter.py")]
    spec = WorldSpec(kind="mcp", now=NOW, settings=json.dumps({"servers": {"counter": {"command": command, "holds": "nothing"}}}))
    start = world_kind(spec).prepare(spec, SERVERS, print)
    worlds: list[World] = await asyncio.gather(*(start() for _ in range(CLIENTS)))
    async with AsyncExitStack() as running:
        clients = []
        for _ in range(CLIENTS):
            transport = stdio_client(StdioServerParameters(command=command[0], args=command[1:]))
            clients.append(await running.enter_async_context(Client(transport)))

        async def bare_client(client: Any) -> None:
            for _ in range(calls):
                await client.call_tool("add", {"amount": 1})

        run = Run(start=Reset(now=NOW), programs=[[Step(call="add", args={"amount": 1})] * calls])

        async def bare() -> None:
            await asyncio.gather(*map(bare_client, clients))

        async def through() -> None:
            await asyncio.gather(*(world.run(run) for world in worlds))

        took = await least(repeats, bare=bare, through=through)
        await asyncio.gather(*(world.close() for world in worlds))
    return [{"figure": f"mcp, rate / bare rate, {CLIENTS} at a time", "value": took["bare"] / took["through"], "at_least": 0.8},
            {"figure": "mcp, calls a second", "value": CLIENTS * calls / took["through"]}]


async def openapi_figures(repeats: int, calls: int) -> list[dict[str, Any]]:
    import aiohttp

    command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", "{recipe}", "--port", "{port}", "--log-level", "warning"]
    settings = {"document": "api.yaml", "command": command, "env": {"DATABASE": "{dir}/shop.db"}, "holds": "files"}
    spec = WorldSpec(kind="openapi", now=NOW, settings=json.dumps(settings))
    world: Any = await world_kind(spec).prepare(spec, SHOP, print)()
    try:
        first = await world.reset(Reset(now=NOW))
        (connection,) = world.ground._live.connections.values()
        url = connection._client.url
        order = Run(start=first.handle, programs=[[Step(call="place_order", args={"pet": "P1", "day": "2026-04-01"})]])
        async with aiohttp.ClientSession() as session:
            async def bare() -> None:
                for _ in range(calls):
                    async with session.get(f"{url}/pets/P1") as response:
                        await response.json()

            async def through() -> None:
                await world.run(Run(start=first.handle, programs=[[Step(call="get_pet", args={"pet": "P1"})] * calls]))

            async def orders() -> None:
                for _ in range(calls // 10):
                    await world.run(order)

            took = await least(repeats, bare=bare, through=through, orders=orders)
    finally:
        await world.close()
    return [{"figure": "openapi, rate / bare rate", "value": took["bare"] / took["through"], "at_least": 0.8},
            {"figure": "openapi, calls a second", "value": calls / took["through"]},
            {"figure": "openapi, ms to go back and place an order", "value": took["orders"] / (calls // 10) * 1e3}]


def is_met(figure: dict[str, Any]) -> bool:
    return figure.get("at_least", 0) <= figure["value"] <= figure.get("at_most", math.inf)


def shown(figure: dict[str, Any]) -> str:
    """A figure with its target, if it has one, and whether that is met."""
    words = [f"at {bound} {figure[f'at_{bound}']:g}" for bound in ("least", "most") if f"at_{bound}" in figure]
    target = f" (target: {words[0]}, {'met' if is_met(figure) else 'missed'})" if words else ""
    return f"{figure['figure']}: {figure['value']:.2f}{target}"


def environment() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), **{name: version(name) for name in ("mcp", "aiohttp")}}


async def measured(only: list[str], repeats: int, quick: bool) -> list[dict[str, Any]]:
    """The figures of those asked for, with the machine's load beside them: with one of 2 on 2 cores, nothing is quick."""
    sizes = {"python": (python_figures, 32 if quick else 320), "state": (state_figures, 2 if quick else 20),
             "mcp": (mcp_figures, 5 if quick else 100), "openapi": (openapi_figures, 20 if quick else 300)}
    found = []
    for name, (figures, size) in sizes.items():
        if name in only:
            found += await figures(repeats, size)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default="python,state,mcp,openapi")
    parser.add_argument("--quick", action="store_true", help="a few calls, once: that it runs, not how fast")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = asyncio.run(measured(args.only.split(","), 1 if args.quick else args.repeats, args.quick))
    print("\n".join(map(shown, found)))
    load = round(os.getloadavg()[0], 1)
    print(f"load of the machine: {load:g} on {os.cpu_count()} cores")
    if args.json:
        args.json.write_text(json.dumps({"environment": environment(), "load": load, "figures": found}, indent=1) + "\n")
    sys.exit(0 if args.quick or all(map(is_met, found)) else 1)


if __name__ == "__main__":
    main()
