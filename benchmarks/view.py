"""`magnetc view` of a large dataset, beside loading all of it.

    python benchmarks/view.py [--rows N] [--repeats N] [--out OUT] [--json FILE]

The rows of a build of the travel example (or of OUT), repeated under ids of their own until there are 100,000. Each contender is a
process of its own, from its start to its first 60 entries, imports and all; the figures are the medians of N runs, which take turns:

- `view`: the server is started, and the page, its style, its script and the first rows are asked for. Then, of the same process: how long until
  every row can be filtered by, how long a filter and a search for what only the last row says take, and the peak memory at the end;
- `json`: every line through `json.loads` into a list;
- `datasets`: `load_dataset("json", ...)` with no cache, where Hugging Face datasets is installed.

Ends with 1 when a target is missed: the first page in at most a tenth of the faster one's time, and at most a quarter of the
smaller one's memory, once every row is read and searched.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from check import cpu

from magnetc.ir.json import wire

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "view.json"
TIME, MEMORY = 0.1, 0.25
"""Targets: the first page and the peak memory, against loading everything."""
ENTRIES = 60
LAST = "the only row that says zanzibar"

_LOADERS = {
    "json": """
import json, sys
rows = []
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        rows += [json.loads(line) for line in file]
print(len(rows[:60]))
""",
    "datasets": """
import sys, tempfile
from datasets import load_dataset
with tempfile.TemporaryDirectory() as cache:
    rows = load_dataset("json", data_files=sys.argv[1:], split="train", cache_dir=cache)
    print(len(rows[:60]["id"]))
""",
}


def enlarge(out: Path, into: Path, count: int) -> dict[str, Path]:
    """A dataset of so many rows: those of `out`, again and again. The data file by contender: `datasets` has one whose certificates are text, since
    their keys, ids of calls, would be columns."""
    with (out / "sft" / "train.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    (into / "sft").mkdir(parents=True)
    plain, flat = into / "sft" / "train.jsonl", into / "flat.jsonl"
    with plain.open("w", encoding="utf-8") as file, flat.open("w", encoding="utf-8") as other:
        for number in range(count):
            row = {**rows[number % len(rows)], "id": f"row-{number:07}"}
            if number == count - 1:
                row["messages"] = [{"role": "user", "content": LAST}, *row["messages"]]
            file.write(wire(row) + "\n")
            other.write(wire({**row, "certificate": wire(row["certificate"])}) + "\n")
    manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    manifest["files"] = {"sft/train.jsonl": {**manifest["files"]["sft/train.jsonl"], "rows": count}}
    (into / "manifest.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return {"json": plain, "datasets": flat}


def peak(process: int) -> float:
    """MiB that a process has had at most."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def asked(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=600) as answer:
        text = answer.read()
    return json.loads(text) if "/api/" in address else None


def view(out: Path) -> dict[str, float]:
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "magnetc", "view", str(out), "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, env=environment())
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        for page in ("", "report.css", "report.js"):
            asked(address + page)
        entries = asked(f"{address}api/rows?limit={ENTRIES}")["rows"]
        first = time.perf_counter() - start
        assert len(entries) == ENTRIES
        memory_first = peak(process.pid)
        while not (facets := asked(f"{address}api/facets"))["whole"]:
            time.sleep(0.1)
        whole = time.perf_counter() - start
        tool = max(facets["facets"]["tool"].items(), key=lambda item: item[1])[0]
        begun = time.perf_counter()
        assert asked(f"{address}api/rows?limit={ENTRIES}&tool={tool}&locale=en")["total"] > 0
        filtered = time.perf_counter() - begun
        begun, found, after = time.perf_counter(), [], 0
        while after is not None:
            page = asked(f"{address}api/rows?limit={ENTRIES}&text=zanzibar&after={after}")
            found, after = found + page["rows"], page["next"]
        searched = time.perf_counter() - begun
        assert [entry["says"] for entry in found] == [LAST]
        return {"first": first, "memory_first": memory_first, "whole": whole, "filter": filtered, "search": searched, "memory": peak(process.pid)}
    finally:
        process.kill()
        process.wait()


def load(what: str, file: Path) -> dict[str, float]:
    start = time.perf_counter()
    code = f"{_LOADERS[what]}\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, env=environment())
    if done.returncode:
        sys.exit(f"{what}: {done.stderr}")
    return {"first": time.perf_counter() - start, "memory": int(done.stdout.split()[-1]) / 1024}


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


def figures(out: Path | None, count: int, repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if out is None:
            out = folder / "travel"
            subprocess.run([sys.executable, "-m", "magnetc", "build", str(ROOT / "examples" / "travel"), "--trust", "-o", str(out)], check=True, capture_output=True,
                           env=environment())
        files = enlarge(out, folder / "large", count)
        size = files["json"].stat().st_size
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in ("view", "json", *(["datasets"] if find_spec("datasets") else []))}
        for _ in range(repeats):
            for what, found in runs.items():
                found.append(view(folder / "large") if what == "view" else load(what, files[what]))
        shutil.rmtree(folder / "large")
    rows = {what: {key: median(run[key] for run in found) for key in found[0]} for what, found in runs.items()}
    peers = [row for what, row in rows.items() if what != "view"]
    return {"rows": count, "bytes": size, "repeats": repeats, "runs": rows, "time_ratio": rows["view"]["first"] / min(row["first"] for row in peers),
            "memory_ratio": rows["view"]["memory"] / min(row["memory"] for row in peers)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="a build to repeat the rows of, instead of one of the travel example")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    found = figures(options.out, options.rows, options.repeats)
    print(f"{found['rows']:,} rows, {found['bytes'] / 1e6:,.0f} MB; the median of {found['repeats']} runs")
    for what, row in found["runs"].items():
        print(f"  {what:10}first page after {row['first']:7.2f} s   peak {row['memory']:7,.0f} MiB")
    row = found["runs"]["view"]
    print(f"  view: every row read after {row['whole']:.1f} s; then a filter takes {1000 * row['filter']:.0f} ms, a search of all {row['search']:.1f} s")
    print(f"time / faster peer: {found['time_ratio']:.3f} (at most {TIME})")
    print(f"memory / smaller peer: {found['memory_ratio']:.3f} (at most {MEMORY})")
    options.json.write_text(json.dumps({"environment": {"python": platform.python_version(), "cpu": cpu()}, **found}, indent=1) + "\n", encoding="utf-8")
    sys.exit(found["time_ratio"] > TIME or found["memory_ratio"] > MEMORY)


if __name__ == "__main__":
    main()
