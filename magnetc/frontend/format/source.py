"""Format one file, and make sure that it says what it said."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.format.comments import comments_of
from magnetc.frontend.format.dsl_layout import dsl_lines, indent_dsl
from magnetc.frontend.format.layout import settle
from magnetc.frontend.format.yaml_layout import indent_yaml, yaml_lines
from magnetc.frontend.yaml_events import read_yaml
from magnetc.ir.json import canonical
from magnetc.source import SourceFile


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file's text in the one style, and what it was."""

    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def format_source(file: SourceFile, sink: Sink) -> Formatted | None:
    """The text of `file` in the one style; None after an error in it, or when formatting would change what it says (MG903)."""
    documents = read_documents(file, sink)
    if sink.has_errors:
        return None
    is_dsl = file.name.endswith(".magnet")
    text = file.text.replace("\r\n", "\n").removeprefix("\ufeff")
    after = settle(dsl_lines(text), indent_dsl) if is_dsl else settle(yaml_lines(text), indent_yaml)
    again = Sink()
    read = read_documents(SourceFile(file.name, after), again)
    same = not again.has_errors and shapes(read) == shapes(documents) and comments_of(file) == comments_of(SourceFile(file.name, after))
    if not same:
        sink.error("MG903", f"formatting `{file.name}` would change what it says; it is left as it is",
                   help="this is a defect of magnetc: report it with the file")
        return None
    return Formatted(file.text, after)


def read_documents(file: SourceFile, sink: Sink) -> list[Document]:
    """The documents of a file, by its suffix; a recipe's shape and names are not looked at."""
    if file.name.endswith(".magnet"):
        return read_dsl(file, sink)
    document = read_yaml(file, sink)
    return [document] if document else []


def shapes(documents: list[Document]) -> list[str]:
    """What documents say, order of keys included."""
    return [f"{document.kind} {_ordered(document.data)}" for document in documents]


def _ordered(data: object) -> str:
    """Data as text in which the order of keys counts."""
    if isinstance(data, dict):
        return "{" + ",".join(f"{canonical(key)}:{_ordered(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(_ordered, data)) + "]"
    return canonical(data)
