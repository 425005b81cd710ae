"""Diagnostics are values: collected in a sink, rendered at the end, never raised through user code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from magnetc.source import Origin, Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what to say under it. `at_key` points at a mapping's key instead of its value."""

    at: Origin | Span
    text: str = ""
    at_key: bool = False


class Applicability(StrEnum):
    """Whether a fix keeps what was meant (`safe`), or guesses it (`unsafe`) and has to be asked for."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands at `span` by `replacement`; an empty span inserts, an empty replacement deletes."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A mechanical repair: edits that do not overlap and are made together or not at all."""

    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.SAFE

    @classmethod
    def of(cls, span: Span, replacement: str, *, safe: bool = True) -> Fix:
        """The fix of a single edit."""
        return cls(edits=(Edit(span, replacement),), applicability=Applicability.SAFE if safe else Applicability.UNSAFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is wrong, where, what to do.

    `code` is `MG` and three digits: 0 files and CLI, 1 syntax and schema, 2 names and types, 3 graph and paths,
    4 templates and prompts, 5 plan, lock, journal, 6 execution and verification, 7 training and evaluation,
    8 data that anyone made, 9 internal.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = field(default=None)


class MagnetError(Exception):
    """Carries diagnostics across an effect boundary (a world that does not start, say) to the command line."""

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics
