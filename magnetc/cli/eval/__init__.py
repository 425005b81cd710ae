"""`magnetc eval WHAT`: what a model does in worlds and benchmarks, and what benchmarks say of a dataset."""

from __future__ import annotations

import click

from magnetc.cli.lazy_group import LazyGroup

COMMANDS = {
    "bfcl": "Judge a model on BFCL with the package's own data and checkers.",
    "dataset": "Judge a dataset's conversations by BFCL's own checkers.",
    "heldout": "Let a model play the held-out conversations of a dataset in their worlds.",
    "toolquery": "Let a model answer questions about weather, movies and papers with tools.",
}


@click.group("eval", cls=LazyGroup, room="magnetc.cli.eval", lines=COMMANDS)
def command() -> None:
    """Judge a model by what it does in worlds and benchmarks, or a dataset by a benchmark's own checkers."""
