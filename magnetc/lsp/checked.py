"""A recipe as an editor has it: its files as they stand on screen, saved or not, and what the compiler says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import MagnetError, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.include import ROOTS, Included
from magnetc.frontend.load import read_documents
from magnetc.frontend.names import Definitions
from magnetc.frontend.read_file import read_file
from magnetc.frontend.schema import validate
from magnetc.ir.spec import Spec
from magnetc.source.resources import resource

SHIPPED = "std/"
"""How names of files begin that come with the compiler."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`folder` is the recipe's, or that of a file which belongs to none. `spec` is None where there is an error."""

    folder: Path
    sink: Sink
    documents: tuple[Document, ...]
    definitions: Definitions
    spec: Spec | None = None

    def path(self, name: str) -> Path:
        """Where the file stands that diagnostics call `name`."""
        return resource("specs", *name.split("/")) if name.startswith(SHIPPED) else self.folder / name

    def document(self, file: str, pointer: str) -> tuple[Document, str] | None:
        """The document of `file` that holds the node at `pointer` of the file's index, and the pointer within it."""
        for document in self.documents:
            if document.file == file and pointer.startswith(document.root):
                return document, pointer.removeprefix(document.root)
        return None


def recipe_of(path: Path) -> Path | None:
    """The folder of the recipe that a file is part of: the nearest one above it that holds a recipe."""
    return next((parent for parent in path.parents if any((parent / name).is_file() for name in ROOTS)), None)


def check_recipe(folder: Path, unsaved: Mapping[Path, str]) -> Checked:
    """The recipe in `folder`, checked as `magnetc check` does; `unsaved` texts, by resolved path, stand for those on disk."""
    texts = {path.relative_to(folder).as_posix(): text for path, text in unsaved.items() if path.is_relative_to(folder)}
    sink = Sink()
    try:
        context = compile_recipe(folder, sink, texts=texts)
    except MagnetError as error:
        sink.extend(error.diagnostics)
        context = None
    documents = tuple(read_documents(folder, Sink(), texts))
    return Checked(folder, sink, documents, Definitions.of(documents, (), Sink()), context.spec if context else None)


def check_file(path: Path, unsaved: Mapping[Path, str]) -> Checked:
    """A file that no recipe includes: its syntax and shape alone, since nobody knows which names it may use."""
    sink = Sink()
    texts = {path.name: unsaved[path]} if path in unsaved else {}
    documents = tuple(read_file(Included(path.name, path), sink, texts))
    for document in documents:
        validate(document, sink)
    return Checked(path.parent, sink, documents, Definitions.of(documents, (), Sink()))
