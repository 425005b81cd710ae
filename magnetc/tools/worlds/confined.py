"""The command line that runs a command within limits; `confine.py` is what it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from magnetc.ir.limits import MEGABYTE, Limits

CONFINE = Path(__file__).with_name("confine.py")


def confined(command: Sequence[str], limits: Limits, *, read: Sequence[str], write: Sequence[str], ticket: int = 0,
             tcp: Sequence[int] | None = None) -> list[str]:
    """`command` within `limits`.

    Args:
        command: A program and its arguments.
        limits: Of the recipe.
        read: Files and folders that it may read, beside those of the system.
        write: Folders in which it may do anything.
        ticket: With it a process may copy itself although it may start none (`restrict_calls`).
        tcp: The only ports that it may connect to or listen at, where it is not to have the network.
    """
    rules = {"read": list(read), "write": list(write), "memory": limits.memory * MEGABYTE, "disk": limits.disk * MEGABYTE,
             "files": limits.files, "processes": limits.processes, "network": limits.network, "ticket": ticket,
             "tcp": None if tcp is None or limits.network else list(tcp)}
    return [sys.executable, "-I", "-S", str(CONFINE), json.dumps(rules), *command]
