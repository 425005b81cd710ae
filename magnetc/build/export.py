"""An output's rows in another form, in a folder of its own: nothing of the output is run or changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magnetc.build.output import file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.emit.exports.dataset import Dataset
from magnetc.emit.exports.write import COUNTS, require_extras, write_export


def export(out: Path, folders: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Write exports of the dataset in `out`, each into the folder that `folders` has for its name. Returns the counts of each.

    A folder is written beside its place and moved there whole, in place of an export that was there.

    Raises:
        MagnetError: MG620 where `out` is no output or its rows are not as they were built, MG010 where a folder holds something else,
            MG710 where a package is missing.
    """
    require_extras(folders)
    dataset = _opened(out)
    for folder in folders.values():
        _check_free(folder)
    return {name: _written(name, dataset, folder) for name, folder in folders.items()}


def _opened(out: Path) -> Dataset:
    """The dataset, its data files as the manifest lists them."""
    for name, entry in (files := read_manifest(out)["files"]).items():
        path = out / name
        if not path.resolve().is_relative_to(out.resolve()) or not path.is_file() or file_digest(path) != entry["sha256"]:
            raise MagnetError(Diagnostic(code="MG620", message=f"`{name}` of `{out}` is not as it was built",
                                         notes=("what is exported has to be what was proven",),
                                         help=f"`magnetc verify {out}` says what else is not as it was built; build it again"))
    return Dataset(out, tuple(files))


def _check_free(folder: Path) -> None:
    """Whether an export may be written there. Raises MagnetError MG010."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / COUNTS).is_file()):
        raise MagnetError(Diagnostic(code="MG010", message=f"the output folder `{folder}` {'is a file' if folder.is_file() else 'exists and is no export'}",
                                     help="name another with `-o`"))


def _written(name: str, dataset: Dataset, folder: Path) -> dict[str, Any]:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        counts = write_export(name, dataset, partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        return counts
    finally:
        shutil.rmtree(partial, ignore_errors=True)
