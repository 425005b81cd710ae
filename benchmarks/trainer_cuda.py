"""MDPOTrainer beside TRL's DPOTrainer on one CUDA GPU: pairs per second, memory, and that both compute the same loss.

    python benchmarks/trainer_cuda.py [--json FILE] [--budget SECONDS] [--micro-batch N] [--cpu-smoke]

Trains a Qwen2 of 0.5 billion parameters from nothing (hidden 896, 24 layers, 14 heads of which 2 for keys and values,
intermediate 4864, vocabulary 151,936, tied embeddings) for a few optimiser steps of 16 pairs, each of 3,000 + 550 + 550
tokens, in bfloat16 under autocast with gradient checkpointing, which are TRL's defaults. TRL's reference runs in each step, as
it does by default; ours is computed once before the first, and what that costs is counted in where a line says so. TRL gets
the agent's tokens as its mask by its collator, since its own takes all that follows the prompt. First with weights in
float32, then, as far as the time goes, in bfloat16.

Each variant trains in a process of its own. One that fails (out of memory, an attention that does not compile) or takes too
long is recorded, and the next one runs. Ends within `--budget` seconds (510) and needs nobody, no network and no download:

- torch >= 2.6 for CUDA, transformers >= 5.17, accelerate >= 1.10.1, tokenizers, safetensors, numpy: for MDPOTrainer;
- trl == 1.16.0 and what it imports: datasets >= 4.7, dill, multiprocess, pyarrow, pandas, xxhash, jinja2, psutil. The wheels of
  the first four are pure Python and small; `pip install --no-deps` will do where the rest is there. Where any is missing,
  TRL's variants fail and ours are measured all the same;
- magnetc as it stands in the folder above, not installed. MDPOTrainer imports none of click, rich, pyyaml, lark, jsonschema,
  babel, faker and jinja2, nor trl, datasets and peft.

Ends with 1 when TRL or all of ours failed, or their losses do not agree. `--cpu-smoke`: toy sizes on the CPU, in float32.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
VARIANTS = {"trl": "TRL DPOTrainer", "flex": "MDPOTrainer, `flex`", "blocks": "MDPOTrainer, `blocks`",
            "mask": "MDPOTrainer, `mask`", "trl-precomputed": "TRL DPOTrainer, reference precomputed"}
OURS = ("flex", "blocks", "mask")
WEIGHTS = ("float32", "bfloat16")
SPEED, MEMORY = 1.5, 0.7
"""Targets: pairs per second of TRL's, at least; its peak memory, at most."""
FULL = {"scale": {"hidden": 896, "layers": 24, "heads": 14, "kv_heads": 2, "intermediate": 4864, "prompt": 3000, "side": 550},
        "vocabulary": 151_936, "pairs": 16, "steps": 8, "tolerance": 1e-2, "device": "cuda", "bf16": True, "longest": 150}
SMOKE = {"scale": {"hidden": 32, "layers": 2, "heads": 4, "kv_heads": 2, "intermediate": 64, "prompt": 100, "side": 50},
         "vocabulary": 5000, "pairs": 4, "steps": 3, "tolerance": 1e-4, "device": "cpu", "bf16": False, "longest": 60}
"""Sizes, optimiser steps, how far losses may differ, and the most seconds of one variant."""


def train(variant: str, weights: str, sizes: dict[str, Any], micro_batch: int, budget: float, out: Path) -> dict[str, Any]:
    """Figures of one variant, in this process."""
    began = time.perf_counter()
    import torch
    from trainer_data import (
        Scale,
        StepClock,
        make_model,
        make_pairs,
        move,
        own_trainer,
        reference_seconds,
        trl_trainer,
    )
    from transformers.trainer_callback import PrinterCallback

    on_cuda = sizes["device"] == "cuda"
    settings = {
        "per_device_train_batch_size": micro_batch, "per_device_eval_batch_size": micro_batch,
        "gradient_accumulation_steps": sizes["pairs"] // micro_batch, "num_train_epochs": sizes["steps"],
        "gradient_checkpointing": True, "bf16": sizes["bf16"], "use_cpu": not on_cuda, "dataloader_pin_memory": on_cuda,
        "learning_rate": 5e-7, "lr_scheduler_type": "constant", "warmup_steps": 0, "logging_steps": 1,
        "logging_first_step": True, "save_strategy": "no", "disable_tqdm": True}
    pairs = make_pairs(Scale(**sizes["scale"]), sizes["pairs"])

    def model() -> Any:
        return make_model(Scale(**sizes["scale"]), sizes["vocabulary"], getattr(torch, weights), sizes["device"])

    policy, reference = model(), None
    if variant in OURS:
        trainer: Any = own_trainer(policy, pairs, out, variant, **settings)
        reference = reference_seconds(trainer, pairs, time.perf_counter)
    else:
        trainer = trl_trainer(policy, None if variant == "trl-precomputed" else model(), pairs, out, **settings)
    move(policy)
    clock = StepClock(budget - (time.perf_counter() - began))
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    trainer.train()
    seconds = median(clock.seconds[1:] or clock.seconds)
    return {"pairs_per_second": sizes["pairs"] / seconds, "step_seconds": clock.seconds, "reference_seconds": reference,
            "peak_mib": torch.cuda.max_memory_allocated() / (1 << 20) if on_cuda else None,
            "loss": clock.losses[0], "losses": clock.losses, "gradient_norm": clock.norms[0],
            "device": torch.cuda.get_device_name() if on_cuda else "cpu"}


def attempt(variant: str, weights: str, sizes: dict[str, Any], micro_batch: int, limit: float) -> dict[str, Any]:
    """Figures of one variant from a process of its own, or `error`: what went wrong, with its traceback on stderr."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        asked = {"variant": variant, "weights": weights, "sizes": sizes, "micro_batch": micro_batch,
                 "budget": 0.8 * limit, "result": str(result)}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
                       "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HOME": folder}
        try:
            done = subprocess.run([sys.executable, __file__, "--train", json.dumps(asked)], env=environment,
                                  capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            return {"error": f"no result within {limit:.0f} seconds"}
        if not done.returncode and result.exists():
            return json.loads(result.read_text(encoding="utf-8"))
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        print("\n".join(lines[-30:]), file=sys.stderr, flush=True)
        return {"error": lines[-1] if lines else f"exit status {done.returncode}"}


def child(asked: dict[str, Any]) -> None:
    result = Path(asked["result"])
    found = train(asked["variant"], asked["weights"], asked["sizes"], asked["micro_batch"], asked["budget"], result.parent)
    result.write_text(json.dumps(found), encoding="utf-8")


def compared(found: dict[str, dict[str, Any]], tolerance: float) -> tuple[list[str], bool]:
    """Lines that set ours beside TRL's, and whether the losses agree and both have figures."""
    lines = []
    for name, own in found.items():
        if "error" in own:
            lines.append(f"  {VARIANTS[name]:40}failed: {own['error']}")
            continue
        peak = "-" if own["peak_mib"] is None else f"{own['peak_mib']:.0f}"
        lines.append(f"  {VARIANTS[name]:40}{own['pairs_per_second']:9.2f} pairs/s {peak:>8} MiB   loss {own['loss']:.4f}")
    done = {name: own for name, own in found.items() if "error" not in own}
    ours = [name for name in OURS if name in done]
    if "trl" not in done or not ours:
        return lines, False
    trl = done["trl"]
    for name in ours:
        lines += _ratios(VARIANTS[name], done[name], trl)
    worst = {column: max(abs(own[column] / trl[column] - 1) for own in done.values()) for column in ("loss", "gradient_norm")}
    lines.append(f"  largest disagreement with TRL: loss {worst['loss']:.1e} (at most {tolerance:g}), "
                 f"gradient norm {worst['gradient_norm']:.1e}")
    return lines, worst["loss"] <= tolerance


def _ratios(title: str, own: dict[str, Any], trl: dict[str, Any]) -> list[str]:
    def judged(met: bool) -> str:
        return "met" if met else "missed"

    speed = own["pairs_per_second"] / trl["pairs_per_second"]
    once = 1 / (1 / own["pairs_per_second"] + own["reference_seconds"]) / trl["pairs_per_second"]
    lines = [f"  {title} / TRL, pairs per second: {speed:.2f}x (target: at least {SPEED:g}x, {judged(speed >= SPEED)}); "
             f"with the reference of one epoch: {once:.2f}x"]
    if own["peak_mib"] is not None:
        memory = own["peak_mib"] / trl["peak_mib"]
        lines.append(f"  {title} / TRL, peak memory: {memory:.2f}x (target: at most {MEMORY:g}x, {judged(memory <= MEMORY)})")
    return lines


def versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ("torch", "transformers", "trl", "datasets", "accelerate"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where the figures go; by default to stdout, and the table to stderr")
    parser.add_argument("--budget", type=float, default=510.0)
    parser.add_argument("--micro-batch", type=int, default=4)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--weights", nargs="+", choices=WEIGHTS, default=list(WEIGHTS))
    parser.add_argument("--cpu-smoke", action="store_true")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        child(json.loads(args.train))
        return
    end = time.monotonic() + args.budget
    sizes, kinds = (SMOKE, WEIGHTS[:1]) if args.cpu_smoke else (FULL, args.weights)
    report = sys.stdout if args.json else sys.stderr
    everything: dict[str, dict[str, Any]] = {}
    agreed = []
    for weights in kinds:
        print(f"weights in {weights}", file=report, flush=True)
        found = everything[weights] = {}
        for variant in args.variants:
            limit = min(sizes["longest"], end - time.monotonic())
            found[variant] = {"error": "no time left"} if limit < 20 else attempt(
                variant, weights, sizes, args.micro_batch, limit)
            _write(args, sizes, everything)
        lines, agrees = compared(found, sizes["tolerance"])
        print("\n".join(lines), file=report, flush=True)
        agreed.append(agrees)
    if not args.json:
        print(json.dumps(_document(args, sizes, everything), indent=1))
    # The second kind of weights is measured as far as the time goes.
    sys.exit(not agreed[0])


def _document(args: argparse.Namespace, sizes: dict[str, Any], everything: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"versions": versions(), "sizes": sizes, "micro_batch": args.micro_batch, "weights": everything}


def _write(args: argparse.Namespace, sizes: dict[str, Any], everything: dict[str, dict[str, Any]]) -> None:
    """After every variant, so that a run that is cut off leaves what it had."""
    if args.json:
        args.json.write_text(json.dumps(_document(args, sizes, everything), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
