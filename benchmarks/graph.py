"""The local dependency graph at scale: typed edges and walks, beside networkx and the comparison of all pairs.

    python benchmarks/graph.py [--repeats N] [--sizes 1000,5000,20000] [--quick] [--json FILE]

Recipes of N made-up tools, 100 to a category, each with 1 to 4 parameters and 1 to 4 values in its result, of entity types of
which few are common and most are rare. At most 30 tools give one parameter a value (`infer typed top 30`), which makes about
46 edges a tool. CPU seconds, the median of N runs, each in a process of its own so that the peak of memory is its own too:

- ours: `BuildGraph` from the spec to the graph, all edges and all values that flow along them; then 10 walks of 7 calls
  from every tool under three constraints (require, forbid, at most);
- networkx: a `DiGraph` of these same edges, given as pairs of names in a list; they are found by us, so that it has nothing to do
  but to hold them. Once with kind, origin, confidence and values on each edge, which is that graph, and once bare;
- all pairs: every result compared with every parameter of every other tool, in a plain loop, up to 1,000 tools; beyond,
  multiplied by the square of the tools, and marked so. Its edges have to be ours without the limit.

Ends with 1 when a target is missed or all pairs find other edges.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import resource
import subprocess
import sys
import time
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
LIMIT = 30
WALKS, LENGTH = 10, 7
PAIRS_UP_TO = 1000
LARGE = 5000
"""Tools from which on graph and walks have to take less than networkx: below, what a call costs weighs more than what it does."""
MEMORY_MIB = 1536
EXPONENT = 1.15
CATEGORY = 100


def typed_spec(count: int, limit: int = LIMIT) -> Any:
    """A spec of so many tools, the same every time. Types: 40 that all categories share, and 12 of each category."""
    from magnetc.ir.signature import FunctionSignature, Parameter
    from magnetc.ir.spec import GraphSpec, Inference, Recipe, Spec, WorldSpec
    from magnetc.ir.types import EntityType, Field, Record, Ref

    chance = random.Random(count)
    shared = [f"Shared{i}" for i in range(40)]
    own = [[f"Own{c}_{i}" for i in range(12)] for c in range(-(-count // CATEGORY))]
    rarity = [1 / (i + 1) for i in range(len(shared))]

    def of(category: int) -> Ref:
        is_shared = chance.random() < 0.25
        return Ref(chance.choices(shared, rarity)[0] if is_shared else chance.choice(own[category]))

    tools = []
    for number in range(count):
        category = number // CATEGORY
        parameters = tuple(Parameter(name=f"p{i}", type=of(category), required=i < 2) for i in range(chance.randint(1, 4)))
        returns = Record(tuple(Field(f"r{i}", of(category)) for i in range(chance.randint(1, 4))))
        tools.append(FunctionSignature(name=f"tool_{number:05d}", category=f"c{category}", parameters=parameters, returns=returns))
    world = WorldSpec(python="world:World", now="2026-03-02T09:00:00Z")
    types = tuple(EntityType(name=name, base="string", examples=("x",)) for name in (*shared, *(n for names in own for n in names)))
    return Spec(recipe=Recipe(name="large", version="1.0.0", seed=7, world=world), types=types, tools=tuple(tools),
                graph=GraphSpec(infer=(Inference("typed", top=limit),)))


def walks(graph: Any, per_node: int = WALKS, length: int = LENGTH) -> Any:
    """(walks, length) int32: so many walks from every node at once, under three constraints; -1 where there is none."""
    import numpy as np

    from magnetc.passes.automaton import Automaton
    from magnetc.passes.chains import Chains
    from magnetc.passes.many_walks import draw_walks, keys_of

    chains = Chains(Automaton(constraints(graph, length)), graph)
    first = np.repeat(np.arange(len(graph.nodes)), per_node)
    return draw_walks(chains, keys_of(len(first), "benchmark"), length, even=True, first=first)


def constraints(graph: Any, length: int) -> Any:
    """Require, forbid and at most, on tools in the middle of the names; a walk follows edges wherever there is one."""
    from magnetc.passes.constraints import AtMost, Constraints, Order

    a, b, c, d, e = graph.nodes[len(graph.nodes) // 2:][:5]
    return Constraints(tools=graph.nodes, within=frozenset(graph.nodes), turns=(length, length), require=(Order(a, b),),
                       forbid=(Order(c, d),), at_most=(AtMost(1, e),), chained=True)


def check_walks(graph: Any, drawn: Any) -> None:
    """Every hundredth walk keeps the constraints and follows edges, or goes on anywhere from a tool without any."""
    from magnetc.passes.constraints import violation

    bounds = constraints(graph, drawn.shape[1])
    for walk in drawn[::100].tolist():
        if walk[0] < 0:
            continue
        names = [graph.nodes[tool] for tool in walk]
        assert violation(bounds, names) is None, names
        for before, after in pairwise(walk):
            targets = graph.targets[graph.offsets[before]:graph.offsets[before + 1]]
            assert not len(targets) or after in targets, names


def all_pairs(spec: Any) -> set[tuple[str, str]]:
    """The edges that comparing every tool with every other finds."""
    unify = spec.type_table.unify
    return {(source.name, target.name) for source in spec.tools for target in spec.tools if source is not target
            and any(unify(field.type.name, parameter.type.name) for field in source.returns.fields for parameter in target.parameters)}


def measure(what: str, count: int) -> dict[str, Any]:
    """One run of one of the contenders, in this process. Imports are made before any clock runs, ours and the peer's."""
    from magnetc.passes.build_graph import BuildGraph

    import_module("networkx" if what == "networkx" else "magnetc.passes.many_walks")
    spec = typed_spec(count, 0 if what == "pairs" else LIMIT)
    spec.type_table, spec.tool  # noqa: B018  # made once a spec, whoever asks
    made: dict[str, Any] = {}
    if what == "pairs":
        start = time.process_time()
        found = all_pairs(spec)
        made |= {"pairs": time.process_time() - start, "edges": len(found), "agrees": found == set(BuildGraph().run(spec).edge)}
        return made
    start = time.process_time()
    graph = BuildGraph().run(spec)
    made |= {"build": time.process_time() - start, "edges": len(graph.edges), "values": len(graph.flow_pointers)}
    if what == "networkx":
        return made | networkx_seconds(graph)
    start = time.process_time()
    drawn = walks(graph)
    made |= {"walks": time.process_time() - start, "walked": int((drawn[:, 0] >= 0).sum()), "peak_mib": peak_mib()}
    check_walks(graph, drawn)
    return made


def networkx_seconds(graph: Any) -> dict[str, float]:
    import networkx

    pairs = list(graph.edge)
    start = time.process_time()
    networkx.DiGraph(pairs)
    bare = time.process_time() - start
    rich = [(edge.source, edge.target, {"kind": edge.kind, "origin": edge.origin, "confidence": edge.confidence,
                                        "values": edge.values}) for edge in graph.edges]
    start = time.process_time()
    networkx.DiGraph(rich)
    return {"networkx": bare, "networkx_rich": time.process_time() - start, "networkx_mib": peak_mib()}


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measured(what: str, count: int, repeats: int) -> dict[str, Any]:
    """The median of each figure over runs in processes of their own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    runs = []
    for _ in range(repeats):
        done = subprocess.run([sys.executable, __file__, "--measure", what, str(count)], env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{what} {count}: {done.stderr}")
        runs.append(json.loads(done.stdout))
    return {key: median(run[key] for run in runs) for key in runs[0]}


def size_figures(count: int, repeats: int) -> dict[str, Any]:
    """All figures of one size, as one row."""
    row = {"tools": count, **measured("networkx", count, repeats), **measured("ours", count, repeats)}
    row["total"] = row["build"] + row["walks"]
    if count <= PAIRS_UP_TO:
        row |= {f"pairs_{key}" if key == "edges" else key: value for key, value in measured("pairs", count, 1).items()}
    return row


def exponent(rows: list[dict[str, Any]], key: str) -> float:
    """The slope of log seconds over log tools, by least squares."""
    x, y = ([math.log(row[of]) for row in rows] for of in ("tools", key))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def table(rows: list[dict[str, Any]]) -> None:
    titles = {"build": "typed graph", "walks": f"{WALKS} walks of {LENGTH} from each tool", "total": "graph and walks",
              "networkx_rich": "networkx, that graph", "networkx": "networkx, bare edges", "pairs": "all pairs"}
    print(f"{'CPU seconds':32}" + "".join(f"{row['tools']:>12,}" for row in rows) + "  tools")
    for key, title in titles.items():
        print(f"  {title:30}" + "".join(shown_seconds(row, key, rows) for row in rows))
    print(f"  {'edges a tool':30}" + "".join(f"{row['edges'] / row['tools']:12.1f}" for row in rows))
    print(f"  {'peak MiB, graph and walks':30}" + "".join(f"{row['peak_mib']:12.0f}" for row in rows))


def shown_seconds(row: dict[str, Any], key: str, rows: list[dict[str, Any]]) -> str:
    """Seconds, or for all pairs of a larger size what the largest size that was measured makes of them, marked with ~."""
    if key in row:
        return f"{row[key]:12.3f}"
    known = [each for each in rows if key in each]
    return f"{'~' + format(known[-1][key] * (row['tools'] / known[-1]['tools']) ** 2, '.0f'):>12}" if known else f"{'-':>12}"


def figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the targets are about, each with `at_least` or `at_most`."""
    made: list[dict[str, Any]] = []
    for row in rows:
        name = f"{row['tools']:,} tools"
        target = {"at_least": 1.0} if row["tools"] >= LARGE else {}
        made += [{"figure": f"networkx / graph and walks, {name}", "value": row["networkx_rich"] / row["total"], **target},
                 {"figure": f"networkx / graph, {name}", "value": row["networkx_rich"] / row["build"]},
                 {"figure": f"networkx, bare edges / graph and walks, {name}", "value": row["networkx"] / row["total"]},
                 {"figure": f"networkx, bare edges / graph, {name}", "value": row["networkx"] / row["build"]}]
    made.append({"figure": f"peak MiB, {rows[-1]['tools']:,} tools", "value": rows[-1]["peak_mib"], "at_most": MEMORY_MIB})
    if len(rows) > 1:
        made += [{"figure": f"exponent, {name}", "value": exponent(rows, key), "at_most": EXPONENT}
                 for name, key in (("typed graph", "build"), ("graph and walks", "total"))]
    return made


def is_met(figure: dict[str, Any]) -> bool:
    return figure.get("at_least", 0) <= figure["value"] <= figure.get("at_most", math.inf)


def shown(figure: dict[str, Any]) -> str:
    """A figure with its target, if it has one, and whether that is met."""
    words = [f"at {bound} {figure[f'at_{bound}']:g}" for bound in ("least", "most") if f"at_{bound}" in figure]
    target = f" (target: {words[0]}, {'met' if is_met(figure) else 'missed'})" if words else ""
    return f"{figure['figure']}: {figure['value']:.2f}{target}"


def environment() -> dict[str, str]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"cpu": cpu, "python": platform.python_version(), **{name: version(name) for name in ("numpy", "networkx")}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="1000,5000,20000")
    parser.add_argument("--quick", action="store_true", help="200 and 400 tools, once: that it runs, not how fast")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.measure[0], int(args.measure[1]))))
        return
    sizes = [200, 400] if args.quick else [int(each) for each in args.sizes.split(",")]
    rows = [size_figures(count, 1 if args.quick else args.repeats) for count in sizes]
    table(rows)
    found = figures(rows)
    print("\n".join(map(shown, found)))
    agrees = all(row.get("agrees", True) for row in rows)
    print(f"all pairs find {'the same' if agrees else 'OTHER'} edges")
    if args.json:
        args.json.write_text(json.dumps({"environment": environment(), "sizes": rows, "figures": found}, indent=1) + "\n")
    sys.exit(0 if agrees and (args.quick or all(map(is_met, found))) else 1)


if __name__ == "__main__":
    main()
