"""Checkpoint: a model in files that answers on this machine, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.ir.model import Model

DTYPES = ("auto", "float32", "bfloat16", "float16")
"""What weights are held in; `auto` is what the checkpoint says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Model):
    """`model` is a folder or a name on the Hugging Face hub, `revision` a commit, tag or branch there.

    `batch` questions go through the model together;
    `most_tokens` bounds a reply where the program's own bound is higher, 0 for none. `template` is canonical JSON of what is passed to the
    chat template.
    """

    revision: str = ""
    dtype: str = "auto"
    device: str = "auto"
    batch: int = 16
    most_tokens: int = 0
    template: str = "{}"

    @property
    def concurrency(self) -> int:
        """Questions under way at once: while one batch is answered, the next is gathered."""
        return 2 * self.batch

    @property
    def price(self) -> tuple[float, float]:
        """Nothing is paid for."""
        return 0.0, 0.0
