"""`magnetc check` of a large recipe, beside a bare `yaml.load` of its file of tools.

    python benchmarks/check.py [--repeats N] [--tools N] [--json FILE]

A made-up recipe of 5,000 tools in 5 MB of YAML: each tool with a description, 3 to 6 described parameters, a record as its
result, of 640 entity types, as importers write them; the graph is inferred from the types, and one path of a hundred tools with
phrases is counted. CPU seconds, the median of N runs, each in a process of its own; start-up of the interpreter and
imports are made before any clock runs, ours and the peer's:

- peer: `yaml.load(file, Loader=yaml.CSafeLoader)` of `tools.yaml` alone, read from disk; and the same with Python's collector
  of garbage off, which goes through what is loaded again and again;
- cold: the whole check of the recipe without a cache, to its last diagnostic: read, shape, names, types, graph, paths;
- warm: the check again, with what the first run has kept beside the recipe.

Ends with 1 when a target is missed. `imports` is what the clocks leave out: an interpreter with the compiler's modules.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
COLD, WARM = 2.0, 0.2
"""Targets: a cold check against the bare load, a warm check against a cold one."""
TOOLS = 5000
CATEGORY = 100

_VERBS = ("get", "list", "search", "create", "update", "cancel", "convert", "estimate", "schedule", "summarise")
_NOUNS = ("account", "airport", "booking", "card", "contact", "delivery", "document", "event", "flight", "hotel", "invoice", "issue",
          "message", "order", "parcel", "payment", "playlist", "quote", "recipe", "repository", "reservation", "route", "sensor",
          "shipment", "stock", "subscription", "task", "ticket", "transfer", "weather")
_PARTS = ("id", "code", "name", "status", "total", "owner", "start", "end", "category", "region")
_CLAUSES = ("as the back office knows it", "in the currency of the account", "by the day on which it was asked for",
            "for the current user unless another one is named", "with everything that depends on it",
            "the most recent first", "as far as the caller may see it", "from the archive too when asked to")


def write_recipe(folder: Path, count: int) -> None:
    """A recipe of so many tools, the same every time."""
    chance = random.Random(count)
    shared = [f"Shared{part.title()}{i}" for i in range(4) for part in _PARTS]
    own = [[f"{_NOUNS[c % len(_NOUNS)].title()}{part.title()}{c}" for part in (*_PARTS, "key", "note")] for c in range(-(-count // CATEGORY))]
    lines = ["kind: tools", "tools:"]
    first: list[tuple[str, list[str]]] = []
    for number in range(count):
        name, parameters, tool = _tool(number, shared, own[number // CATEGORY], chance)
        lines += tool
        if number < CATEGORY:
            first.append((name, parameters))
    names = ", ".join(name for name, _ in first)
    turns = (f'turn {name} {{\n  en do "{name.replace("_", " ")}{"".join(f" with {{{p}}}" for p in parameters)}"\n}}' for name, parameters in first)
    types = (f'  {name}: {{base: string, examples: ["{name} one", "{name} two"]}}' for name in (*shared, *(n for names in own for n in names)))
    files = {
        "tools.yaml": "\n".join(lines) + "\n",
        "types.yaml": "\n".join(("kind: types", "types:", *types)) + "\n",
        "graph.yaml": "kind: graph\ninfer:\n  - typed: {top: 30}\n",
        "paths.magnet": f"set first = [{names}]\npath support {{\n  turns 2..5\n  within [first]\n}}\n",
        "turns.magnet": "\n".join(turns) + "\n",
        "recipe.yaml": "kind: recipe\nname: large\nversion: 1.0.0\ninclude: [types.yaml, tools.yaml, graph.yaml, paths.magnet, turns.magnet]\n"
                       'seed: 7\nworld: {python: "world:World", now: "2026-03-02T09:00:00Z"}\npaths: {support: 100}\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _tool(number: int, shared: list[str], own: list[str], chance: random.Random) -> tuple[str, list[str], list[str]]:
    """Name, required parameters and lines of one tool."""
    verb, noun = chance.choice(_VERBS), chance.choice(_NOUNS)
    name = f"{verb}_{noun}_{number:04d}"

    def of() -> str:
        return chance.choice(shared) if chance.random() < 0.25 else chance.choice(own)

    lines = [f"  {name}:", f"    description: {verb.title()} a {noun} {chance.choice(_CLAUSES)}, {chance.choice(_CLAUSES)}.",
             f"    category: category_{number // CATEGORY}", f"    effect: {'reads' if verb in ('get', 'list', 'search') else 'writes'}",
             "    parameters:"]
    parts = chance.sample(_PARTS, chance.randint(3, 6))
    for at, part in enumerate(parts):
        lines += [f"      {part}:", f"        type: {of()}",
                  f"        description: The {part} of the {noun}, {chance.choice(_CLAUSES)}.", *(["        optional: true"] if at > 1 else [])]
    lines.append("    returns:")
    lines += [f"      {part}: {of()}" for part in chance.sample(_PARTS, chance.randint(2, 5))]
    lines += ["      entries:", f"        - {{id: {of()}, amount: number, is_open: boolean}}"]
    return name, parts[:2], lines


def bare_load(folder: Path) -> Callable[[], Any]:
    import yaml

    return lambda: yaml.load((folder / "tools.yaml").read_bytes(), Loader=yaml.CSafeLoader)


def check(folder: Path, *, cached: bool) -> Callable[[], Any]:
    """The check, with all that it can need imported: what a command would import late is not what is measured."""
    import magnetc.build.compile  # noqa: F401
    from magnetc.build.check import check_recipe
    from magnetc.diagnostics import Sink

    def run() -> None:
        sink = Sink()
        found = check_recipe(folder, sink, cached=cached)
        assert not found.sink.diagnostics, found.sink.diagnostics[:3]
        assert found.counts is not None
        assert (found.sink is not sink) == cached, "a warm check takes what is kept, a cold one works it out"

    return run


def measure(what: str, folder: Path) -> dict[str, float]:
    """CPU seconds of one contender in this process, and of its imports."""
    if what == "peer, collector off":
        gc.disable()
    job = bare_load(folder) if what.startswith("peer") else check(folder, cached=what == "warm")
    imports = start = time.process_time()
    job()
    return {"seconds": time.process_time() - start, "imports": imports,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)}


def measured(what: str, folder: Path) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    done = subprocess.run([sys.executable, __file__, "--measure", what, str(folder)], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr}")
    return json.loads(done.stdout)


def figures(count: int, repeats: int) -> dict[str, Any]:
    """The medians of all contenders, which take turns: what else the machine does meets each of them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_recipe(folder, count)
        size = (folder / "tools.yaml").stat().st_size
        kept = subprocess.run([sys.executable, "-m", "magnetc", "check", str(folder)], env={**os.environ, "PYTHONPATH": str(ROOT)},
                              capture_output=True, text=True)
        if kept.returncode:
            sys.exit(kept.stderr)
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in ("peer", "peer, collector off", "cold", "warm")}
        for _ in range(repeats):
            for what, found in runs.items():
                found.append(measured(what, folder))
    rows = {what: {key: median(run[key] for run in found) for key in found[0]} for what, found in runs.items()}
    return {"tools": count, "bytes": size, "repeats": repeats, "runs": rows, "cold_ratio": rows["cold"]["seconds"] / rows["peer"]["seconds"],
            "warm_ratio": rows["warm"]["seconds"] / rows["cold"]["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tools", type=int, default=TOOLS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]))))
        return
    found = figures(options.tools, options.repeats)
    print(f"{found['tools']:,} tools, {found['bytes'] / 1e6:.1f} MB of YAML; CPU seconds, the median of {options.repeats} runs")
    for what, row in found["runs"].items():
        print(f"  {what:22}{row['seconds']:8.3f}   peak {row['peak_mib']:4.0f} MiB   (before: interpreter and imports {row['imports']:.3f})")
    print(f"cold / peer: {found['cold_ratio']:.2f} (at most {COLD})")
    print(f"warm / cold: {found['warm_ratio']:.3f} (at most {WARM})")
    if options.json:
        environment = {"python": platform.python_version(), "pyyaml": version("pyyaml"), "cpu": cpu()}
        options.json.write_text(json.dumps({"environment": environment, **found}, indent=1) + "\n", encoding="utf-8")
    sys.exit(found["cold_ratio"] > COLD or found["warm_ratio"] > WARM)


def cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
