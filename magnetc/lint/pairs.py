"""Preference pairs: what a preference between their sides can teach."""

from __future__ import annotations

from collections.abc import Iterator

from magnetc.emit.foreign.row import Problem, Row


def pair(row: Row) -> Iterator[Problem]:
    """What is wrong with the sides of a pair, against each other."""
    chosen, rejected = row.chosen, row.rejected or ()
    apart = next((number for number, (one, two) in enumerate(zip(chosen, rejected)) if not one.same(two)), None)
    if apart is None and len(chosen) == len(rejected):
        yield Problem("MG850", "both sides say the same: there is nothing to prefer", rejected[0].at if rejected else "")
        return
    at = min(len(chosen), len(rejected)) if apart is None else apart
    first = [side[at] for side in (chosen, rejected) if at < len(side)]
    other = next((said for said in first if said.role != "assistant"), None)
    if other is not None:
        whose = {"user": "the user", "tool": "a tool", "system": "the system message"}[other.role]
        yield Problem("MG851", f"the sides part where {whose} speaks, before the agent has done anything else: the preference is not of its making", other.at)
