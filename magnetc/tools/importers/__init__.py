"""Importers: tools that are declared elsewhere, resolved from the snapshot in `magnetc.lock`."""

from magnetc.tools.importers.bfcl import locked_functions

IMPORTERS = {"bfcl": locked_functions}
"""By the name in `tools from NAME "argument"`."""
