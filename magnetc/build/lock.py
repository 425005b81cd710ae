"""`magnetc.lock`: what a recipe took from elsewhere, committed beside it. Pretty JSON, entries sorted, for review.

    {"version": 1,
     "tools": {"bfcl:TravelAPI": {"source": "bfcl-eval==2026.3.23", "licence": "Apache-2.0",
                                  "digest": ..., "functions": [...]}},
     "judged": [{"from": ..., "to": ..., "full": 3, "none": 1, "values": {...}}],
     "semantic": {"by": ..., "digest": ..., "top": 30, "tools": {...}},
     "probes": {"world": ..., "flows": [...]}}

`probes` is what `magnetc lock --probe` found of the graph's value flows (`magnetc/frontend/probes.py`), `judged` what judges
said of its edges, a line each, to be edited (`votes.py`), and `semantic` how alike tools read to a model (`ranked.py`).
Inside a function, keys keep their source's order: that of its parameters is the order of a call's arguments. The front end
reads the lock (`magnetc/frontend/snapshot.py`); only here is it written, and only here are sources contacted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from magnetc.diagnostics import Diagnostic, Label, MagnetError, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.load import read_recipe
from magnetc.frontend.names import items
from magnetc.frontend.probes import probes_in, probes_section
from magnetc.frontend.ranked import ranked_section
from magnetc.frontend.resolve import resolve
from magnetc.frontend.resolve_infer import resolve_infer
from magnetc.frontend.snapshot import LOCK, import_tools
from magnetc.frontend.votes import votes_section
from magnetc.ir.json import Json
from magnetc.ir.probed import Probes
from magnetc.ir.spec import Votes
from magnetc.models.similarity import alike, encoder
from magnetc.source import Origin
from magnetc.source.write_whole import write_whole
from magnetc.tools.environments import ensure_environment, find_site_packages
from magnetc.tools.importers import IMPORTERS, importer
from magnetc.tools.importers.importer import Place, lock_key
from magnetc.tools.trust import require_command

VERSION = 1


def lock_recipe(folder: Path, sink: Sink, announce: Callable[[str], None], trust: bool = False) -> Path | None:
    """Import anew what the recipe in `folder` names by `tools from`, rank its tools by a model if it asks for one, and
    write its lock.

    None after at least one error in the sink: the recipe cannot be read.

    With `trust` commands of MCP servers run this once.

    Raises:
        MagnetError: MG502 when a source does not hold what is asked for; MG604, MG605 when the environment of the
            recipe's packages cannot be made; MG606 for a command that is not trusted; MG710, MG712 when the model cannot be loaded.
    """
    documents = read_recipe(folder, sink)
    if documents is None:
        return None
    recipe, *others = documents
    packages = tuple(recipe.data["world"].get("packages") or ())
    place = Place(folder=folder, site_packages=lambda: find_site_packages(ensure_environment(packages, announce)),
                  allow_code=lambda command: require_command(folder, command, trust))
    path = update_lock(folder, wanted_imports(others), place)
    return path if _rank(folder, recipe, others, sink, announce) else None


def _rank(folder: Path, recipe: Document, others: Sequence[Document], sink: Sink, announce: Callable[[str], None]) -> bool:
    """Keep how alike the recipe's tools read to the model that it names, if any; drop what it no longer asks for."""
    lock = _written(folder)
    before = lock.get("semantic")
    model = next((each.by for each in resolve_infer(others, sink) if each.name == "semantic"), "")
    ranked = None
    if model:
        spec = resolve(recipe, others, import_tools(others, lock, IMPORTERS, sink), sink)
        if spec is None:
            return False
        asked = spec.graph.inference("semantic")
        assert asked is not None
        wanted = ranked_section((), spec, asked)
        if isinstance(before, dict) and all(before.get(key) == wanted[key] for key in ("by", "digest", "top")):
            return True
        announce(f"ranking {len(spec.tools)} tools by {model}")
        ranked = ranked_section(alike(spec.tools, asked.top, encoder(model)), spec, asked)
    if ranked != before:
        _write(folder, {**{key: value for key, value in lock.items() if key != "semantic"}, **({"semantic": ranked} if ranked else {})})
    return True


def wanted_imports(documents: Iterable[Document]) -> dict[tuple[str, str], Origin]:
    """(importer, argument) of each `tools from`, and where it first stands."""
    wanted: dict[tuple[str, str], Origin] = {}
    for data, origin in items(documents, "tools", "from"):
        for name, argument in data.items():
            wanted.setdefault((name, argument), origin.child(name))
    return wanted


def update_lock(folder: Path, wanted: Mapping[tuple[str, str], Origin | None], place: Place) -> Path:
    """Import each (importer, argument) and write the lock. The origins are where an error points.

    What is not wanted is dropped: a lock holds what its recipe names, no more.

    Raises:
        MagnetError: MG502 when a source does not hold what is asked for.
    """
    tools: dict[str, Json] = {}
    for name, argument in sorted(wanted):
        try:
            tools[lock_key(name, argument)] = importer(name)(argument, place).entry()
        except MagnetError as error:
            origin = wanted[name, argument]
            raise MagnetError(*(_placed(each, origin) for each in error.diagnostics)) from None
    return write_lock(folder, tools)


def write_lock(folder: Path, tools: Mapping[str, Json]) -> Path:
    """Write the lock's tools anew. What else it holds stays, if it can be read: each part says for what it holds."""
    old = _written(folder)
    probes = probes_in(old)
    kept = {key: old[key] for key in ("judged", "semantic", "behaviour") if key in old}
    return _write(folder, {"version": VERSION, "tools": tools, **kept, **({"probes": probes_section(probes)} if probes else {})})


def write_votes(folder: Path, votes: Iterable[Votes]) -> Path:
    """Write the lock's votes anew, beside what else it holds."""
    return _write(folder, {"version": VERSION, "tools": {}} | _written(folder) | {"judged": votes_section(votes)})


def write_probes(folder: Path, probes: Probes) -> Path:
    """Write the lock's findings anew, beside what else it holds."""
    return _write(folder, {"version": VERSION, "tools": {}} | _written(folder) | {"probes": probes_section(probes)})


def write_behaviour(folder: Path, section: Mapping[str, Json]) -> Path:
    """Write anew what the lock says was seen of tools, beside what else it holds."""
    return _write(folder, {"version": VERSION, "tools": {}} | _written(folder) | {"behaviour": dict(section)})


def _written(folder: Path) -> dict[str, Json]:
    """The lock as it stands; empty when there is none, or none that can be read."""
    try:
        lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return lock if isinstance(lock, dict) else {}


def _write(folder: Path, lock: Mapping[str, Json]) -> Path:
    path = folder / LOCK
    entries = ",\n ".join(f"{json.dumps(key)}: {_shown(key, value)}" for key, value in lock.items())
    write_whole(path, f"{{\n {entries}\n}}\n")
    return path


def _shown(key: str, value: Json) -> str:
    """A part of the lock as text: one line for what judges said of an edge, and for the neighbours of a tool."""
    if key == "judged" and isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(json.dumps(line, ensure_ascii=False) for line in value) + "\n ]"
    if key == "semantic" and isinstance(value, dict) and isinstance(tools := value.get("tools"), dict) and tools:
        lines = ",\n   ".join(f"{json.dumps(name)}: {json.dumps(others, ensure_ascii=False)}" for name, others in tools.items())
        head = "".join(f"  {json.dumps(name)}: {json.dumps(own)},\n" for name, own in value.items() if name != "tools")
        return f'{{\n{head}  "tools": {{\n   {lines}\n  }}\n }}'
    return json.dumps(value, indent=1, ensure_ascii=False).replace("\n", "\n ")


def _placed(diagnostic: Diagnostic, place: Origin | None) -> Diagnostic:
    return replace(diagnostic, primary=Label(place)) if place and not diagnostic.primary else diagnostic
