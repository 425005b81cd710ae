"""Manager: runs the passes of one unit, with one callback between them that verifies, dumps and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.path import SignaturePath
from magnetc.ir.script import Script
from magnetc.ir.verify import verify_path, verify_script

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

Dump = Callable[[str, SignaturePath | Script], None]
"""Called after each pass with its name and what it made."""


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """How often an operation was applied (`reason` is empty), refused, or made the unit be redrawn."""

    operation: str
    outcome: str
    reason: str
    count: int


@dataclass(slots=True)
class Log:
    """What the passes of one unit did. `rejected` is the reason why the unit has to be redrawn, if it has."""

    rejected: str | None = None
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def apply(self, operation: str) -> None:
        self._counts[operation, "applied", ""] += 1

    def refuse(self, operation: str, reason: str) -> None:
        """An operation that would break a constraint, or could not be said, is not applied."""
        self._counts[operation, "refused", reason] += 1

    def reject(self, operation: str, reason: str) -> None:
        """The unit as it is drawn cannot be used."""
        self.rejected = reason
        self._counts[operation, "rejected", reason] += 1

    def tallies(self) -> tuple[Tally, ...]:
        return tuple(sorted(Tally(*key, count) for key, count in self._counts.items()))


class UnitPass(Protocol):
    """A pass from path to path. None means the unit is rejected, and the log says why."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath | None: ...


@dataclass(frozen=True, slots=True)
class Manager:
    """Checks the invariants of the IR after every pass, and shows `dump` what each made."""

    context: CompileContext
    dump: Dump | None = None

    def run(self, passes: Sequence[UnitPass], path: SignaturePath, log: Log) -> SignaturePath | None:
        """The path after all passes, or None once one of them rejects it."""
        for unit_pass in passes:
            after = unit_pass.run(self.context, path, log)
            if after is None:
                return None
            path = after
            self.between(unit_pass.name, path)
        return path

    def between(self, name: str, made: SignaturePath | Script) -> None:
        """The one callback between passes."""
        problems = (verify_script(self.context.spec, made) if isinstance(made, Script)
                    else verify_path(self.context.spec, self.context.graph, made))
        if problems:
            raise MagnetError(broken(name, made.path.id if isinstance(made, Script) else made.id, problems))
        if self.dump:
            self.dump(name, made)


def broken(pass_name: str, what: str, problems: Iterable[str]) -> Diagnostic:
    """The internal error that blames a pass for what a verifier found."""
    return Diagnostic(
        code="MG901",
        message=f"pass `{pass_name}` broke `{what}`",
        notes=tuple(problems),
        help="this is a defect of magnetc, not of the recipe; report it with the recipe and its seed",
    )
