"""What a build is asked for beside its recipe."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What the command line says. `jobs` workers of the world, twice as many units under way. `gated`: judge the gates.
    `replay`: the journal answers for the teacher, and nobody is asked. `cached`: what an earlier build has
    made of the same is taken from it, and what this one makes is kept. `budget`: money that this build may spend, in place of the
    recipe's. `engine`: `local`, or `ray`, where each node has workers of its own."""

    folder: Path
    out: Path
    seed: int | None = None
    paths: int | None = None
    trust: bool = False
    gated: bool = True
    replay: bool = False
    cached: bool = False
    budget: float = 0.0
    engine: str = "local"
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    announce: Callable[[str], None] = print
    progress: Callable[[Any], None] = lambda _: None
