"""The formal definitions under `grammar/`: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

import magnetc


def read_grammar(name: str) -> str:
    """The text of `grammar/<name>`."""
    package = Path(magnetc.__file__).parent
    installed = package / "_data" / "grammar" / name
    path = installed if installed.is_file() else package.parent / "grammar" / name
    return path.read_text(encoding="utf-8")
