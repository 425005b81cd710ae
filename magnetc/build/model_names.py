"""What the journal calls the models of a teacher: a checkpoint by all that its answers come from, so that another one is another."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.json import digest
from magnetc.source.write_whole import write_whole

REMEMBERED = Path(".magnetc", "checkpoints.json")
"""Digests of checkpoints by folder, in the recipe's: gigabytes are read again only when a file has changed."""

_READ = (".json", ".jinja", ".txt", ".model", ".safetensors", ".bin")
"""Ends of the names of files that a model or its tokenizer is loaded from."""

VERSION = 1
"""Of how replies are drawn (`magnetc/models/sample.py`)."""


def model_names(model: Endpoint | Checkpoint, folder: Path) -> Callable[[str], str]:
    """The name of the model that answers a prompt program; `folder` is the recipe's.

    A hosted model is called as the recipe calls it. A checkpoint's name ends in a digest: of its files or its revision, and of
    what the recipe says that changes its replies.

    Raises:
        MagnetError: MG712, from the function, where a folder is not there and was never used before.
    """
    if isinstance(model, Endpoint):
        return model.model_for
    known: dict[str, str] = {}

    def name(program: str) -> str:
        called = model.model_for(program)
        if called not in known:
            known[called] = _identity(model, called, folder)
        return known[called]

    return name


def checkpoint_place(name: str, folder: Path) -> Path | None:
    """The folder that a recipe in `folder` means by a model's name; None for a name on the hub, which has at most one slash."""
    place = (folder / Path(name).expanduser()).resolve()
    looks_like_path = name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name
    return place if looks_like_path or place.is_dir() else None


def _identity(model: Checkpoint, name: str, folder: Path) -> str:
    place = checkpoint_place(name, folder)
    source = _files(place, folder, name) if place else f"{name}@{model.revision or 'main'}"
    what = [VERSION, source, model.dtype, model.most_tokens, model.template]
    return f"{place.name if place else name}@{digest(what)[:16]}"


def _files(place: Path, folder: Path, name: str) -> str:
    """The digest of a checkpoint's files. One that is gone has the last that is remembered: its replies are still in the journal."""
    path = folder / REMEMBERED
    remembered = _remembered(path)
    before = remembered.get(str(place))
    if not place.is_dir():
        if before is None:
            raise MagnetError(Diagnostic(code="MG712", message=f"the model `{name}` cannot be loaded", notes=(f"there is no folder {place}",),
                                         help="name a folder, seen from the recipe's, or a name on the hub"))
        return before["digest"]
    files = sorted(file for file in place.iterdir() if file.suffix in _READ and file.is_file())
    seen = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    if before is not None and before["files"] == seen:
        return before["digest"]
    found = digest([[file.name, _digest(file)] for file in files])
    _remember(path, {**remembered, str(place): {"files": seen, "digest": found}})
    return found


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _remembered(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {place: each for place, each in known.items() if {"files", "digest"} <= each.keys()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _remember(path: Path, known: dict[str, Any]) -> None:
    with suppress(OSError):   # a folder that cannot be written to costs only the reading
        write_whole(path, json.dumps(known, indent=1))
