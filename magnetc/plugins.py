"""Plugins: what installed packages add to magnetc, found by entry point. `docs/plugins.md` has an example.

    [project.entry-points."magnetc.operations"]
    whisper = "my_package:Whisper"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError

OPERATIONS = "magnetc.operations"
WORLDS = "magnetc.worlds"
IMPORTERS = "magnetc.importers"
STAGES = ("walk", "copy", "turns", "script")


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Any]:
    """Operation classes by name, as `magnetc/passes/operation.py` describes them, in name order.

    Raises:
        MagnetError: MG012 for one that cannot be imported, or that is no operation.
    """
    found = {entry.name: entry for entry in entry_points(group=OPERATIONS)}
    return {name: _operation(found[name]) for name in sorted(found)}


@lru_cache(maxsize=1)
def worlds() -> Mapping[str, Any]:
    """Kinds of worlds by name, as `magnetc/tools/worlds/kind.py` describes them, in name order.

    Raises:
        MagnetError: MG012 for one that cannot be imported, or that is no kind of world.
    """
    found = {entry.name: entry for entry in entry_points(group=WORLDS)}
    return {name: _loaded(found[name], ("options", "levels", "runs", "files", "prepare")) for name in sorted(found)}


def _operation(entry: EntryPoint) -> Any:
    kind = _loaded(entry, ("stage", "options", "run"))
    if str(kind.stage) not in STAGES:
        raise _unusable(entry, f"its stage is `{kind.stage}`, which is none of {', '.join(STAGES)}")
    return kind


@lru_cache(maxsize=1)
def importer_names() -> tuple[str, ...]:
    """Names of the importers that packages add, in order; nothing of them is run."""
    return tuple(sorted({entry.name for entry in entry_points(group=IMPORTERS)}))


@lru_cache(maxsize=1)
def are_installed() -> bool:
    """Whether any package adds something; nothing of it is loaded."""
    return any(entry_points(group=group) for group in (OPERATIONS, WORLDS, IMPORTERS))


def importer(name: str) -> Any:
    """An importer of a package: a function as `magnetc/tools/importers/importer.py` describes it.

    Raises:
        MagnetError: MG012 when it cannot be imported, or is no function.
    """
    (entry, *_) = entry_points(group=IMPORTERS, name=name)
    return _loaded(entry, ("__call__",))


def _loaded(entry: EntryPoint, members: tuple[str, ...]) -> Any:
    try:
        kind = entry.load()
    except Exception as error:
        raise _unusable(entry, f"it cannot be imported: {type(error).__name__}: {error}") from error
    missing = [name for name in members if not hasattr(kind, name)]
    if missing:
        raise _unusable(entry, f"it has no `{missing[0]}`")
    return kind


def _unusable(entry: EntryPoint, why: str) -> MagnetError:
    owner = f" of the package `{entry.dist.name}`" if entry.dist else ""
    what = {OPERATIONS: "operation", WORLDS: "world", IMPORTERS: "importer"}[entry.group]
    return MagnetError(Diagnostic(code="MG012", message=f"the {what} `{entry.name}`{owner} cannot be used: {why}",
                                  notes=(f"it is `{entry.value}`, by the entry point `{entry.group}`",),
                                  help="install another version of that package, or remove it"))
