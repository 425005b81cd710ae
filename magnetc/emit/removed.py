"""Removed: of the conversations and pairs that were finished, how many each proof checked, and how many it removed.

A row is counted by the first proof that it fails, in the order of their numbers: a proof checks what none before it has removed. Before a
pair is a row, the equivalence engine (proof 7) compares its sides: a fault that comes to an execution that is equivalent is tried, and
makes no pair.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from magnetc.distill.proofs.failure import PROOFS
from magnetc.ir.json import Json

CLEAN = PROOFS.index("clean")
CHECKED = {"conversation": (1, 2, 3, 4, 5, 6), "pair": (1, 2, 3, 4, 5, 7)}
"""The proofs of each when it is made, before it is compared with benchmarks; its digest, proof 0, is only then written."""

_FAILED = re.compile(r"(conversation|pair) dropped: proof (\d+) ")
_TRIED = ("mutation dropped: ", "control dropped: ")
_UNSEEN = " is not observable"


def removed_by_proof(dropped: Mapping[str, int], conversations: int, pairs: int, *, kept: tuple[int, int], is_compared: bool) -> dict[str, Json]:
    """By `conversations` and `pairs` a line for each proof, and how many `faults` were tried. `dropped` counts reasons; so many `conversations` and
    `pairs` passed all proofs but the last, which checks those of them that have a partition, and `kept` those. `is_compared`: there is one."""
    lost: Counter[tuple[str, int]] = Counter()
    for reason, times in dropped.items():
        if found := _FAILED.match(reason):
            lost[found[1], int(found[2])] += times
    faults = {reason: times for reason, times in dropped.items() if reason.startswith(_TRIED)}
    unseen = sum(times for reason, times in faults.items() if reason.endswith(_UNSEEN))
    tried = pairs + sum(times for (kind, proof), times in lost.items() if kind == "pair" and proof != CLEAN) + sum(faults.values())
    return {
        "conversations": list(_lines("conversation", conversations, kept[0], lost, is_compared)),
        "pairs": list(_lines("pair", pairs, kept[1], lost, is_compared)),
        "faults": {"checked": tried, "removed": unseen, "share": unseen / tried if tried else 0.0},
    }


def _lines(kind: str, passed: int, kept: int, lost: Mapping[tuple[str, int], int], is_compared: bool) -> Iterator[dict[str, Json]]:
    left = passed + sum(lost[kind, proof] for proof in CHECKED[kind])
    for proof in CHECKED[kind]:
        yield _line(proof, left, lost[kind, proof])
        left -= lost[kind, proof]
    if is_compared:
        yield _line(CLEAN, kept + lost[kind, CLEAN], lost[kind, CLEAN])


def _line(proof: int, checked: int, removed: int) -> dict[str, Json]:
    return {"proof": proof, "name": PROOFS[proof], "checked": checked, "removed": removed, "share": removed / checked if checked else 0.0}
