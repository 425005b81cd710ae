"""Load a recipe folder: read and check all its files, then resolve them into the Spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.extend import merge_recipe, override
from magnetc.frontend.include import ROOTS, Included, expand_include, shipped
from magnetc.frontend.layers import Layer, read_layers
from magnetc.frontend.probes import read_probes
from magnetc.frontend.ranked import read_ranked
from magnetc.frontend.read_file import read_file
from magnetc.frontend.read_text import TOO_MUCH, read_text
from magnetc.frontend.resolve import resolve
from magnetc.frontend.resolve_rest import report_rest
from magnetc.frontend.schema import faults, validate
from magnetc.frontend.snapshot import LOCK, Importer, import_tools, read_snapshot
from magnetc.frontend.votes import read_votes
from magnetc.frontend.yaml_events import span_index
from magnetc.ir.spec import Spec
from magnetc.source import Origin

MAX_PATTERNS = 1_000
"""Items of `include` that are looked for; the schema refuses more."""


def load(folder: Path, sink: Sink, importers: Mapping[str, Importer], texts: Mapping[str, str] | None = None) -> Spec | None:
    """The spec of the recipe in `folder`; None after at least one error.

    Two phases, each of which reports all it finds: syntax and shape of every file, then names and types. Where the first finds
    errors, the second goes over what is sound, and reports what is wrong whatever the rest was meant to say. Nothing of the
    recipe is run, and `importers` read the lock alone. `texts` stand in for files of that name.
    """
    documents = read_recipe(folder, sink, texts)
    if documents is None:
        _report_rest(folder, sink, importers, texts)
        return None
    recipe, *others = documents
    broken = len(sink.diagnostics)
    lock = read_snapshot(folder, sink)
    imported = import_tools(others, lock, importers, sink) if len(sink.diagnostics) == broken else []
    fail = len(sink.diagnostics) > broken
    if fail:
        report_rest(documents, imported, sink, imports_fail=True)
    spec = None if fail else resolve(recipe, others, imported, sink)
    if spec is None:
        _show_lock(folder, sink)
        return None
    probes, votes, ranked = (read(lock, spec, sink) for read in (read_probes, read_votes, read_ranked))
    _show_lock(folder, sink, has_votes=bool(votes))
    return None if sink.has_errors else replace(spec, graph=replace(spec.graph, probes=probes, votes=votes, ranked=ranked))


def _report_rest(folder: Path, sink: Sink, importers: Mapping[str, Importer], texts: Mapping[str, str] | None) -> None:
    """Report what else is wrong with a recipe of which something cannot be read, or has not the right shape."""
    if sink.is_full or any(each.code in TOO_MUCH for each in sink.diagnostics):
        return
    again = Sink()
    again.disk = sink.disk
    documents = read_documents(folder, again, texts)
    if any("extend" in document.data for document in documents if document.kind == "recipe"):
        return
    sound = [each for each in documents if each.kind != "tools" or not faults(each)]
    lock = read_snapshot(folder, again)
    broken = len(again.diagnostics)
    imported = import_tools(sound, lock, importers, again)
    report_rest(documents, imported, sink, imports_fail=len(again.diagnostics) > broken)


def _show_lock(folder: Path, sink: Sink, *, has_votes: bool = False) -> None:
    """Register the lock where votes or errors stand in it, so that its lines can be shown."""
    if LOCK in sink.files or not (has_votes or any(each.primary and each.primary.at.file == LOCK for each in sink.diagnostics)):
        return
    source = read_text(folder / LOCK, LOCK, sink)
    if source:
        sink.add_file(source, span_index(source))


def read_recipe(folder: Path, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document] | None:
    """All documents of a recipe, the recipe itself first, each valid by its schema; None after at least one error.

    Where the recipe extends another, its documents come after the base's, which lack what it says anew.
    """
    layers = read_layers(folder, sink, texts)
    if layers is None:
        return None
    read = [(layer.recipe, _read_layer(layer, sink, texts)) for layer in layers]
    if sink.has_errors:
        return None
    recipe, documents = read[0]
    for over, own in read[1:]:
        recipe, documents = merge_recipe(recipe, over, sink), override(documents, own, sink)
    frames = [each for file in _frames(recipe) for each in read_file(file, sink, texts) if validate(each, sink)]
    return None if sink.has_errors else [recipe, *frames, *documents]


def _read_layer(layer: Layer, sink: Sink, texts: Mapping[str, str] | None) -> list[Document]:
    """The documents of one recipe beside the recipe itself, checked by their schemas."""
    documents = list(layer.roots[1:])
    for file in _included(layer, sink):
        for document in read_file(file, sink, texts):
            if document.kind == "recipe":
                sink.error("MG007", f"`{file.name}` is a second recipe", Origin(document.file, f"{document.root}/kind"),
                           help=f"a folder holds one recipe, `{layer.recipe.file}`")
            else:
                documents.append(document)
    for document in documents:
        validate(document, sink)
    return documents


def _included(layer: Layer, sink: Sink) -> list[Included]:
    """What a recipe includes, as far as a faulty one tells, by names that begin at the recipe that was asked for."""
    include = layer.recipe.data.get("include")
    patterns = [each for each in include[:MAX_PATTERNS] if isinstance(each, str)] if isinstance(include, list) else []
    found = expand_include(layer.folder, patterns, Origin(layer.recipe.file, f"{layer.recipe.root}/include"), sink)
    inside = sink.disk.real(layer.folder)
    return [replace(file, name=layer.prefix + file.name) if sink.disk.real(file.path).is_relative_to(inside) else file for file in found]


def _frames(recipe: Document) -> list[Included]:
    """The shipped frames of the recipe's locales."""
    locales = recipe.data.get("locales") or ("en",)
    names: Iterable[str] = [each for each in locales if isinstance(each, str)] if isinstance(locales, (dict, tuple)) else ()
    return [file for name in names if name.isidentifier() and (file := shipped("frames", f"{name}.yaml"))]


def read_documents(folder: Path, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document]:
    """Those documents of a recipe and its bases that can be read, the recipe itself first, whether they are valid or not."""
    layers = read_layers(folder, sink, texts) if any((folder / name).is_file() for name in ROOTS) else None
    documents: list[Document] = []
    for layer in reversed(layers or ()):
        documents += [*layer.roots, *(each for file in _included(layer, sink) for each in read_file(file, sink, texts))]
    frames = _frames(documents[0]) if documents else ()
    return [*documents[:1], *(each for file in frames for each in read_file(file, sink, texts)), *documents[1:]]
