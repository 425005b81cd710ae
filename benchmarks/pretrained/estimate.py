"""What a run will cost, by arithmetic from what the travel example comes to and what a GPU does: no such run was made.

Per path of the recipe (`magnetc build examples/travel --paths 2000`): 1.2 training rows of 1,450 tokens, of which 220 are trained, 0.9 pairs, 0.06 held-out
conversations of 8.5 messages of the agent. A tokenizer of 3.4 characters a token is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .steps import Plan

ROWS, PAIRS, HELD_OUT, ROW_TOKENS, ROW_TRAINED, PAIR_TOKENS, MESSAGES, WORDS = 1.2, 0.9, 0.06, 1_450, 220, 1_700, 8.5, 7.8
"""Of a path: rows, pairs, conversations. Of a row: tokens, trained ones; tokens of a pair; messages of an agent; messages that restyling asks about."""

SAID = 60
"""Tokens of a message of an agent, its longest neighbours in a batch waited for."""

FLOPS = 8
"""Of a token and a parameter: forward, the same again under gradient checkpointing, backward through frozen weights, adapters and attention."""

USED = 0.35
"""The share of a GPU's peak that training reaches."""

STEP = 0.03
"""Seconds in which a batch says its next token: what launching a model's layers takes, of one of up to 4B."""

SEQUENCES = {"one sequence a row (Qwen2.5, Llama)": 1.0, "a sequence a message (Qwen3)": 5.0}
"""How much of a row a chat template makes training compute, beside the row."""

TOOLQUERY, BFCL = 60 * 8, 800 * 12
"""Messages of the agent: 60 tasks; 800 entries of four multi-turn categories."""


def parameters(base: str) -> float | None:
    """Of a base: counted in its files, or as its name says (`Qwen3-0.6B`); None where neither tells."""
    files = sorted(Path(base).glob("*.safetensors")) if Path(base).is_dir() else []
    if files:
        from math import prod

        from safetensors import safe_open

        total = 0
        for file in files:
            with safe_open(file, framework="numpy") as opened:
                total += sum(prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118 — it is no mapping
        return float(total)
    found = re.search(r"(\d+(?:\.\d+)?)([BM])\b", base.rsplit("/", 1)[-1], re.IGNORECASE)
    return float(found[1]) * (1e9 if found[2].upper() == "B" else 1e6) if found else None


def estimate(plan: Plan, paths: int, size: float | None, tflops: float, batch: int) -> Iterator[str]:
    """Lines for people: tokens, hours and GB."""
    stages = [stage for arm in plan.arms for stage in plan.stages(arm)]
    models = plan.seeds * len(stages) + 1
    rows, trained = ROWS * paths, plan.tokens or ROWS * ROW_TRAINED * paths
    yield f"{paths:,} paths: about {rows:,.0f} training rows, {trained:,.0f} trained tokens of an SFT, {PAIRS * paths:,.0f} pairs; {models} models are judged"
    played = min(plan.played or HELD_OUT * paths, HELD_OUT * paths) * MESSAGES + TOOLQUERY * plan.toolquery + BFCL * bool(plan.bfcl)
    judged = models * _said(played, batch)
    yield f"judging: {played:,.0f} messages a model, {_hours(judged)} in all at a batch of {batch}"
    if plan.restyler is None:
        yield f"restyling by the base: {1.5 * WORDS * rows:,.0f} answers, {_hours(_said(1.5 * WORDS * rows, batch))}"
    if size is None:
        yield "training: the base's size is not known; give `--parameters` in thousands of millions"
        return
    tokens = {"sft": trained / ROW_TRAINED * ROW_TOKENS, "mdpo": PAIRS * paths * PAIR_TOKENS * 1.3}
    for template, factor in SEQUENCES.items():
        flops = sum(plan.seeds * FLOPS * size * tokens[stage] * (factor if stage == "sft" else 1) for stage in stages)
        yield f"training, {template}: {_hours(flops / (tflops * 1e12 * USED))} in all at {tflops:,.0f} TFLOPS"
    at_once = models - 1 if plan.keep else 2
    yield f"disk: {(at_once * 2 * 2 * size + 4 * 8_000 * rows * (2 + plan.seeds)) / 1e9:,.1f} GB beside the base ({at_once} models of two copies, and the data)"
    yield f"GPU memory: {(2 * size + 0.02 * size * 14) / 1e9:,.1f} GB for weights and adapters, and a few GB for activations"


def _said(messages: float, batch: int) -> float:
    return messages / batch * SAID * STEP


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{max(seconds / 60, 1):,.0f} min"
