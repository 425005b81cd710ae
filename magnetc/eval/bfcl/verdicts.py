"""Answers scored: by the package as `bfcl evaluate` scores them, and strictly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from magnetc.eval.bfcl.process import answers, stopped

_SECONDS, _SECONDS_AN_ENTRY = 120, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """On the answer to an entry.

    `official` is what `bfcl evaluate` says. `silent`: nothing was called where nothing should be, which it does not ask. `malformed` counts
    messages with a call that could not be read, `unread` those in whose words the server left a call, `disagreements` the texts of a
    checkpoint that the package's own handler reads otherwise, `read` the texts that were compared. `empty` counts messages that say nothing: the model's window had no room for them. `forced`: the model
    had to quit.
    `error_type` and `message` are the checker's.
    """

    id: str
    category: str
    official: bool
    silent: bool
    error_type: str | None = None
    message: str | None = None
    malformed: int = 0
    unread: int = 0
    disagreements: tuple[tuple[str, tuple[str, ...]], ...] = ()
    read: int = 0
    empty: int = 0
    forced: bool = False

    @property
    def formed(self) -> bool:
        """Whether every message was read, and read alike."""
        return not (self.malformed or self.unread or self.disagreements)

    @property
    def strict(self) -> bool:
        return self.official and self.silent and self.formed

    @property
    def error(self) -> str | None:
        """Why the entry fails, or passes officially alone: where the format is at fault, no call is said to be wrong."""
        if self.strict:
            return None
        if self.malformed:
            return "format: a call that cannot be read"
        if self.unread:
            return "format: a call that the server left in the words"
        if self.disagreements:
            return "format: read otherwise by the package's handler"
        return self.error_type or "unknown"


def judge(python: Path, category: str, lines: Iterable[Mapping[str, Any]], dialect: str = "") -> list[Verdict]:
    """Verdicts on lines of a file of results, in order. Of a checkpoint, `dialect` names how it writes calls.

    Raises:
        MagnetError: MG702 when the package's checkers do not run.
    """
    lines = list(lines)
    asked = [{"category": category, "id": line["id"], "result": line["result"], "said": _noted(line, "said"), "dialect": dialect} for line in lines]
    found = answers(python, "judge", asked, seconds=_SECONDS + _SECONDS_AN_ENTRY * len(lines)) if lines else []
    if len(found) != len(lines):
        raise stopped(f"the BFCL checkers gave {len(found)} verdicts on {len(lines)} answers")
    return [_verdict(category, line, each) for line, each in zip(lines, found)]


def _verdict(category: str, line: Mapping[str, Any], found: Mapping[str, Any]) -> Verdict:
    return Verdict(
        id=line["id"], category=category, official=found["official"], silent=found["silent"], error_type=found["error_type"], message=found["message"],
        malformed=len(_noted(line, "malformed")), unread=len(_noted(line, "unread")), read=len(_noted(line, "said")),
        disagreements=tuple((text, tuple(theirs)) for text, theirs in found["disagreements"]), empty=line["magnetc"].get("empty", 0),
        forced=bool(line["magnetc"].get("forced")))


def _noted(line: Mapping[str, Any], name: str) -> Sequence[Any]:
    return line["magnetc"].get(name) or ()
