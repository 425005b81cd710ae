"""`magnetc.lock`: what a recipe took from elsewhere, committed beside it. Pretty JSON, entries sorted, for review.

    {"version": 1,
     "tools": {"bfcl:TravelAPI": {"source": "bfcl-eval==2026.3.23", "licence": "Apache-2.0",
                                  "digest": ..., "functions": [...]}},
     "probes": {"world": ..., "flows": [...]}}

`probes` is what `magnetc lock --probe` found of the graph's value flows (`magnetc/frontend/probes.py`).
Inside a function, keys keep their source's order: that of its parameters is the order of a call's arguments. The front end
reads the lock (`magnetc/frontend/snapshot.py`); only here is it written, and only here are sources contacted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.diagnostics import Diagnostic, Label, MagnetError, Sink
from magnetc.frontend.load import read_recipe
from magnetc.frontend.names import items
from magnetc.frontend.probes import probes_in, probes_section
from magnetc.frontend.snapshot import LOCK
from magnetc.ir.json import Json
from magnetc.ir.probed import Probes
from magnetc.source import Origin
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers.bfcl import import_functions

VERSION = 1


def lock_recipe(folder: Path, sink: Sink, announce: Callable[[str], None]) -> Path | None:
    """Import anew what the recipe in `folder` names by `tools from`, and write its lock.

    None after at least one error in the sink: the recipe cannot be read.

    Raises:
        MagnetError: MG502 when a source does not hold what is asked for; MG604, MG605 when the environment of the
            recipe's packages cannot be made.
    """
    documents = read_recipe(folder, sink)
    if documents is None:
        return None
    recipe, *others = documents
    wanted: dict[str, Origin] = {}
    for data, origin in items(others, "tools", "from"):
        wanted.setdefault(data["bfcl"], origin.child("bfcl"))
    if not wanted:
        return write_lock(folder, {})
    packages = tuple(recipe.data["world"].get("packages") or ())
    return update_lock(folder, wanted, ensure_environment(packages, announce))


def update_lock(folder: Path, arguments: Mapping[str, Origin] | Iterable[str], environment_python: Path) -> Path:
    """Import each BFCL class from the environment of `environment_python` and write the lock.

    What is not in `arguments` is dropped: a lock holds what its recipe names, no more. Their origins, if given, are where
    an error points.

    Raises:
        MagnetError: MG502 when the environment does not hold what is asked for.
    """
    places = arguments if isinstance(arguments, Mapping) else {}
    site_packages = find_site_packages(environment_python)
    tools: dict[str, Json] = {}
    for argument in sorted(set(arguments)):
        try:
            tools |= import_functions(argument, site_packages).lock()
        except MagnetError as error:
            raise MagnetError(*(_placed(each, places.get(argument)) for each in error.diagnostics)) from None
    return write_lock(folder, tools)


def write_lock(folder: Path, tools: Mapping[str, Json]) -> Path:
    """Write the lock's tools anew. Findings that can be read stay: each says for what it holds."""
    kept = probes_in(_written(folder))
    return _write(folder, {"version": VERSION, "tools": tools, **({"probes": probes_section(kept)} if kept else {})})


def write_probes(folder: Path, probes: Probes) -> Path:
    """Write the lock's findings anew, beside what else it holds."""
    return _write(folder, {"version": VERSION, "tools": {}} | _written(folder) | {"probes": probes_section(probes)})


def _written(folder: Path) -> dict[str, Json]:
    """The lock as it stands; empty when there is none, or none that can be read."""
    try:
        lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return lock if isinstance(lock, dict) else {}


def _write(folder: Path, lock: Mapping[str, Json]) -> Path:
    """In one step, so that a reader never sees half of it."""
    path = folder / LOCK
    partial = folder / f".{LOCK}.partial"
    text = json.dumps(lock, indent=1, ensure_ascii=False)
    partial.write_text(text + "\n", encoding="utf-8")
    return partial.replace(path)


def find_site_packages(environment_python: Path) -> Path:
    """The package folder of the environment that `environment_python` (its bin/python) belongs to, without running it."""
    root = environment_python.parent.parent
    found = sorted(root.glob("lib/python*/site-packages")) or sorted(root.glob("Lib/site-packages"))
    if not found:
        raise MagnetError(Diagnostic(code="MG502", message=f"`{environment_python}` is not the Python of an environment",
                                     help="give the `bin/python` of a virtual environment"))
    return found[0]


def _placed(diagnostic: Diagnostic, place: Origin | None) -> Diagnostic:
    return replace(diagnostic, primary=Label(place)) if place and not diagnostic.primary else diagnostic
