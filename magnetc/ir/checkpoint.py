"""Checkpoint: a model in files that answers on this machine, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass

DTYPES = ("auto", "float32", "bfloat16", "float16")
"""What weights are held in; `auto` is what the checkpoint says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`model` is a folder or a name on the Hugging Face hub, `revision` a commit, tag or branch there.

    `models` are (prompt program, model) where a program has one of its own. `batch` questions go through the model together;
    `most_tokens` bounds a reply where the program's own bound is higher, 0 for none. `template` is canonical JSON of what is passed to the
    chat template.
    """

    model: str
    revision: str = ""
    dtype: str = "auto"
    device: str = "auto"
    models: tuple[tuple[str, str], ...] = ()
    batch: int = 16
    most_tokens: int = 0
    template: str = "{}"

    def model_for(self, program: str) -> str:
        """The model that answers a prompt program, as the recipe names it."""
        return dict(self.models).get(program, self.model)

    @property
    def concurrency(self) -> int:
        """Questions under way at once: while one batch is answered, the next is gathered."""
        return 2 * self.batch

    @property
    def price(self) -> tuple[float, float]:
        """Nothing is paid for."""
        return 0.0, 0.0
