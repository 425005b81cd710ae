"""The trainers' figures on one CPU thread: seconds, memory and losses of a step, beside those of named peers.

    python benchmarks/trainer.py [--repeats N] [--quick] [--json FILE]

A preference step is a forward and a backward pass on one pair of 1,500 + 300 + 300 tokens (prompt, chosen, rejected), of which
the agent wrote 660; an SFT step, on a row of 1,800 tokens of which 450 are trained. The model is a Qwen2 from nothing, hidden
256, 4 layers, tied embeddings, in float32 without gradient checkpointing, at two vocabularies. Policy and reference differ.

Every step runs in a process of its own: CPU seconds are the median of N after one to warm up, the peak is of the whole
process, imports (about 0.5 GiB) and start-up included. TRL is given the agent's tokens as its mask by its collator, since its
own takes all that follows the prompt. On a CPU, TRL runs its head at every position whatever the mask; on CUDA it does not:
see `trainer_cuda.py`.

Ends with 1 when the steps disagree on the loss or on the norm of the gradient: then they are not the same computation.
Takes about 20 minutes and 8 GiB. `--quick` is a smoke test: toy sizes in a single process, so that its peaks mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
TOLERANCE = 1e-4
STEPS = {
    "preference": {
        "trl": "TRL DPOTrainer",
        "trl-precomputed": "TRL DPOTrainer, reference precomputed",
        "naive": "two sequences, full logits",
        "action": "two sequences, action-only head",
        "action-precomputed": "the same head, reference precomputed",
        "mask": "MDPOTrainer, attention `mask`",
        "ours": "MDPOTrainer",
    },
    "SFT": {"sft-model": "the model's own loss", "sft-trl": "TRL SFTTrainer", "sft-ours": "WeightedSFTTrainer"},
}
"""Steps by kind, each with its name in the table; the last is what the others are divided by."""
TARGETS = [("trl", "ours", 5.0), ("trl-precomputed", "ours", None), ("naive", "ours", None), ("action", "ours", 1.6),
           ("action-precomputed", "ours", None), ("sft-trl", "sft-ours", 1.6), ("sft-model", "sft-ours", None)]
"""Peer, ours, and how many times faster ours has to be."""
REFERENCED = ("trl", "naive", "action")
"""Peers that run the reference in every step."""
FULL = {"hidden": 256, "layers": 4, "heads": 4, "kv_heads": 2, "intermediate": 1024, "prompt": 1500, "side": 300, "row": 1800}
QUICK = {"hidden": 32, "layers": 2, "heads": 4, "kv_heads": 2, "intermediate": 64, "prompt": 200, "side": 50, "row": 200}


def measure(name: str, vocabulary: int, scale: dict[str, int], repeats: int) -> dict[str, Any]:
    """One step's figures, in this process."""
    import torch
    from trainer_data import Scale
    from trainer_peers import PEERS

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as out:
        step = PEERS[name](Scale(**scale), vocabulary, Path(out))
        loss = step.run()
        norm = torch.cat([p.grad.flatten() for p in step.model.parameters() if p.grad is not None]).norm().item()
        seconds = []
        for _ in range(repeats):
            step.model.zero_grad()
            start = time.process_time()
            step.run()
            seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return {"step": name, "vocabulary": vocabulary, "seconds": median(seconds), "runs": seconds, "peak_mib": peak,
            "loss": loss, "gradient_norm": norm, "reference_seconds": step.reference}


def measured(asked: list[tuple[str, int]], scale: dict[str, int], repeats: int) -> list[dict[str, Any]]:
    """Figures of steps, all in one process of their own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false",
                   "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1",
                   "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, __file__, "--repeats", str(repeats), "--measure", json.dumps([asked, scale])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{asked}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"step"')]


def table(kind: str, vocabulary: int, found: dict[str, dict[str, Any]]) -> None:
    print(f"\n{kind} step, vocabulary {vocabulary:,}")
    print(f"  {'':40}{'CPU s':>9}{'x ours':>9}{'peak MiB':>10}{'loss':>12}")
    names = STEPS[kind]
    ours = found[list(names)[-1]]
    for name, title in names.items():
        own = found[name]
        ratio = own["seconds"] / ours["seconds"]
        print(f"  {title:40}{own['seconds']:9.3f}{ratio:8.1f}x{own['peak_mib']:10.0f}{own['loss']:12.6f}")
    if ours["reference_seconds"] is not None:
        print(f"  the reference of MDPOTrainer, once before the first step: {ours['reference_seconds']:.3f} s a pair")


def figures(vocabulary: int, found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Ratios to peers: of time, `at_least` a target, and of memory, `at_most` one."""
    made = []

    def add(what: str, value: float, **target: float | None) -> None:
        made.append({"vocabulary": vocabulary, "figure": what, "value": value, **target})

    titles = {name: title for names in STEPS.values() for name, title in names.items()}
    for peer, ours, target in TARGETS:
        seconds = found[ours]["seconds"]
        add(f"{titles[peer]} / {titles[ours]}, time", found[peer]["seconds"] / seconds, at_least=target)
        if peer in REFERENCED:
            once = seconds + found[ours]["reference_seconds"]
            add(f"{titles[peer]} / {titles[ours]}, time with the reference of one epoch", found[peer]["seconds"] / once)
    for peer, ours, target in (("naive", "ours", 0.5 if vocabulary > 100_000 else None), ("trl", "ours", None),
                               ("sft-trl", "sft-ours", None)):
        add(f"{titles[ours]} / {titles[peer]}, peak memory", found[ours]["peak_mib"] / found[peer]["peak_mib"], at_most=target)
    return made


def shown(figure: dict[str, Any]) -> str:
    """A figure with its target, and whether that is met."""
    text = f"{figure['figure']}, vocabulary {figure['vocabulary']:,}: {figure['value']:.2f}x"
    for bound, words in (("at_least", "at least"), ("at_most", "at most")):
        target = figure.get(bound)
        if target is not None:
            met = figure["value"] >= target if bound == "at_least" else figure["value"] <= target
            text += f" (target: {words} {target:g}x, {'met' if met else 'missed'})"
    return text


def disagreement(found: dict[str, dict[str, Any]]) -> float:
    """The largest relative difference between steps of one kind, in loss or in norm of the gradient."""
    spreads = []
    for names in STEPS.values():
        for column in ("loss", "gradient_norm"):
            values = [found[name][column] for name in names]
            spreads.append((max(values) - min(values)) / abs(median(values)))
    return max(spreads)


def environment() -> dict[str, str]:
    """What the figures were measured on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    packages = {name: version(name) for name in ("torch", "transformers", "trl")}
    return {"cpu": cpu, "python": platform.python_version(), **packages}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        asked, scale = json.loads(args.measure)
        for name, vocabulary in asked:
            print(json.dumps(measure(name, vocabulary, scale, args.repeats)), flush=True)
        return
    scale, vocabularies = (QUICK, [5000]) if args.quick else (FULL, [32_000, 152_000])
    names = [name for kind in STEPS.values() for name in kind]
    everything, ratios, worst = [], [], 0.0
    for vocabulary in vocabularies:
        asked = [(name, vocabulary) for name in names]
        own = [one for group in ([asked] if args.quick else [[each] for each in asked])
               for one in measured(group, scale, 1 if args.quick else args.repeats)]
        found = {one["step"]: one for one in own}
        for kind in STEPS:
            table(kind, vocabulary, found)
        everything += own
        ratios += figures(vocabulary, found)
        worst = max(worst, disagreement(found))
    print("\n" + "\n".join(shown(figure) for figure in ratios))
    print(f"largest disagreement on loss or gradient norm: {worst:.1e} (at most {TOLERANCE:g})")
    if args.json:
        args.json.write_text(json.dumps({"environment": environment(), "scale": scale, "steps": everything, "figures": ratios,
                                         "disagreement": worst}, indent=1) + "\n")
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
