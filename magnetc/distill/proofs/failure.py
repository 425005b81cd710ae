"""A proof that does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import category

PROOFS = ("intact", "executable", "typed", "sourced", "necessary", "sufficient", "unanswerable", "non-equivalent", "clean")
"""Names of the proofs by their number (design §7)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`proof` is its number; `row` the id of the row that fails it. What a row says is shown as a terminal can show it."""

    row: str
    proof: int
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", _shown(self.row))
        object.__setattr__(self, "message", _shown(self.message))

    def __str__(self) -> str:
        return f"{self.row}: proof {self.proof} ({PROOFS[self.proof]}): {self.message}"


def _shown(text: str) -> str:
    return "".join("\ufffd" if category(char) in ("Cc", "Cs") else char for char in text)
