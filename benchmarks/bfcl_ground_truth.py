"""BFCL answered by its own ground truth, through all that `magnetc eval bfcl` does: every entry has to pass, officially and strictly.

python benchmarks/bfcl_ground_truth.py [CATEGORY...]     default: multi_turn and single_turn
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.agent.watch import Unwatched
from magnetc.build.acting import Acting
from magnetc.diagnostics import Sink
from magnetc.distill.contamination.bfcl import PACKAGES
from magnetc.eval.bfcl.entries import Benchmark, Entry, read_benchmark, text_of
from magnetc.eval.bfcl.evaluate import VERSION, Asked, evaluate_with
from magnetc.tools.environments import ensure_environment

Script = list[list[Action]]


def script_of(entry: Entry) -> Script:
    """What the ground truth says, one message of calls a turn; of one turn, the first values that it accepts."""
    if entry.is_executed:
        return [[Action(calls=tuple(call for call in turn if call))] if any(turn) else [] for turn in entry.truth_calls]
    if entry.category == "live_relevance":
        return [[Action(calls=(("anything", {}),))]]
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in map(json.loads, entry.tools)}
    written = json.dumps if entry.category in ("simple_java", "simple_javascript") else plain
    made: list[tuple[str, dict[str, Any]]] = []
    for each in entry.truth or ():
        for name, arguments in each.items():
            tool = name.replace(".", "_")
            required = tools[tool].get("required", ())
            made.append((tool, {key: value if isinstance(value, str) else written(value) for key, values in arguments.items()
                                for value in [next((value for value in values if value != ""), "")] if value != "" or key in required}))
    return [[Action(calls=tuple(made))] if made else []]


def plain(value: Any) -> Any:
    """A value of the ground truth, in which each member of an object lists what is accepted, too."""
    if isinstance(value, dict):
        return {name: plain(values[0]) if isinstance(values, list) and values else values for name, values in value.items() if values != [""]}
    return [plain(item) for item in value] if isinstance(value, list) else value


class Scripted:
    """Follows the script of each entry of a category, which it knows by what was said so far and what is offered; behind a turn's script it says
    that it is done."""

    def __init__(self, benchmark: Benchmark, scripts: dict[str, Script]):
        self._turns: dict[tuple[tuple[str, ...], str], list[Action]] = {}
        for entry in benchmark.entries:
            heard: tuple[str, ...] = ()
            for turn, messages in enumerate(entry.turns[: len(scripts[entry.id])]):
                heard += _heard(messages) or (benchmark.restored,)
                self._turns.setdefault((heard, entry.offered(turn)), scripts[entry.id][turn])

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        return [self._next(request) for request in requests]

    def _next(self, request: Request) -> Action:
        turn = self._turns[_heard(request.messages), request.tools]
        last = max(number for number, message in enumerate(request.messages) if _heard([message]))
        said = sum(message["role"] == "assistant" for message in request.messages[last:])
        return turn[said] if said < len(turn) else Action(content="Done.")


def _heard(messages: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(text_of(message) for message in messages if message["role"] not in ("assistant", "tool"))


def evaluated(benchmark: Benchmark, category: str, folder: Path, scripts: dict[str, Script], batch: int = 64) -> dict[str, Any]:
    """The report on answers by scripts, of one category."""
    @asynccontextmanager
    async def at_work() -> AsyncIterator[Acting]:
        yield Acting(policy=Scripted(benchmark, scripts), batch=batch, lanes=1, counts=Counter())

    asked = Asked(categories=(category,), folder=folder, name="ground-truth-FC", most=len(benchmark.entries))
    return evaluate_with(asked, {"model": "ground truth"}, at_work, lambda text: None, Unwatched(), Sink())


def main() -> int:
    python = ensure_environment(PACKAGES[VERSION], print)
    names = sys.argv[1:] or ["multi_turn", "single_turn"]
    missed = 0
    for category in read_benchmark(python, names, 1).files:
        began = time.perf_counter()
        benchmark = read_benchmark(python, [category])
        with tempfile.TemporaryDirectory() as folder:
            report = evaluated(benchmark, category, Path(folder), {entry.id: script_of(entry) for entry in benchmark.entries})
        every = report["all"]
        missed += every["entries"] - every["strict"]["passed"]
        print(f"{category:<28} {every['official']['passed']:>4} official, {every['strict']['passed']:>4} strict of {every['entries']:>4}   "
              f"{time.perf_counter() - began:5.1f} s   {every['errors'] or ''}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
