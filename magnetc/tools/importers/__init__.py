"""Importers: tools that are declared elsewhere. Their sources are contacted to write `magnetc.lock`, which a compiler reads.

A package adds one by an entry point of the group `magnetc.importers` (`docs/plugins.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module

from magnetc import plugins
from magnetc.frontend.snapshot import Importer as FrontImporter
from magnetc.tools.importers.importer import Importer, locked_functions

OWN = {
    "python": "python:import_python",
    "mcp": "mcp_server:import_mcp",
    "openapi": "openapi:import_openapi",
    "json": "openai_json:import_json",
    "bfcl": "bfcl:import_bfcl",
    "toolbench": "toolbench:import_toolbench",
    "conversations": "conversations:import_conversations",
}
"""By the name in `tools from NAME "argument"`; imported when a source is contacted."""

IMPORTERS: Mapping[str, FrontImporter] = {name: partial(locked_functions, name) for name in (*OWN, *plugins.importer_names())}
"""What the front end reads locks with."""


def importer(name: str) -> Importer:
    """The importer of that name. Raises MagnetError (MG012) for one of a package that cannot be used."""
    if name not in OWN:
        return plugins.importer(name)
    module, _, function = OWN[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), function)
