"""Bench: a recipe's documents, resolved with what is proposed beside them, so that a proposal is refused for what it would break."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from magnetc.diagnostics import Diagnostic, Severity, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.load import read_recipe
from magnetc.frontend.names import Definitions
from magnetc.frontend.resolve import resolve
from magnetc.frontend.resolve_recipe import resolve_recipe
from magnetc.frontend.resolve_tools import resolve_tools
from magnetc.frontend.resolve_types import resolve_types
from magnetc.frontend.schema import validate
from magnetc.frontend.snapshot import import_tools, read_snapshot
from magnetc.frontend.votes import read_votes
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Recipe, Spec
from magnetc.ir.types import TypeTable
from magnetc.passes.conflict import check_paths
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import build_graph
from magnetc.tools.importers import IMPORTERS

Proposal = TypeVar("Proposal")

_NEVER_CALLED = "MG211"

_SHOWN = 3
"""Errors of a proposal that the model is told: the first ones cause the others."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """`recipe` and `documents` as they were read, whether they are sound or not: `before` holds what is wrong with them as it is,
    by code and message."""

    recipe: Recipe
    document: Document
    documents: tuple[Document, ...]
    imported: tuple[FunctionSignature, ...]
    lock: Mapping[str, Any] | None
    before: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def open(cls, folder: Path, sink: Sink) -> Bench | None:
        """None, with errors in the sink, for a recipe that cannot be read. One in which names or types are wrong can be."""
        documents = read_recipe(folder, sink)
        if documents is None:
            return None
        lock = read_snapshot(folder, sink)
        imported = () if sink.has_errors else tuple(import_tools(documents[1:], lock, IMPORTERS, sink))
        if sink.has_errors:
            return None
        definitions = Definitions.of(documents, imported, Sink())
        bench = cls(recipe=resolve_recipe(documents[0], definitions, Sink()), document=documents[0], documents=tuple(documents[1:]),
                    imported=imported, lock=lock)
        bench.before = frozenset(map(_key, bench.errors(())))
        return bench

    def declared(self, beside: Sequence[Document] = ()) -> tuple[dict[str, FunctionSignature], TypeTable]:
        """The tools and types of the recipe with documents beside it; what is wrong among them is left out or made opaque."""
        documents, sink = (*self.documents, *beside), Sink()
        definitions = Definitions.of(documents, self.imported, sink)
        return resolve_tools(documents, self.imported, definitions, resolve_types(documents, definitions, sink), sink)

    def errors(self, beside: Sequence[Document]) -> list[Diagnostic]:
        """What is wrong with the recipe with documents beside it, its graph and paths included. That a tool can never be called, elsewhere a
        warning, is wrong where these documents say what it takes."""
        sink = Sink()
        shaped = [validate(each, sink) for each in beside]
        if all(shaped):
            spec = resolve(self.document, [*self.documents, *beside], self.imported, sink)
            if spec is not None:
                sink.extend(check_paths(self.context(spec, sink)))
        files = {each.file for each in beside}
        return [each for each in sink.diagnostics if each.severity is Severity.ERROR or (each.code == _NEVER_CALLED and _file(each) in files)]

    def context(self, spec: Spec, sink: Sink) -> CompileContext:
        spec = replace(spec, graph=replace(spec.graph, votes=read_votes(self.lock, spec, sink)))
        return CompileContext(spec, build_graph(spec))

    def objections(self, beside: Sequence[Document]) -> list[str]:
        """What documents beside the recipe would make wrong that was not, in words.

        A recipe with errors hides what follows from its types: there, only errors of names and types are the documents' own.
        """
        new = [each for each in self.errors(beside) if _key(each) not in self.before and (not self.before or each.code[2] in "012")]
        return [". ".join(filter(None, (each.message, each.help))) for each in new[:_SHOWN]]

    def sound(self, proposals: Iterable[Proposal], written: Callable[[Sequence[Proposal]], Sequence[Document]],
              kept: Sequence[Proposal] = ()) -> tuple[list[Proposal], list[tuple[Proposal, str]]]:
        """Those of the proposals that can stand in the recipe beside what is `kept`, and the others, with why not.

        All at once where they can; else one after the other, so that one that is refused takes no other with it.
        """
        proposals = list(proposals)
        if not proposals or not self.objections(written([*kept, *proposals])):
            return proposals, []
        sound: list[Proposal] = []
        refused: list[tuple[Proposal, str]] = []
        for each in proposals:
            if found := self.objections(written([*kept, *sound, each])):
                refused.append((each, "; ".join(found)))
            else:
                sound.append(each)
        return sound, refused


def _file(diagnostic: Diagnostic) -> str:
    return diagnostic.primary.at.file if diagnostic.primary else ""


def _key(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.message
