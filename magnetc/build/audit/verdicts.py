"""Verdicts: what a person found of rows, a line each in `audit.jsonl` of the dataset, written as soon as it is said.

    {"row": "booking-000017", "digest": …, "defects": ["wording"], "note": "nobody says so"}

The last line of a digest counts. A verdict is of a row as it was: of another digest, the row is asked about again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from magnetc.build.audit.rows import AuditRow
from magnetc.build.output import AUDIT
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import wire

QUESTIONS = ("call", "wording", "reply", "direction")
"""What is asked of a row: whether the calls are right, whether the user's words are natural, whether the agent's replies are right; and of
a pair, whether the chosen side is the better one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person found wrong with a row, nothing where it is good."""

    row: str
    digest: str
    defects: tuple[str, ...] = ()
    note: str = ""

    def line(self) -> str:
        return wire({"row": self.row, "digest": self.digest, "defects": list(self.defects), **({"note": self.note} if self.note else {})})


def asked_of(row: AuditRow) -> tuple[str, ...]:
    """The questions that a row is asked."""
    return QUESTIONS if row.is_pair else QUESTIONS[:-1]


def read_verdicts(out: Path) -> dict[str, Verdict]:
    """The verdicts of a dataset by digest. A last line that was broken off does not count.

    Raises:
        MagnetError: MG623 for a line that is no verdict.
    """
    path = out / AUDIT
    if not path.is_file():
        return {}
    whole, ended, _ = path.read_bytes().rpartition(b"\n")
    found: dict[str, Verdict] = {}
    for number, line in enumerate(whole.split(b"\n") if ended else (), 1):
        verdict = _read(line)
        if verdict is None:
            raise MagnetError(Diagnostic(code="MG623", message=f"line {number} of `{path}` is no verdict",
                                         help="take the line out, or put back the file as `magnetc audit` wrote it"))
        found[verdict.digest] = verdict
    return found


def write_verdict(out: Path, verdict: Verdict) -> None:
    """Append a verdict, on disk before this returns; what was broken off before goes first."""
    path = out / AUDIT
    with path.open("r+b" if path.is_file() else "w+b") as file:
        content = file.read()
        file.seek(len(content) if content.endswith(b"\n") else content.rfind(b"\n") + 1)
        file.truncate()
        file.write(verdict.line().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read(line: bytes) -> Verdict | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"row": str(row), "digest": str(digest), "defects": list(defects)} if set(map(str, defects)) <= set(QUESTIONS):
            note = said.get("note", "")
            return Verdict(row=row, digest=digest, defects=tuple(map(str, defects)), note=note) if isinstance(note, str) else None
    return None
