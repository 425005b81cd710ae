"""What a build of the travel example comes to against what its recipe asks for, under the paper's profile.

    python benchmarks/travel_profile.py [--paths 2000] [--json FILE]

Builds three recipes and prints, for each: conversations and user turns by path, operations, distances of the values that flow,
and coverage.

- *recipe*: `examples/travel` as it stands, scaled to so many paths.
- *paper*: the same with walks of 7 calls and Magnet's operations (arXiv 2503.07826, §3: one call a turn, Merge with 0.3, Insert
  short and long, Split on a copy). Rows of several turns must have 4.7 user turns or more on average, copies included.
- *long*: a twentieth of the paths, walks of 14 to 16 calls. Conversations must have 15 calls or more on average.

Ends with 1 when one of the two does not hold. Takes about 5 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RECIPE = Path(__file__).parent.parent / "examples" / "travel"
PAPER = "merge(0.3)  insert(short=0.5, long=0.5, gap=1..3)  split(miss_func=0.1, miss_params=0.1)  distract(0..5, most=8)"
TURNS, CALLS = 4.7, 15.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        built = {"recipe": build(RECIPE, work / "recipe-out", args.paths),
                 "paper": build(variant(work / "paper", (7, 7)), work / "paper-out", args.paths),
                 "long": build(variant(work / "long", (14, 16), only="visit"), work / "long-out", max(args.paths // 20, 10))}
    for name, found in built.items():
        show(name, found)
    turns, calls = built["paper"]["multi_turn_rows"], built["long"]["calls_mean"]
    print(f"\nuser turns of the paper profile's rows of several turns: {turns:.2f} (target: at least {TURNS}, {met(turns >= TURNS)})")
    print(f"calls of a conversation where 14 to 16 turns are asked: {calls:.2f} (target: at least {CALLS:g}, {met(calls >= CALLS)})")
    if args.json:
        args.json.write_text(json.dumps(built, indent=1) + "\n")
    return int(turns < TURNS or calls < CALLS)


def variant(folder: Path, turns: tuple[int, int], only: str = "") -> Path:
    """Travel with other lengths of its paths and the paper's operations; with `only`, one path without its pattern."""
    shutil.copytree(RECIPE, folder, ignore=shutil.ignore_patterns("out*", "__pycache__"))
    graph = folder / "graph.magnet"
    text = re.sub(r"operations \{.*?\n\}", f"operations {{ {PAPER} }}", graph.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"turns \d+\.\.\d+", f"turns {turns[0]}..{turns[1]}", text)
    recipe = folder / "recipe.yaml"
    asked = re.sub(r"\ngates:.*", "", recipe.read_text(encoding="utf-8"))
    if only:
        text = re.sub(rf"(path {only} \{{.*?)\n  pattern [^\n]*", r"\1", text, flags=re.DOTALL)
        text = re.sub(rf"path (?!{only} )\w+ \{{.*?\n\}}", "", text, flags=re.DOTALL)
        asked = re.sub(r"\npaths:.*", f"\npaths: {{{only}: 100}}", asked)
    graph.write_text(text, encoding="utf-8")
    recipe.write_text(asked, encoding="utf-8")
    return folder


def build(recipe: Path, out: Path, paths: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "magnetc", "build", recipe, "-o", out, "--trust", "--json", "--paths", str(paths)]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    summary = json.loads(done.stdout)
    turns, calls = [], []
    for file in sorted((out / "sft").glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            turns.append(sum(message["role"] == "user" for message in row["messages"]))
            if not row["tags"]["copy_of"]:
                calls.append(sum(len(message.get("tool_calls", ())) for message in row["messages"]))
    several = [number for number in turns if number > 1]
    kept = ("conversations", "rows", "pairs", "turns", "calls", "made", "coverage")
    return {**{name: summary[name] for name in kept}, "multi_turn_rows": sum(several) / len(several),
            "calls_mean": sum(calls) / len(calls), "abandoned": summary["dropped"].get("unit abandoned", 0)}


def show(name: str, found: dict[str, Any]) -> None:
    made = found["made"]
    print(f"\n{name}: {found['conversations']:,} conversations, {found['rows']:,} rows, {found['pairs']:,} pairs; "
          f"{found['abandoned']} paths given up")
    print(f"  {'path':24}{'asked':>8}{'made':>8}{'turns asked':>14}{'turns made':>24}{'calls made':>24}")
    for path, own in made["paths"].items():
        low, high = own["turns"]["asked"]
        print(f"  {path:24}{own['asked']:8}{own['made']:8}{f'{low} to {high}':>14}{spread(own['turns']):>24}{spread(own['calls']):>24}")
    print(f"  {'operation':24}{'asked':>8}{'made':>8}  of")
    for kind, own in made["operations"].items():
        print(f"  {kind:24}{own['asked']:8.1%}{own['made']:8.1%}  {own['of']:,} {own['per']}")
    for kind, counts in made["distances"].items():
        print(f"  {kind + ' edges, turns apart':32}" + "  ".join(f"{distance}: {count:,}" for distance, count in counts.items()))
    for thing, own in found["coverage"].items():
        print(f"  {'coverage of ' + thing.replace('_', ' '):32}{own['covered']:,} of {own['possible']:,}, {own['share']:.1%}")


def spread(own: dict[str, Any]) -> str:
    return f"{own['least']} to {own['greatest']} ({own['mean']:.2f})" if "mean" in own else "none"


def met(holds: bool) -> str:
    return "met" if holds else "missed"


if __name__ == "__main__":
    sys.exit(main())
