"""Checked: what a check of a recipe says, whether it was worked out or kept from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.diagnostics import Sink


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check says of a recipe. `counts`: its tools, edges and paths, where it is sound."""

    sink: Sink
    name: str = ""
    counts: tuple[int, int, int] | None = None
