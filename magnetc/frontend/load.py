"""Load a recipe folder: read and check all its files, then resolve them into the Spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import renamed
from magnetc.frontend.document import Document
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.include import ROOT, ROOTS, Included, expand_include, shipped
from magnetc.frontend.probes import read_probes
from magnetc.frontend.ranked import read_ranked
from magnetc.frontend.read_text import read_text
from magnetc.frontend.resolve import resolve
from magnetc.frontend.schema import validate
from magnetc.frontend.snapshot import LOCK, Importer, import_tools, read_snapshot
from magnetc.frontend.votes import read_votes
from magnetc.frontend.yaml_events import read_yaml, span_index
from magnetc.ir.spec import Spec
from magnetc.source import Origin


def load(folder: Path, sink: Sink, importers: Mapping[str, Importer], texts: Mapping[str, str] | None = None) -> Spec | None:
    """The spec of the recipe in `folder`; None after at least one error.

    Two phases, each of which reports all it finds: syntax and shape of every file, then names and types. Nothing of the
    recipe is run, and `importers` read the lock alone. `texts` stand in for files of that name.
    """
    documents = read_recipe(folder, sink, texts)
    if documents is None:
        return None
    recipe, *others = documents
    broken = len(sink.diagnostics)
    lock = read_snapshot(folder, sink)
    imported = import_tools(others, lock, importers, sink) if len(sink.diagnostics) == broken else []
    spec = resolve(recipe, others, imported, sink)
    if spec is None:
        return None
    probes, votes, ranked = (read(lock, spec, sink) for read in (read_probes, read_votes, read_ranked))
    if votes or any(each.primary and each.primary.at.file == LOCK for each in sink.diagnostics):
        _show_lock(folder, sink)
    return None if sink.has_errors else replace(spec, graph=replace(spec.graph, probes=probes, votes=votes, ranked=ranked))


def _show_lock(folder: Path, sink: Sink) -> None:
    """Register the lock, so that its lines can be shown."""
    source = read_text(folder / LOCK, LOCK, sink)
    if source:
        sink.add_file(source, span_index(source))


def read_recipe(folder: Path, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document] | None:
    """All documents of a recipe, the recipe itself first, each valid by its schema; None after at least one error."""
    if not folder.is_dir():
        sink.error("MG001", f"there is no folder `{folder}`", help="name the folder that holds `recipe.yaml`")
        return None
    names = [name for name in ROOTS if (folder / name).is_file()]
    if not names:
        sink.error("MG001", f"`{folder}` is not a recipe: it has no `{ROOT}`",
                   help=f"name the folder that holds `{ROOT}`, or run `magnetc init`")
        return None
    if len(names) > 1:
        sink.error("MG007", f"`{folder}` has two roots, `{names[0]}` and `{names[1]}`", help="remove one of the two")
        return None
    roots = read_file(Included(names[0], folder / names[0]), sink, texts)
    if not roots:
        return None
    root = roots[0]
    if root.kind != "recipe":
        sink.error("MG007", f"`{root.file}` is of kind `{root.kind}`", Origin(root.file, f"{root.root}/kind"),
                   help="write `kind: recipe`" if names[0] == ROOT else "write `recipe NAME { … }`",
                   fix=renamed(sink, Origin(root.file, "/kind"), root.kind, "recipe", safe=False) if names[0] == ROOT else None)
        return None
    is_valid = [validate(document, sink) for document in roots].count(False) == 0
    documents = list(roots)
    for file in _files(folder, root, sink):
        for document in read_file(file, sink, texts):
            if document.kind == "recipe":
                sink.error("MG007", f"`{file.name}` is a second recipe", Origin(document.file, f"{document.root}/kind"),
                           help=f"a folder holds one recipe, `{root.file}`")
                is_valid = False
            else:
                is_valid = validate(document, sink) and is_valid
            documents.append(document)
    return documents if is_valid and not sink.has_errors else None


def _files(folder: Path, root: Document, sink: Sink) -> list[Included]:
    """The shipped frames of the recipe's locales, then what it includes, as far as a faulty recipe tells."""
    include, locales = root.data.get("include") or (), root.data.get("locales") or ("en",)
    patterns = [each for each in include if isinstance(each, str)] if isinstance(include, list) else []
    names: Iterable[str] = [each for each in locales if isinstance(each, str)] if isinstance(locales, (dict, tuple)) else ()
    frames = [file for name in names if name.isidentifier() and (file := shipped("frames", f"{name}.yaml"))]
    return frames + expand_include(folder, patterns, Origin(root.file, "/include"), sink)


def read_documents(folder: Path, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document]:
    """Those documents of a recipe that can be read, the recipe itself first, whether they are valid or not."""
    names = [name for name in ROOTS if (folder / name).is_file()]
    roots = read_file(Included(names[0], folder / names[0]), sink, texts) if names else []
    files = _files(folder, roots[0], sink) if roots else []
    return [*roots, *(document for file in files for document in read_file(file, sink, texts))]


def read_file(file: Included, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document]:
    """The documents that a file holds: one in YAML, one of each kind it speaks of in the DSL."""
    source = read_text(file.path, file.name, sink, texts)
    if source is None:
        return []
    if file.path.suffix == ".magnet":
        return read_dsl(source, sink)
    document = read_yaml(source, sink)
    return [document] if document else []
