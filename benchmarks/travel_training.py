"""A model from nothing learns to travel: what preference optimisation adds to SFT, on conversations it has not seen.

    python benchmarks/travel_training.py [--paths 2000] [--folder out/travel-training] [--set KEY=VALUE ...]

Builds `examples/travel` with so many paths, trains a model of 0.65 million parameters on it with the recipe's settings, then
lets the SFT model and the final one play every conversation of the validation and test partitions. Four things must hold, or
the script exits with 1: the margin of held-out pairs grows, the chosen side's log-probability does not fall, and neither
executed success nor the calls' recall is below that of SFT. Checkpoints were chosen on some of the validation conversations;
none of the test conversations had a part in anything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from magnetc.build.opened import Opened, open_output
from magnetc.diagnostics import Sink
from magnetc.models.load import load_chat, load_model
from magnetc.train.run.selection import Arena, Look

RECIPE = Path(__file__).parent.parent / "examples" / "travel"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paths", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=Path("out/travel-training"))
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    out, run = options.folder / "data", options.folder / "model"
    command("build", RECIPE, "--trust", "-o", out, "--paths", options.paths)
    start = time.monotonic()
    changes = [word for change in options.changes for word in ("--set", change)]
    command("train", out, "-o", run, "--trust", "--fresh", *changes)
    minutes = (time.monotonic() - start) / 60
    opened = open_output(out, Sink(), trust=True)
    assert opened is not None
    settings = json.loads((run / "run.json").read_text())["settings"]
    looks = {name: looked(path, opened, settings) for name, path in (("SFT", run / "sft/model"), ("SFT, mDPO", run / "final"))}
    return report(looks, json.loads((run / "report.json").read_text()), load_model(run / "final").num_parameters(), minutes)


def command(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "magnetc", *map(str, words)], check=True)


def looked(path: Path, opened: Opened, settings: dict[str, Any]) -> tuple[Look, int]:
    """What a model does in every held-out conversation that fits, and how many these are."""
    chat = load_chat(path)
    rows = [row for part in ("validation", "test") if f"sft/{part}.jsonl" in opened.manifest["files"]
            for row in held_out(opened, part)
            if len(chat.encode(chat.render(row["messages"], row["tools"]))) <= settings["length"]]
    return Arena(opened=opened, rows=rows, chat=chat, most_tokens=settings["select"]["most_tokens"]).look(load_model(path), 0), len(rows)


def held_out(opened: Opened, part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (opened.folder / "sft" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]


def report(looks: dict[str, tuple[Look, int]], found: dict[str, Any], parameters: int, minutes: float) -> int:
    """The figures, and which of the claims hold."""
    (before, played), (after, _) = looks.values()
    figures = found["stages"]["mdpo"]
    print(f"{parameters / 1e6:.2f} million parameters, trained in {minutes:.1f} minutes; {played} conversations played")
    print(f"{'':<12}{'success':>10}{'recall':>10}{'precision':>11}")
    for name, (look, _) in looks.items():
        print(f"{name:<12}{look.success:>10.1%}{look.recall:>10.1%}{look.precision:>11.1%}")
    claims: Sequence[tuple[str, float, float, bool]] = (
        ("held-out margin grows", *moved(figures, "margin"), figures["end"]["margin"] > figures["start"]["margin"]),
        ("chosen log-probability does not fall", *moved(figures, "chosen"), figures["end"]["chosen"] >= figures["start"]["chosen"]),
        ("success is not below SFT's", before.success, after.success, after.success >= before.success),
        ("recall is not below SFT's", before.recall, after.recall, after.recall >= before.recall),
    )
    for name, was, now, holds in claims:
        print(f"{'holds' if holds else 'FAILS'}  {name}: {was:.3f} -> {now:.3f}")
    return 0 if all(holds for *_, holds in claims) else 1


def moved(figures: dict[str, Any], name: str) -> tuple[float, float]:
    return figures["start"][name], figures["end"][name]


if __name__ == "__main__":
    raise SystemExit(main())
