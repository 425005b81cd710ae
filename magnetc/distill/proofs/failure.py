"""A proof that does not hold."""

from __future__ import annotations

from dataclasses import dataclass

PROOFS = ("intact", "executable", "typed", "sourced", "necessary", "sufficient", "unanswerable", "non-equivalent", "clean")
"""Names of the proofs by their number (design §7)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`proof` is its number; `row` the id of the row that fails it."""

    row: str
    proof: int
    message: str

    def __str__(self) -> str:
        return f"{self.row}: proof {self.proof} ({PROOFS[self.proof]}): {self.message}"
