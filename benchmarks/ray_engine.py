"""The Ray engine on a cluster of two nodes here, against the local engine with as many units under way, in one run.

    python benchmarks/ray_engine.py --paths 800 --json benchmarks/results/ray-engine.json

The travel example by the offline teacher, which is the hardest case for an engine: nothing waits for an endpoint, and both share the same two
cores with Ray's own processes. Each builds `--repeats` times in turn, all of it counted; the best of each is compared (the first on a
cluster unpacks the recipe and imports magnetc from a cold disk). Ends with 1 when the datasets are not the same bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
TRAVEL = ROOT / "examples" / "travel"
TARGET = 0.9
"""Units per second of the cluster's, by those of the local engine, at least."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--paths", type=int, default=800)
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    import ray
    from ray.cluster_utils import Cluster

    figures: dict[str, Any] = {"paths": given.paths, "ray": ray.__version__, "nodes": 2, "cores": os.cpu_count(), "target": TARGET, "local": [], "cluster": []}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MAGNETC_CACHE": f"{folder}/cache", "RAY_USAGE_STATS_ENABLED": "0"}
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        os.environ["RAY_ADDRESS"] = cluster.address
        outs = []
        for repeat in range(given.repeats):
            for name, engine in (("local", "local"), ("cluster", "ray")):
                outs.append(Path(folder) / f"{name}-{repeat}")
                figures[name].append(timed(engine, outs[-1], given.paths))
                print(name, figures[name][-1], flush=True)
        same = len({content(out) for out in outs}) == 1
        ray.shutdown()
        cluster.shutdown()
    figures["ratio"] = min(figures["local"]) / min(figures["cluster"])
    print(f"  {figures['ratio']:.2f} of the local engine's rate (target {TARGET}) {'met' if figures['ratio'] >= TARGET else 'MISSED'}")
    print("  the same bytes" if same else "  OTHER BYTES")
    figures["same"] = same
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return not same


def timed(engine: str, out: Path, paths: int) -> float:
    """Seconds of a build."""
    from magnetc.build.driver import build
    from magnetc.build.options import BuildOptions
    from magnetc.diagnostics import Sink

    began = time.perf_counter()
    made = asyncio.run(build(BuildOptions(folder=TRAVEL, out=out, paths=paths, trust=True, engine=engine, jobs=2, announce=str), Sink()))
    assert made is not None
    return time.perf_counter() - began


def content(out: Path) -> bytes:
    """All bytes of a dataset, with their names."""
    return b"".join(path.relative_to(out).as_posix().encode() + path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
