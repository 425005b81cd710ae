"""Limits: what one process of a world may take, and may do."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`seconds` are those of a program of calls. `memory` is address space, `disk` what its directory holds, `output` one
    answer, all three in megabytes; `files` are open at a time. Of `processes` it may start so many, and with `network` it may
    open sockets.
    """

    seconds: float = 10.0
    memory: int = 4096
    disk: int = 256
    output: int = 64
    files: int = 256
    processes: int = 0
    network: bool = False


DEFAULT_LIMITS = Limits()
"""Of a recipe that says nothing of them."""
