"""Walks over large graphs: typed graph and walks against what networkx needs to hold the same edges.

    python benchmarks/graph_walks.py [--sizes 1000,5000,20000] [--walks 10] [--length 7] [--json FILE]

A recipe of N tools is made up: each takes two values and gives three, of as many entity types as make about 45 edges a tool.
CPU seconds, each size in a process of its own: the typed graph; its product with three constraints (require, forbid, at
most 1); so many walks from each tool, all at once (`magnetc/passes/many_walks.py`). Beside it, what networkx takes to add
these edges to a DiGraph, bare (`networkx_ends_s`) and with kind and confidence. `exponent` is the slope of log time over
log tools between the smallest and the largest size. The walks are checked, and counted, afterwards.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

DEGREE = 45


def made_up(tools: int) -> Any:
    """A spec of so many tools, the same every time."""
    from magnetc.ir.signature import Effect, FunctionSignature, Parameter
    from magnetc.ir.spec import Recipe, Spec, WorldSpec
    from magnetc.ir.types import EntityType, Field, Record, Ref

    chance = random.Random(tools)
    types = [EntityType(name=f"T{i}", base="string", examples=("x",)) for i in range(max(1, 6 * tools // DEGREE))]

    def one(number: int) -> FunctionSignature:
        taken, given = chance.choices(types, k=2), chance.choices(types, k=3)
        return FunctionSignature(
            name=f"tool_{number:05d}", effect=Effect("reads"),
            parameters=tuple(Parameter(name=f"p{i}", type=Ref(each.name), required=True) for i, each in enumerate(taken)),
            returns=Record(tuple(Field(f"r{i}", Ref(each.name)) for i, each in enumerate(given))))

    world = WorldSpec(python="world:World", now="2026-03-02T09:00:00Z")
    return Spec(recipe=Recipe(name="large", version="1.0.0", seed=7, world=world), types=tuple(types),
                tools=tuple(one(number) for number in range(tools)))


def constrained(names: tuple[str, ...], length: int) -> Any:
    """Three constraints on tools in the middle of the names."""
    from magnetc.passes.constraints import AtMost, Constraints, Order

    middle = len(names) // 2
    require = (Order(names[middle], names[middle + 1]),)
    forbid = (Order(names[middle + 2], names[middle + 3]),)
    return Constraints(tools=names, within=frozenset(names), turns=(length, length), require=require, forbid=forbid,
                       at_most=(AtMost(1, names[middle + 4]),), chained=True)


def measure(tools: int, walks: int, length: int) -> dict[str, Any]:
    """CPU seconds and megabytes of one size."""
    import numpy as np

    from magnetc.passes.automaton import Automaton
    from magnetc.passes.build_graph import BuildGraph
    from magnetc.passes.chains import Chains
    from magnetc.passes.many_walks import draw_walks, keys_of

    spec = made_up(tools)
    marks = [time.process_time()]
    graph = BuildGraph().run(spec)
    marks.append(time.process_time())
    constraints = constrained(graph.nodes, length)
    chains = Chains(Automaton(constraints), graph)
    marks.append(time.process_time())
    first = np.repeat(np.arange(tools), walks)
    drawn = draw_walks(chains, keys_of(len(first), "benchmark", tools), length, even=True, first=first)
    marks.append(time.process_time())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    built, product, made = (after - before for before, after in pairwise(marks))
    check(graph, constraints, drawn)
    return {"tools": tools, "edges": len(graph.targets), "walks": int((drawn[:, 0] >= 0).sum()), "count": chains.count(length),
            "graph_s": built, "product_s": product, "walks_s": made, "total_s": sum((built, product, made)),
            "memory_mb": memory, **networkx_seconds(graph)}


def check(graph: Any, constraints: Any, drawn: Any) -> None:
    """Every hundredth walk keeps the constraints and follows edges, or goes on anywhere from a tool without any."""
    from magnetc.passes.constraints import violation

    for walk in drawn[::100].tolist():
        if walk[0] < 0:
            continue
        names = [graph.nodes[tool] for tool in walk]
        assert violation(constraints, names) is None, names
        for before, after in pairwise(walk):
            targets = graph.targets[graph.offsets[before]:graph.offsets[before + 1]]
            assert not len(targets) or after in targets, names


def networkx_seconds(graph: Any) -> dict[str, float]:
    """What a DiGraph takes to hold the edges: their ends alone, and with what is known of each. Empty without networkx."""
    try:
        import networkx
    except ImportError:
        return {}
    pairs = [(graph.nodes[a], graph.nodes[b]) for a, b in zip(graph.sources.tolist(), graph.targets.tolist())]
    start = time.process_time()
    networkx.DiGraph().add_edges_from(pairs)
    bare = time.process_time() - start
    peer = networkx.DiGraph()
    start = time.process_time()
    for (a, b), kind, confidence in zip(pairs, graph.kinds.tolist(), graph.confidences.tolist()):
        peer.add_edge(a, b, kind=kind, confidence=confidence)
    return {"networkx_ends_s": bare, "networkx_s": time.process_time() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,5000,20000")
    parser.add_argument("--walks", type=int, default=10)
    parser.add_argument("--length", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.walks, options.length)))
        return
    rows = []
    for size in map(int, options.sizes.split(",")):
        command = [sys.executable, __file__, "--one", str(size), "--walks", str(options.walks), "--length", str(options.length)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(" ".join(f"{key}={round(value, 2) if isinstance(value, float) else value}" for key, value in rows[-1].items()))
    if len(rows) > 1:
        slopes = {key: math.log(rows[-1][key] / rows[0][key]) / math.log(rows[-1]["tools"] / rows[0]["tools"])
                  for key in ("graph_s", "product_s", "walks_s", "total_s")}
        print("exponent " + " ".join(f"{key}={slope:.2f}" for key, slope in slopes.items()))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
