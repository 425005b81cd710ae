"""Model: what answers prompt programs, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`model` answers; `models` are (prompt program, model) where a program has one of its own."""

    model: str
    models: tuple[tuple[str, str], ...] = ()

    def model_for(self, program: str) -> str:
        """The model that answers a prompt program, as the recipe names it."""
        return dict(self.models).get(program, self.model)
