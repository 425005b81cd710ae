"""A session of an audit: rows of a sample one after the other, each verdict written before the next row is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from magnetc.build.audit.rows import AuditRow
from magnetc.build.audit.verdicts import QUESTIONS, Verdict, asked_of, write_verdict
from magnetc.diagnostics import Diagnostic, MagnetError

GOOD, BACK, QUIT, HELP, NOTE = "g", "b", "q", "?", "n"
KEYS = {question[0]: question for question in QUESTIONS}
"""The key of each defect. In capitals it is noted, and the row stays for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says: a verdict, or where to go. `more`: the defects are noted, and the row stays."""

    go: str = ""
    defects: tuple[str, ...] = ()
    note: str = ""
    more: bool = False


def of_key(key: str) -> Said | None:
    """What a key says; None where it says nothing."""
    if key.lower() in KEYS:
        return Said(defects=(KEYS[key.lower()],), more=key.isupper())
    return Said(go=key) if key in (BACK, QUIT, HELP, NOTE) else Said() if key == GOOD else None


def of_line(line: str, number: int, row: AuditRow) -> Said:
    """What a line says of a row: keys, and after a blank a note.

    Raises:
        MagnetError: MG624 where its first word is no verdict, or one that only pairs are given.
    """
    word, _, note = line.strip().partition(" ")
    known = {key: question for key, question in KEYS.items() if question in asked_of(row)}
    if word in (BACK, QUIT):
        return Said(go=word)
    if word == GOOD or (word and set(word) <= known.keys()):
        return Said(defects=tuple(question for key, question in known.items() if key in word), note=note.strip())
    keys = ", ".join(f"`{key}`" for key in (GOOD, *known, BACK, QUIT))
    raise MagnetError(Diagnostic(code="MG624", message=f"line {number} of the verdicts, `{line.strip()}`, is none of the {row.kind} `{row.id}`",
                                 help=f"write one row's verdict a line: of {keys}; several defects together, as `cw`; a note after a blank"))


@dataclass(slots=True, kw_only=True)
class Session:
    """`show` shows a row, with its place in the sample and what was said of it before; `hear` is what is said then, None where nobody
    says any more; `tell` answers with a line of text. `verdicts` are those that there are, by digest."""

    out: Path
    sample: Sequence[AuditRow]
    verdicts: dict[str, Verdict]
    show: Callable[[AuditRow, int, Verdict | None], None]
    hear: Callable[[AuditRow], Said | None]
    tell: Callable[[str], None]
    said: int = 0
    _noted: Said = field(default_factory=Said)

    def run(self) -> None:
        """Go through what has no verdict yet, until all has one or somebody stops.

        Raises:
            MagnetError: MG624 for what is no verdict; what was said before it is written.
        """
        at = self._next(0)
        while at < len(self.sample):
            row = self.sample[at]
            self.show(row, at, self.verdicts.get(row.digest))
            self._noted = Said()
            heard = self._verdict(row)
            if heard is None:
                return
            if heard.go:
                at = max(0, at - 1)
                continue
            verdict = Verdict(row=row.id, digest=row.digest, defects=heard.defects, note=heard.note)
            write_verdict(self.out, verdict)
            self.verdicts[row.digest] = verdict
            self.said += 1
            at = self._next(at + 1) if at + 1 < len(self.sample) else self._next(0)

    def _verdict(self, row: AuditRow) -> Said | None:
        """What is said of a row in the end: a verdict, or that the row before it is wanted; None to stop."""
        while (heard := self.hear(row)) is not None and heard.go != QUIT:
            if strange := set(heard.defects) - set(asked_of(row)):
                self.tell(f"this is no pair: it has no {min(strange)}")
            elif heard.go == BACK:
                return heard
            elif heard.go == HELP:
                self.tell(HELP_TEXT)
            else:
                defects = tuple(question for question in QUESTIONS if question in {*self._noted.defects, *heard.defects})
                self._noted = replace(heard, defects=defects, note=heard.note or self._noted.note)
                if not heard.more:
                    return self._noted
                self.tell("noted: " + (", ".join(defects) or self._noted.note))
        return None

    def _next(self, start: int) -> int:
        """The next row without a verdict, from `start` on; behind the last where there is none."""
        return next((at for at in range(start, len(self.sample)) if self.sample[at].digest not in self.verdicts), len(self.sample))


HELP_TEXT = """g  all is good
c  a call is wrong: another tool, another value, one too many or too few
w  the user's words are unnatural: nobody would say so
r  a reply is wrong: it says what no result does, or not what was asked
d  of a pair: the chosen side is not the better one
C W R D  the same, and more to come: end with a small letter, or with g
n  a note, to go with the verdict
b  back to the row before
q  stop here; the same command goes on
What is dim is not trained: judge what stands bright."""
