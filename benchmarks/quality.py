"""How good a dataset is that was built: what holds of its rows, and whether the equivalence engine takes right for wrong.

    python benchmarks/quality.py OUT --json benchmarks/results/quality-travel.json

OUT is what `magnetc build` wrote. Figures:

- proofs: `magnetc verify` of every row, the share for which all hold, and seconds for 10,000 rows;
- multi-step: of the user turns in which the agent calls, those with two calls or more. The target is for recipes that ask for it: the travel recipe
  merges three turns of ten; with `merge(0.9)` and `insert(short=0.8, long=0.2, gap=1..3)` in its place in graph.magnet it is `quality-travel-merged.json`;
- shortcut: how well length, number of calls, a question and any call tell the sides of pairs apart (`magnetc/emit/shortcut.py`), controls aside;
- planted: executions that come to the same by construction, and how many of them the equivalence engine calls different: a read made
  twice, a read of a later turn made at once, two calls of one round in the other order, the whole under another seed, with other minted ids.
  The last is planted only where no number changes with the seed: a world that draws amounts comes to others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from magnetc.build.opened import Opened, open_output
from magnetc.diagnostics import Sink
from magnetc.distill.controls import RANDOM
from magnetc.distill.proofs.view import CallView, ConversationView, parse
from magnetc.emit.shortcut import Shortcut
from magnetc.ir import draw
from magnetc.ir.signature import Effect
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent, texts_in
from magnetc.tools.worlds.protocol import Outcome, Ref, Reset, Run, Step

TARGETS = {"proven": 1.0, "seconds_per_10000": 60.0, "multi_step": 0.45, "shortcut": 0.6, "called_wrong": 0}
KINDS = ("read again", "read early", "other order", "other seed")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", type=Path)
    options.add_argument("--planted", type=int, default=500)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    sink = Sink()
    opened = open_output(given.out, sink, trust=True)
    if opened is None:
        raise SystemExit("\n".join(each.message for each in sink.diagnostics))
    figures: dict[str, Any] = {"recipe": opened.spec.recipe.name, **verified(given.out), **counted(given.out)}
    figures |= asyncio.run(planted(opened, given.planted))
    figures["targets"] = TARGETS
    report(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(met(name, figures) for name in TARGETS) else 1


def verified(out: Path) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "magnetc", "verify", str(out), "--trust", "--json"], capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    told = json.loads(done.stdout)
    broken = {failure["row"] for failure in told["failures"]}
    return {"rows": told["rows"], "proven": 1 - len(broken) / told["rows"], "seconds_per_10000": took * 10_000 / told["rows"]}


def counted(out: Path) -> dict[str, Any]:
    """Of conversations: those that no other row holds the beginning of."""
    acting = several = 0
    for row in rows(out, "sft"):
        calls = 0
        for message in [*row["messages"], {"role": "user"}]:
            if message["role"] == "user":
                acting, several, calls = acting + (calls > 0), several + (calls > 1), 0
            calls += len(message.get("tool_calls", ()))
    shortcut, kinds = Shortcut(), Counter()
    for row in rows(out, "preference"):
        if row["fault"]["made"] == RANDOM:   # a control says nothing of faults
            continue
        shortcut.add(row)
        kinds[row["fault"]["kind"]] += 1
    return {"multi_step": several / max(1, acting), "pairs": sum(kinds.values()), "faults": dict(kinds.most_common()), "shortcut": shortcut.auc()}


async def planted(opened: Opened, most: int) -> dict[str, Any]:
    """Equivalents by construction, so many of each kind as the rows give room for and `most` allows in all."""
    tried, wrong, drawn = Counter(), [], 0
    pool = opened.pool()
    try:
        async with pool.world() as world:
            for row in draw.shuffle(list(rows(opened.folder, "sft")), "planted", name=lambda row: row["id"]):
                view = parse(row["messages"], row["tools"], row["certificate"], opened.spec)
                if view.traceless or not view.calls:
                    continue
                for kind, order, shift in variants(view, opened.spec):
                    if tried[kind] >= most // len(KINDS):
                        continue
                    (good,), (other,) = await world.run_all([run(view, opened, view.calls, 0), run(view, opened, order, shift)])
                    if shift and numbers([good.results, good.observed]) != numbers([other.results, other.observed]):
                        drawn += 1
                        continue
                    tried[kind] += 1
                    existing = texts_in(opened.states[str(view.certificate["world"]["initial"])])
                    if not equivalent(execution(view.calls, good), execution(order, other), opened.spec, existing):
                        wrong.append(f"{row['id']}: {kind}")
                if sum(tried.values()) >= most // len(KINDS) * len(KINDS):
                    break
    finally:
        await pool.close()
    return {"planted": dict(tried), "not_planted": {"the world draws numbers by its seed": drawn}, "called_wrong": len(wrong), "wrong": wrong[:20]}


def numbers(value: Any) -> Counter[float]:
    """The numbers in a JSON value. Ids of the worlds are texts; a world that draws a balance by its seed is another world under another one."""
    if isinstance(value, dict):
        return sum(map(numbers, value.values()), Counter())
    if isinstance(value, (list, tuple)):
        return sum(map(numbers, value), Counter())
    return Counter([value]) if isinstance(value, (int, float)) and not isinstance(value, bool) else Counter()


def variants(view: ConversationView, spec: Spec) -> Iterator[tuple[str, list[CallView], int]]:
    """(kind, calls in their order, shift of the seed)."""
    calls = view.calls
    reads = [index for index, call in enumerate(calls) if spec.tool[call.name].effect is Effect.READS]
    if reads:
        at = reads[len(reads) // 2]
        yield "read again", [*calls[: at + 1], calls[at], *calls[at + 1 :]], 0
    free = [index for index in reads if index and not any("output" in entry for entry in view.sources.get(calls[index].id, {}).values())]
    if free:
        yield "read early", [calls[free[-1]], *calls], 0
    for index, (one, two) in enumerate(pairwise(calls)):
        if one.message == two.message:
            yield "other order", [*calls[:index], two, one, *calls[index + 2 :]], 0
            break
    yield "other seed", list(calls), 1


def run(view: ConversationView, opened: Opened, calls: Sequence[CallView], shift: int) -> Run:
    at: Mapping[str, Any] = view.certificate["world"]
    start = Reset(state=opened.states[str(at["initial"])], seed=int(at["seed"]) + shift, now=str(at["now"]), digest=str(at["initial"]))
    latest: dict[str, int] = {}
    steps = []
    for index, call in enumerate(calls):
        refs = {pointer: Ref(step=latest[str(entry["output"])], at=str(entry["at"])) for pointer, entry in view.sources.get(call.id, {}).items()
                if entry.get("output") in latest}
        steps.append(Step(call=call.name, args=dict(call.arguments), refs=refs))
        latest[call.id] = index
    return Run(start=start, programs=[tuple(steps)], observe=True, stop_on_error=False)


def execution(calls: Sequence[CallView], outcome: Outcome) -> Execution:
    return Execution([Made(call.name, dict(arguments), result) for call, arguments, result in zip(calls, outcome.args, outcome.results)],
                     outcome.observed)


def rows(out: Path, folder: str) -> Iterator[dict[str, Any]]:
    """The rows of a folder; of a conversation that is cut, the row that holds all of it."""
    for path in sorted((out / folder).glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        cut = {row["id"].rpartition(".")[0] for row in found if row["id"].rpartition(".")[2].isdecimal()}
        yield from (row for row in found if row["id"] not in cut)


def met(name: str, figures: Mapping[str, Any]) -> bool:
    if figures[name] is None:
        return False
    return figures[name] >= TARGETS[name] if name in ("proven", "multi_step") else figures[name] <= TARGETS[name]


def report(figures: Mapping[str, Any]) -> None:
    sys.stdout.write(f"{figures['rows']:,} rows, {figures['pairs']:,} pairs: {figures['faults']}\n")
    sys.stdout.write(f"planted: {figures['planted']}\n" + "".join(f"  called wrong: {each}\n" for each in figures["wrong"]))
    for name, target in TARGETS.items():
        sys.stdout.write(f"  {name}: {figures[name]} (target {target}) {'met' if met(name, figures) else 'MISSED'}\n")


if __name__ == "__main__":
    raise SystemExit(main())
