"""Whole builds through a hosted teacher: how near to what latency and concurrency allow, what faults cost, and what a kill costs.

    python benchmarks/hosted_build.py --paths 800 --json benchmarks/results/hosted-build.json

The travel example with `teacher:` changed and nothing else. The server (`tests/servers/teacher_server.py`, a process of its own on loopback)
says everything the plain way, and its reader knows the calls of an offline build of the same recipe. Figures:

- the rate: seconds that so many requests need at least (requests x latency / concurrency) by those that the build took, at concurrencies
  up to one that a core of ours cannot follow, and the share of a core that each takes;
- where the CPU goes: the build again under a profiler, its time divided among what a unit goes through;
- faults: with 30 % of the replies broken in one of twelve ways, the share of paths that end with a proven conversation, and requests by
  those without faults;
- kills: the build is killed with SIGKILL at ten moments drawn at random and run again each time; requests that the server
  answered more than once, by those that were under way at the kills, and whether the dataset is that of an undisturbed build;
- again: seconds of a build with nothing to do, by those of `magnetc check --no-cache`, which is what it cannot do without.

Takes about 15 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "servers")]
TRAVEL = ROOT / "examples" / "travel"
TARGETS = {"rate": 0.9, "verified": 0.97, "requests": 1.6, "kept": 1.0}
KILLS = 10
CONCURRENCIES = (4, 8, 16, 32)
SATURATED = 0.85
"""The share of a core from which on the build waits for itself, no longer for the teacher."""

PLACES = {
    "compile": (("build/compile.py", "compile_recipe"), ("passes/pipeline.py", "compile_unit")),
    "coverage": (("emit/coverage.py", "__init__"),),
    "ask: prompt, journal, HTTP, reading": (("teachers/ask.py", "ask"), ("teachers/ask.py", "_pay")),
    "propose and execute": (("translate/first_success.py", "first_success"), ("translate/session.py", "_act")),
    "pairs": (("distill/pairs.py", "make_pairs"),),
    "proofs": (("distill/proofs/prover.py", "certify"),),
}
"""What is timed, as functions of the package that are not in each other."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--paths", type=int, default=800)
    options.add_argument("--concurrency", type=int, default=128)
    options.add_argument("--latency", type=float, default=0.1)
    options.add_argument("--kill-paths", type=int, default=60, help="paths of the build that is killed")
    options.add_argument("--rate-paths", type=int, default=150, help="paths of the builds at each concurrency")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    figures: dict[str, Any] = {"paths": given.paths, "concurrency": given.concurrency, "latency": given.latency, "targets": TARGETS}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build(TRAVEL, work / "offline", given.paths)
        build(TRAVEL, work / "few", given.rate_paths)
        figures["rates"] = [at_concurrency(work / f"rate-{each}", work / "few", each, given) for each in CONCURRENCIES]
        figures["where"] = where(work / "where", work / "few", given)
        figures["plain"] = through(work / "plain", work / "offline", given.paths, given, faults=0.0)
        figures["faulty"] = through(work / "faulty", work / "offline", given.paths, given, faults=0.3)
        figures["killed"] = killed(work / "killed", work / "offline", given)
        figures["again"] = again(work / "again", given.paths)
    figures["rate"] = min((one["rate"] for one in figures["rates"] if one["core"] < SATURATED), default=0.0)
    figures["requests"] = figures["faulty"]["requests"] / figures["plain"]["requests"]
    figures["verified"] = figures["faulty"]["verified"]
    figures["kept"] = float(figures["killed"]["same"] and figures["killed"]["repeats"] <= figures["killed"]["under_way"])
    report(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(met(name, figures) for name in TARGETS) else 1


def hosted(folder: Path, url: str, concurrency: int) -> Path:
    shutil.copytree(TRAVEL, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    path = folder / "recipe.yaml"
    line = f'teacher: {{openai: {{model: small, endpoint: "{url}", concurrency: {concurrency}}}}}'
    path.write_text(path.read_text(encoding="utf-8").replace("teacher: offline", line), encoding="utf-8")
    return folder


def command(recipe: Path, out: Path, paths: int) -> list[str]:
    return [sys.executable, "-m", "magnetc", "build", str(recipe), "--trust", "--paths", str(paths), "-o", str(out), "--json"]


def build(recipe: Path, out: Path, paths: int, *options: str) -> dict[str, Any]:
    done = subprocess.run([*command(recipe, out, paths), *options], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def through(folder: Path, offline: Path, paths: int, given: argparse.Namespace, *, faults: float) -> dict[str, Any]:
    """A build through the server. `asking_seconds`: from the first request to the last answer."""
    from running import teacher

    with teacher(latency=given.latency, faults=faults, rows=offline / "sft") as server:
        recipe = hosted(folder, server.url, given.concurrency)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = build(recipe, folder / "out", paths)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stats = server.stats()
    asking = (stats["last at"] - stats["first at"]) / 1000 + given.latency
    abandoned = figures["dropped"].get("unit abandoned", 0)
    return {"conversations": figures["conversations"], "requests": stats["requests"], "asking_seconds": asking, "most_under_way": stats["most under way"],
            "bound_seconds": stats["requests"] * given.latency / given.concurrency, "verified": 1 - abandoned / paths,
            "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "teacher": figures["teacher"]}


def at_concurrency(folder: Path, offline: Path, concurrency: int, given: argparse.Namespace) -> dict[str, Any]:
    one = through(folder, offline, given.rate_paths, argparse.Namespace(latency=given.latency, concurrency=concurrency), faults=0.0)
    return {"concurrency": concurrency, "requests": one["requests"], "rate": one["bound_seconds"] / one["asking_seconds"],
            "core": one["cpu_seconds"] / one["asking_seconds"]}


def where(folder: Path, offline: Path, given: argparse.Namespace) -> dict[str, float]:
    """Shares of the CPU time of a build's process, as a profiler sees it."""
    import pstats

    from running import teacher

    with teacher(rows=offline / "sft") as server:
        recipe, profile = hosted(folder, server.url, given.concurrency), folder / "profile"
        words = command(recipe, folder / "out", given.rate_paths)
        subprocess.run([words[0], "-m", "cProfile", "-o", str(profile), *words[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    stats = pstats.Stats(str(profile))
    total, times = stats.total_tt, stats.stats  # pyright: ignore[reportAttributeAccessIssue]
    spent = {name: sum(cumulative for (path, _, function), (_, _, _, cumulative, _) in times.items() for file, wanted in places
                       if path.endswith(f"magnetc/{file}") and function == wanted) for name, places in PLACES.items()}
    return {name: seconds / total for name, seconds in spent.items()} | {"the rest": 1 - sum(spent.values()) / total}


def killed(folder: Path, offline: Path, given: argparse.Namespace) -> dict[str, Any]:
    from running import teacher

    chance, under_way = random.Random(7), 0
    with teacher(latency=0.02, rows=offline / "sft") as server:
        recipe = hosted(folder, server.url, 16)
        undisturbed = hosted(folder / "undisturbed", server.url, 16)
        build(undisturbed, folder / "calm", given.kill_paths, "--no-cache")
    with teacher(latency=0.02, rows=offline / "sft", port=int(server.url.rpartition(":")[2].partition("/")[0])) as server:
        for _ in range(KILLS):
            process = subprocess.Popen(command(recipe, folder / "out", given.kill_paths), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True)
            time.sleep(chance.uniform(0.8, 4.0))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            under_way += 16
        build(recipe, folder / "out", given.kill_paths)
        repeats = server.stats().get("repeats", 0)
    return {"kills": KILLS, "repeats": repeats, "under_way": under_way, "same": rows(folder / "out") == rows(folder / "calm")}


def again(folder: Path, paths: int) -> dict[str, Any]:
    """Seconds of processes from start to end."""
    recipe = Path(shutil.copytree(TRAVEL, folder, ignore=shutil.ignore_patterns("out*", ".magnetc")))
    build(recipe, folder / "out", paths)
    took = []
    for words in (command(recipe, folder / "out", paths), [sys.executable, "-m", "magnetc", "check", str(recipe), "--no-cache"]):
        start = time.perf_counter()
        subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        took.append(time.perf_counter() - start)
    return {"build_seconds": took[0], "check_seconds": took[1]}


def rows(out: Path) -> str:
    found = hashlib.sha256()
    for path in sorted((out / "sft").rglob("*.jsonl")):
        found.update(path.read_bytes())
    return found.hexdigest()


def met(name: str, figures: dict[str, Any]) -> bool:
    return figures[name] <= TARGETS[name] if name == "requests" else figures[name] >= TARGETS[name]


def report(figures: dict[str, Any]) -> None:
    for one in figures["rates"]:
        sys.stdout.write(f"{one['concurrency']:3} at once: {one['rate']:.0%} of what latency and concurrency allow, {one['core']:.0%} of a core\n")
    sys.stdout.write("CPU     " + ", ".join(f"{name} {share:.0%}" for name, share in figures["where"].items()) + "\n")
    for name in ("plain", "faulty"):
        one = figures[name]
        sys.stdout.write(f"{name:7} {one['conversations']:,} conversations, {one['requests']:,} requests in {one['asking_seconds']:.1f} s; "
                         f"latency and concurrency allow {one['bound_seconds']:.1f} s; {one['cpu_seconds']:.1f} CPU s; "
                         f"{one['most_under_way']} under way at the most; {one['verified']:.1%} of paths verified\n")
    one = figures["killed"]
    sys.stdout.write(f"killed  {one['kills']} times: {one['repeats']} requests answered twice, {one['under_way']} were under way; "
                     f"{'the same' if one['same'] else 'OTHER'} bytes\n")
    one = figures["again"]
    sys.stdout.write(f"again   {one['build_seconds']:.2f} s with nothing to do, a check alone {one['check_seconds']:.2f} s\n")
    for name, target in TARGETS.items():
        sys.stdout.write(f"  {name}: {figures[name]:.2f} (target {target}) {'met' if met(name, figures) else 'MISSED'}\n")


if __name__ == "__main__":
    raise SystemExit(main())
