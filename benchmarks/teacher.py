"""Single-call prompt programs through a hosted teacher, against a bare aiohttp loop that sends the same bodies, in one run.

    python benchmarks/teacher.py --rows 10000 --concurrency 128 --latency 0.1 --json benchmarks/results/teacher.json
    python benchmarks/teacher.py --peer distilabel=PYTHON --peer data_designer=PYTHON

The server is a process of its own on loopback (`tests/servers/teacher_server.py`). Ours renders a prompt, looks into the journal, asks,
keeps the reply on disk, reads it as JSON and checks it against its schema; the loop posts a body and reads the answer. Each runs in a
process of its own, so that memory and CPU time are its own. Both share two cores with the server: that is part of the figures. As in a build,
twice as many rows are under way as the endpoint takes requests at once.

With `--peer`, 2,000 rows more through ours and each peer, whose environments `teacher_peers.py` says how to make, timed whole: from the start
of the process to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "servers")]

PROGRAM = ("---\ninputs: {text: string}\noutput: {type: object, properties: {echo: {type: integer}}, required: [echo]}\n"
           "decoding: {temperature: 0.5, max_tokens: 20}\nrepair: 3\n---\nHow many characters has this text?\n\n{{ text }}\n")
FILLER = "An assistant for travellers books flights and rooms, and tells them what it did. " * 12
PEER_ROWS = 2_000
FASTER = 5.0
"""Rows per second of ours by those of a peer, at least."""
TARGETS = {"rate_against_bare": 0.9, "cpu_seconds_per_1000": 1.0, "peak_mib": 150.0, "first_request_seconds": 1.0}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--concurrency", type=int, default=128)
    options.add_argument("--latency", type=float, default=0.1)
    options.add_argument("--faults", type=float, default=0.0)
    options.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    options.add_argument("--json", type=Path)
    options.add_argument("--as", dest="role", choices=("ours", "bare"))
    options.add_argument("--url", default="")
    given = options.parse_args()
    if given.role:
        sys.stdout.write(json.dumps((ours if given.role == "ours" else bare)(given)) + "\n")
        return
    from running import teacher

    results: dict[str, dict[str, float]] = {}
    for role in ("bare", "ours"):
        with teacher(latency=given.latency, faults=given.faults if role == "ours" else 0.0) as server:
            command = [sys.executable, __file__, "--as", role, "--url", server.url, "--rows", str(given.rows),
                       "--concurrency", str(given.concurrency)]
            started = time.time()
            results[role] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            results[role]["first_request_seconds"] = server.stats()["first at"] / 1000 - started
            results[role]["requests"] = server.stats()["requests"]
    bound = given.concurrency / given.latency if given.latency else 0.0
    figures = {
        "rows": given.rows, "concurrency": given.concurrency, "latency": given.latency, "faults": given.faults,
        "bound_rows_per_second": bound, **results,
        "rate_against_bare": results["ours"]["rows_per_second"] / results["bare"]["rows_per_second"], "targets": TARGETS,
    }
    figures["peers"] = peers(given)
    report(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def peers(given: argparse.Namespace) -> dict[str, float]:
    """Rows per second from start to end: ours, and each peer's."""
    from running import teacher

    common = ["--rows", str(PEER_ROWS), "--concurrency", str(given.concurrency)]
    rates: dict[str, float] = {}
    for name, python in [("ours", sys.executable), *(each.split("=", 1) for each in given.peer)] if given.peer else []:
        with teacher(latency=given.latency) as server:
            ours = [python, __file__, "--as", "ours", "--url", server.url, *common]
            theirs = [python, str(ROOT / "benchmarks" / "teacher_peers.py"), name, server.url, str(PEER_ROWS), str(given.concurrency), FILLER]
            started = time.perf_counter()
            subprocess.run(ours if name == "ours" else theirs, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=os.environ | {"HF_HUB_OFFLINE": "1", "NEMO_TELEMETRY_ENABLED": "false"})
            rates[name] = PEER_ROWS / (time.perf_counter() - started)
    return rates


def report(figures: dict) -> None:
    for role in ("bare", "ours"):
        one = figures[role]
        sys.stdout.write(f"{role:5} {one['rows_per_second']:8.0f} rows/s  {one['cpu_seconds_per_1000']:.2f} CPU s per 1,000  "
                         f"peak {one['peak_mib']:.0f} MiB  first request after {one['first_request_seconds']:.2f} s  {one['requests']:.0f} requests\n")
    if figures["bound_rows_per_second"]:
        sys.stdout.write(f"bound {figures['bound_rows_per_second']:8.0f} rows/s: concurrency / latency\n")
    ours = figures["ours"] | {"rate_against_bare": figures["rate_against_bare"]}
    for name, target in TARGETS.items():
        met = ours[name] >= target if name == "rate_against_bare" else ours[name] <= target
        sys.stdout.write(f"  {name}: {ours[name]:.2f} (target {target}) {'met' if met else 'MISSED'}\n")
    for name, rate in figures["peers"].items():
        if name != "ours":
            by = figures["peers"]["ours"] / rate
            sys.stdout.write(f"  {PEER_ROWS:,} rows, start to end, by those of {name}: {figures['peers']['ours']:.0f} / {rate:.0f} = {by:.1f} "
                             f"(target {FASTER}) {'met' if by >= FASTER else 'MISSED'}\n")


def measured(started: float, rows: int) -> dict[str, float]:
    took = time.perf_counter() - started
    use = resource.getrusage(resource.RUSAGE_SELF)
    return {"rows_per_second": rows / took, "cpu_seconds_per_1000": (use.ru_utime + use.ru_stime) * 1000 / rows, "peak_mib": use.ru_maxrss / 1024}


def ours(given: argparse.Namespace) -> dict[str, float]:
    import asyncio

    from magnetc.engine.journal import Journal
    from magnetc.engine.rare_collections import rare_collections
    from magnetc.ir.endpoint import Endpoint
    from magnetc.teachers.ask import Asker
    from magnetc.teachers.openai.client import OpenAIClient
    from magnetc.teachers.prompt_program import parse_program

    program = parse_program("count", PROGRAM)

    async def run(folder: Path) -> None:
        endpoint = Endpoint(model="small", url=given.url, concurrency=given.concurrency)
        with Journal(folder / "journal.sqlite") as journal:
            async with OpenAIClient(endpoint) as client:
                asker = Asker(client, journal)
                rows = iter(range(given.rows))

                async def work() -> None:
                    for row in rows:
                        await asker.ask(program, {"text": f"{row} {FILLER}"}, lambda text: program.read(text)["echo"])

                await asyncio.gather(*(work() for _ in range(2 * given.concurrency)))

    with tempfile.TemporaryDirectory() as folder, rare_collections():
        started = time.perf_counter()
        asyncio.run(run(Path(folder)))
        return measured(started, given.rows)


def bare(given: argparse.Namespace) -> dict[str, float]:
    import asyncio

    import aiohttp

    async def run() -> None:
        rows = iter(range(given.rows))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=given.concurrency)) as session:

            async def work() -> None:
                for row in rows:
                    text = f"How many characters has this text?\n\n{row} {FILLER}\n"
                    body = {"model": "small", "messages": [{"role": "user", "content": text}], "temperature": 0.5, "max_completion_tokens": 20}
                    async with session.post(f"{given.url}/chat/completions", json=body) as response:
                        (await response.json())["choices"][0]["message"]["content"]

            await asyncio.gather(*(work() for _ in range(2 * given.concurrency)))

    started = time.perf_counter()
    asyncio.run(run())
    return measured(started, given.rows)


if __name__ == "__main__":
    main()
