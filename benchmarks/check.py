"""`magnetc check` of a large recipe, beside a bare `yaml.load` of its file of tools.

    python benchmarks/check.py [--repeats N] [--tools N] [--json FILE]

A made-up recipe of 5,000 tools in 5 MB of YAML: each tool with a description, 2 to 6 described parameters, a record as its
result, of 640 entity types, as importers write them; the graph is inferred from the types, and one path of a hundred tools with
phrases is counted. CPU seconds, the median of N runs, each in a process of its own; start-up of the interpreter and
imports are made before any clock runs, ours and the peer's:

- peer: `yaml.load(file, Loader=yaml.CSafeLoader)` of `tools.yaml` alone, read from disk;
- cold: the whole check of the recipe without a cache, to its last diagnostic: read, shape, names, types, graph, paths;
- warm: the check again, with what the first run has kept beside the recipe.

Ends with 1 when a target is missed. `imports` is what the clocks leave out: an interpreter with the compiler's modules.
"""

from __future__ import annotations

import argparse
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
    parts = chance.sample(_PARTS, chance.randint(2, 6))
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
    """The check, all that it can need imported: what a command would import late is not what is measured."""
    from magnetc.build.compile import compile_recipe
    from magnetc.diagnostics import Sink

    def run() -> None:
        sink = Sink()
        compile_recipe(folder, sink)
        assert not sink.diagnostics, sink.diagnostics[:3]

    return run


def measure(what: str, folder: Path) -> dict[str, float]:
    """CPU seconds of one contender in this process."""
    job = bare_load(folder) if what == "peer" else check(folder, cached=what == "warm")
    start, wall = time.process_time(), time.perf_counter()
    imports = start
    job()
    return {"seconds": time.process_time() - start, "wall": time.perf_counter() - wall, "imports": imports,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)}
