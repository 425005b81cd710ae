"""Verified conversations per CPU second, beside the cost of bare replay of the same calls.

    python benchmarks/build_throughput.py [RECIPE] [--paths N] [--jobs N] [--repeats N]

Builds RECIPE (examples/travel) twice in processes of their own, once small and once with N paths, and divides what the
second made more by the CPU seconds it took more, summed over all processes: start-up (imports, compiling the recipe,
starting workers) is in both and drops out. Pairs and proofs are included. Bare replay calls the world's methods directly
with the arguments of the same rows, without worker, words, pairs or proofs: the bound that the world itself sets.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
SMALL = 40


def build(recipe: Path, out: Path, paths: int, jobs: int) -> tuple[dict, float]:
    """The summary of a build, and its CPU seconds over all processes."""
    before = _children()
    command = [sys.executable, "-m", "magnetc", "build", str(recipe), "-o", str(out), "--trust", "--json"]
    done = subprocess.run([*command, "--paths", str(paths), "--jobs", str(jobs)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout), _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare_replay(out: Path) -> tuple[int, float]:
    """Calls of all SFT rows made on the world class itself, and the CPU seconds of that."""
    import yaml

    manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    sys.path.insert(0, str(out / "recipe"))
    module, _, name = manifest["world"]["python"].partition(":")
    world_class = getattr(import_module(module), name)
    work = []
    for path in sorted((out / "sft").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            calls = [c["function"] for m in row["messages"] for c in m.get("tool_calls", ())]
            work.append((row["certificate"]["world"], [(c["name"], json.loads(c["arguments"])) for c in calls]))
    states = {p.stem: p.read_text(encoding="utf-8") for p in (out / "states").glob("*.json")}
    start = time.process_time()
    made = 0
    for at, calls in work:
        world = world_class(json.loads(states[at["initial"]]), at["seed"], at["now"])
        for tool, arguments in calls:
            getattr(world, tool)(**arguments)
            made += 1
    return made, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", type=Path, default=ROOT / "examples" / "travel")
    parser.add_argument("--paths", type=int, default=800)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rates, last = [], None
    with tempfile.TemporaryDirectory() as place:
        for _ in range(options.repeats):
            small, base = build(options.recipe, Path(place) / "small", SMALL, options.jobs)
            large, cpu = build(options.recipe, Path(place) / "large", options.paths, options.jobs)
            more = large["conversations"] - small["conversations"]
            rates.append(more / (cpu - base))
            last = (more, large["pairs"] - small["pairs"], large["calls"] - small["calls"], cpu - base)
            print(f"{more} conversations, {last[1]} pairs in {cpu - base:.2f} CPU s: {rates[-1]:.1f} per CPU second")
        assert last is not None
        calls, replay = bare_replay(Path(place) / "large")
    per_call = replay / calls
    print(f"bare replay: {calls} calls in {replay:.3f} CPU s, {per_call * 1e6:.1f} µs a call")
    print(f"best of {options.repeats}: {max(rates):.1f} verified conversations per CPU second")
    print(f"ratio: a built and proven call costs {last[3] / last[2] / per_call:.0f} times a bare one")


if __name__ == "__main__":
    main()
