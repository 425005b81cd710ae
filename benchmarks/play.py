"""How long a checkpoint takes to play held-out conversations on a processor, as a ratio: with all read anew for each message, and with what it has read kept.

    python benchmarks/play.py OUT MODEL -n 16 --json benchmarks/results/play.json

OUT is what `magnetc build` wrote, MODEL a checkpoint. Both ways play the same conversations of `test`, one after the other in one process on one thread; `alike` is the share
of them that come to the same outcome, which rounding alone can make less than 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magnetc.agent.model_policy import ModelPolicy
from magnetc.agent.play import play
from magnetc.agent.reference import drawn_rows
from magnetc.agent.score import score
from magnetc.build.checkpoint_model import load_checkpoint
from magnetc.build.opened import Opened, open_output
from magnetc.diagnostics import Sink
from magnetc.extras import required
from magnetc.ir.checkpoint import Checkpoint
from magnetc.models.prefixes import Prefixes


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", type=Path)
    options.add_argument("model", type=Path)
    options.add_argument("-n", type=int, default=16, help="conversations")
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--most-tokens", type=int, default=96)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    (torch,) = required("torch")
    torch.set_num_threads(1)
    opened = open_output(given.out, Sink(), trust=True)
    if opened is None:
        raise SystemExit(f"the recipe in {given.out} does not load")
    with (opened.folder / "sft" / "test.jsonl").open(encoding="utf-8") as lines:
        rows = drawn_rows(list(map(json.loads, lines)), given.n)
    checkpoint = Checkpoint(model=str(given.model.resolve()), device="cpu", batch=given.batch)
    loaded, chat = load_checkpoint(checkpoint, checkpoint.model, Path.cwd())
    found: dict[str, Any] = {"conversations": len(rows), "batch": given.batch}
    outcomes = []
    for name, prefixes in (("anew", None), ("kept", Prefixes())):
        policy = ModelPolicy(loaded, chat, most_tokens=given.most_tokens, batch=given.batch, prefixes=prefixes)
        since = time.perf_counter()
        outcomes.append(asyncio.run(played(rows, policy, opened, given.batch)))
        found[f"seconds_{name}"] = round(time.perf_counter() - since, 1)
        sys.stdout.write(f"{name}: {found[f'seconds_{name}']} s\n")
    found["ratio"] = round(found["seconds_anew"] / found["seconds_kept"], 2)
    found["alike"] = sum(one == other for one, other in zip(*outcomes)) / len(rows)
    sys.stdout.write(f"{found['ratio']} times as fast; {found['alike']:.0%} come to the same\n")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


async def played(rows: list[Mapping[str, Any]], policy: ModelPolicy, opened: Opened, batch: int) -> list[tuple[int, int]]:
    """Of each conversation, the turns that succeed and the calls that are made."""
    pool = opened.pool(1)
    try:
        done = await play(rows, policy, pool, opened.spec, opened.states, batch=batch)
        return [(each.turn_successes, each.made) for each in (score(one, opened.spec) for one in done)]
    finally:
        await pool.close()


if __name__ == "__main__":
    raise SystemExit(main())
