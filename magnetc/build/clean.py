"""Clean: the benchmarks of a recipe read, what overlaps with them left out of the data, and what is said of that."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.diagnostics import MagnetError, Sink
from magnetc.distill.contamination.index import Index, Overlap
from magnetc.distill.contamination.source import Source, named, read_sources
from magnetc.distill.proofs.clean import INDEX, overlaps
from magnetc.distill.proofs.failure import Failure
from magnetc.extras import required
from magnetc.ir.json import Json, digest
from magnetc.ir.spec import Decontamination, Spec

EXAMPLES = 5
"""Overlaps that are told in full."""


def sources_of(asked: Decontamination) -> Iterator[Source]:
    """The benchmarks that a recipe names, each at its place."""
    for number, text in enumerate(asked.against):
        origin = asked.origin.child("against", str(number)) if asked.listed_below else asked.origin.child(str(number))
        yield named(text, origin)


def check_sources(spec: Spec, folder: Path, sink: Sink) -> None:
    """MG633 for each benchmark of the recipe in `folder` that is not there."""
    asked = spec.recipe.decontaminate
    if asked is None:
        return
    for source in sources_of(asked):
        try:
            source.check(folder / asked.folder, sink.disk)
        except MagnetError as error:
            sink.extend(error.diagnostics)


def index_of(spec: Spec, folder: Path, announce: Callable[[str], None]) -> Index | None:
    """The index of the recipe's benchmarks; None where it names none.

    Raises:
        MagnetError: MG633 for what cannot be read, MG604 for a package that cannot be installed, MG710 without `rensa`.
    """
    asked = spec.recipe.decontaminate
    if asked is None:
        return None
    required("rensa", extra="decontaminate")   # before a package is installed for nothing
    return Index.of(read_sources(sources_of(asked), folder / asked.folder, announce), asked.near).make_ready()


def files_of(spec: Spec) -> set[str]:
    """The files that the recipe names as benchmarks: no row comes from them."""
    asked = spec.recipe.decontaminate
    return {(Path(asked.folder) / source.path).as_posix() for source in sources_of(asked) if source.path} if asked else set()


def read_index(out: Path, spec: Spec) -> tuple[Index | None, list[Failure]]:
    """The index that the output in `out` was compared with, and why that is not the one that its recipe asks for.

    Raises:
        MagnetError: MG710 without `rensa`.
    """
    asked = spec.recipe.decontaminate
    if asked is None:
        return None, []
    try:
        index = Index.read(json.loads((out / INDEX).read_text(encoding="utf-8"))).make_ready()
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None, [Failure(INDEX, 8, "the recipe says `decontaminate`, and what rows were compared with cannot be read")]
    names = [source.name or source.path for source in sources_of(asked)]
    if [each.name for each in index.sources] != names or index.near != asked.near:
        return index, [Failure(INDEX, 8, "what rows were compared with is not what the recipe names")]
    return index, []


@dataclass(slots=True)
class Cleaner:
    """Tells rows that are clean from those that are not, and counts them. `states` are those that worlds begin in, by digest.

    `conversations` counts those that call a benchmark's own tools, by source; such data is no copy of a task, and is only labelled.
    """

    index: Index
    spec: Spec
    states: Mapping[str, Json]
    kept: int = 0
    removed: Counter[str] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    conversations: Counter[str] = field(default_factory=Counter)
    native: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        shapes = [(tool.name, tuple(sorted(parameter.name for parameter in tool.parameters))) for tool in self.spec.tools]
        self.native = self.index.native(shapes)

    def reason(self, rows: list[dict[str, Any]]) -> str:
        """Why these rows, which go together, are to be left out; empty where they are clean."""
        found = [(row, overlap) for row in rows for overlap in self._overlaps(row)]
        kind = "pairs" if "rejected" in rows[0] else "rows"
        if not found:
            self.kept += len(rows)
            return ""
        self.removed[kind] += len(rows)
        self.found.update({(overlap.source, overlap.kind) for _, overlap in found})
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{found[0][0]['id']}: {found[0][1]}")
        first = found[0][1]
        return f"{'pair' if kind == 'pairs' else 'conversation'} dropped: proof 8 (clean) fails: it has {_shared(first)} `{first.source}`"

    def count(self, called: Iterable[str]) -> None:
        """Note which benchmarks' own tools a conversation calls."""
        names = set(called)
        self.conversations.update(source for source, own in self.native.items() if own & names)

    @property
    def total(self) -> int:
        return self.kept + self.removed.total()

    def document(self) -> dict[str, Any]:
        """As figures and the manifest have it: what was compared with, how much was removed and why, and what is labelled."""
        by_source = {source.name: {kind: count for (name, kind), count in sorted(self.found.items()) if name == source.name} for source in self.index.sources}
        return {
            "near": self.index.near,
            "against": [{"name": each.name, "version": each.version, "tasks": each.tasks, "overlaps": by_source[each.name],
                         "own_tools": sorted(self.native[each.name]), "conversations_with_own_tools": self.conversations[each.name]}
                        for each in self.index.sources],
            "removed": {"rows": self.removed["rows"], "pairs": self.removed["pairs"], "of": self.total},
            "examples": self.examples,
        }

    def digest(self) -> str:
        """The digest of all that rows are compared with."""
        return digest(self.index.document())

    def _overlaps(self, row: dict[str, Any]) -> list[Overlap]:
        return overlaps(row, self.index, self.spec, self.states[row["certificate"]["world"]["initial"]])


def _shared(overlap: Overlap) -> str:
    return {"words": "a user's words of", "calls": "the calls of", "state": "the initial state and the calls of"}[overlap.kind]
