"""`magnetc.lock`: what a recipe took from elsewhere, committed beside it. Pretty JSON, entries sorted, for review.

    {"version": 1,
     "tools": {"bfcl:TravelAPI": {"source": "bfcl-eval==2026.3.23", "licence": "Apache-2.0", "digest": ..., "functions": [...]}}}

Inside a function, keys keep their source's order: that of its parameters is the order of a call's arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json
from magnetc.tools.importers.bfcl import import_functions

LOCK_NAME = "magnetc.lock"
VERSION = 1


def read_lock(folder: Path) -> Mapping[str, Json] | None:
    """The lock of the recipe in `folder`, or None when it has none.

    Raises:
        MagnetError: MG503 when the file is no lock that this version can read.
    """
    path = folder / LOCK_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _error(f"`{LOCK_NAME}` cannot be read: {error}") from None
    try:
        lock = json.loads(text)
    except ValueError as error:
        raise _error(f"`{LOCK_NAME}` is not JSON: {error}") from None
    if not isinstance(lock, dict) or lock.get("version") != VERSION or not isinstance(lock.get("tools"), dict):
        raise _error(f"`{LOCK_NAME}` is not a lock of version {VERSION}")
    for key, entry in lock["tools"].items():
        if not isinstance(entry, dict) or not isinstance(entry.get("functions"), list):
            raise _error(f"`{LOCK_NAME}` has no functions under `{key}`")
    return lock


def write_lock(folder: Path, lock: Mapping[str, Json]) -> Path:
    """Write `lock` beside the recipe, in one step, so that a reader never sees half of it."""
    path = folder / LOCK_NAME
    partial = folder / f".{LOCK_NAME}.partial"
    partial.write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def update_lock(folder: Path, arguments: Iterable[str], environment_python: Path) -> Mapping[str, Json]:
    """Import each BFCL class anew from the environment of `environment_python` and write the lock.

    Entries of classes that are not in `arguments` are dropped: the lock holds what the recipe names, no more.

    Raises:
        MagnetError: MG502 when the environment does not hold what is asked for.
    """
    site_packages = find_site_packages(environment_python)
    tools: dict[str, Json] = {}
    for argument in sorted(set(arguments)):
        tools |= import_functions(argument, site_packages).lock()
    lock = {"version": VERSION, "tools": tools}
    write_lock(folder, lock)
    return lock


def find_site_packages(environment_python: Path) -> Path:
    """The package folder of the environment that `environment_python` (its bin/python) belongs to, without running it."""
    root = environment_python.parent.parent
    found = sorted(root.glob("lib/python*/site-packages")) or sorted(root.glob("Lib/site-packages"))
    if not found:
        raise MagnetError(Diagnostic(code="MG502", message=f"`{environment_python}` is not the Python of an environment",
                                     help="give the `bin/python` of a virtual environment"))
    return found[0]


def _error(message: str) -> MagnetError:
    return MagnetError(Diagnostic(code="MG503", message=message, help="run `magnetc lock DIR` to write it anew"))
