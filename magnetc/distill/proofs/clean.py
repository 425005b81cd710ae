"""Proof 8, clean: a row has nothing in common with the benchmarks that the recipe names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.distill.contamination.index import Index, Overlap
from magnetc.ir.json import Json
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec

INDEX = "contamination.json"
"""What an output keeps of the benchmarks that it was compared with: digests alone."""

_PARTS = ("messages", "prompt", "chosen", "rejected")


def overlaps(row: Mapping[str, Any], index: Index, spec: Spec, state: Json) -> list[Overlap]:
    """What a row has in common with the benchmarks, its calls read back into real names. `state` is where its world begins."""
    return index.overlaps(real_parts(row, spec), state)


def real_parts(row: Mapping[str, Any], spec: Spec) -> dict[str, list[dict[str, Any]]]:
    """What is said and called in a row, in real names."""
    shown = Shown(spec, Presentation.read(row["certificate"].get("shown", {})))
    return {part: shown.read_messages(message for message in row[part] if message["role"] != "tool") for part in _PARTS if part in row}


def check(row: Mapping[str, Any], index: Index, spec: Spec, state: Json) -> list[str]:
    """What does not hold of a row, in words."""
    return [str(overlap) for overlap in overlaps(row, index, spec, state)]
