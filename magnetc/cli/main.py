"""The command line. Commands are imported when they run: `--help` must not wait for a compiler."""

from __future__ import annotations

import click

from magnetc import __version__
from magnetc.cli.lazy_group import LazyGroup

COMMANDS = {
    "init": "Write a recipe to begin with, from tools that exist.",
    "import": "Read tools from Python, MCP, OpenAPI or JSON, as a spec.",
    "plan": "Say what a build would make, ask and cost.",
    "build": "Build a recipe's dataset.",
    "draft": "Let a model propose types, phrases and edges, for review.",
    "check": "Check a recipe without running anything.",
    "fmt": "Format a recipe, or write it in the other syntax.",
    "explain": "Explain a diagnostic code.",
    "graph": "List, explain and draw the edges of a recipe's graph.",
    "paths": "Count the walks of a recipe's paths.",
    "preview": "Build a few conversations and print them.",
    "view": "Show the rows of a dataset in a browser.",
    "verify": "Check every proof of a dataset again.",
    "lint-data": "Say what is wrong with data that anyone made.",
    "audit": "Read a sample of a dataset's rows and say what is wrong with it.",
    "restyle": "Let a model say a dataset's words otherwise.",
    "export": "Write a dataset's rows as other trainers and hubs read them.",
    "diff": "Say what is other in a second recipe or dataset.",
    "why": "Say why a row of a dataset is as it is.",
    "trust": "Trust the code of a recipe.",
    "probe": "Call every tool and compare it with what is said of it.",
    "lock": "Write magnetc.lock: snapshots of imported tools.",
    "journal": "Look into what a teacher was paid for, copy it, or forget it.",
    "train": "Train a model on a dataset.",
    "mine": "Keep what a student does wrong in a dataset's turns.",
    "run": "Go from a recipe to an evaluated model.",
    "lsp": "Serve an editor: diagnostics, hover, definitions, formatting.",
    "eval": "Judge a model, or a dataset.",
}


@click.group(cls=LazyGroup, room="magnetc.cli", lines=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="magnetc")
def main() -> None:
    """Compile a recipe (tools, world, graph, turns) into verified multi-turn tool-use training data."""
