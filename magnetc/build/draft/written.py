"""Drafts as files of a recipe: statements with their reasons above them, beside what was drafted before, and `include`d."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import apply_edits, is_plain
from magnetc.diagnostics.model import Edit
from magnetc.frontend.document import Document
from magnetc.frontend.format.to_dsl import dsl_rows
from magnetc.frontend.include import Included, expand_include
from magnetc.frontend.layers import find_root, read_layers
from magnetc.frontend.read_file import read_file
from magnetc.frontend.string_literal import encode_string
from magnetc.source import Origin, Span
from magnetc.source.write_whole import write_whole

_LONGEST = 160
"""Characters of a reason that are kept."""


def statement(document: Document) -> list[str]:
    """The lines of the DSL that say what a document does. Raises Inexpressible."""
    return [row.text for row in dsl_rows(document, lambda start, end: False)]


def comment(text: str, indent: str = "") -> str:
    """A comment of one line, whatever a model wrote."""
    return f"{indent}# {short(text)}"


def short(text: str) -> str:
    """A model's reason on one line, and not too long for it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def append(folder: Path, file: str, head: str, lines: Iterable[str]) -> None:
    """Write lines behind what the file has, or into a new one that begins with the comment `head`."""
    path = folder / file
    before = path.read_text(encoding="utf-8") if path.is_file() else f"{comment(head)}\n"
    write_whole(path, before + ("" if before.endswith("\n") else "\n") + "\n" + "\n".join(lines) + "\n")


def file_without(folder: Path, file: str, refined: Iterable[str]) -> str:
    """The first of `file`, and those with a number behind its name, that refines none of these tools: a file refines each once."""
    wanted, stem = set(refined), file.removesuffix(".magnet")
    number = 1
    while (folder / file).is_file():
        documents = read_file(Included(file, folder / file), Sink())
        if not wanted & {name for each in documents for name in each.data.get("refine") or ()}:
            break
        number += 1
        file = f"{stem}-{number}.magnet"
    return file


def include(folder: Path, file: str) -> bool:
    """See to it that the recipe reads `file`: whether it does now. What it includes by a glob is left alone."""
    if _is_included(folder, file):
        return True
    sink = Sink()
    root = find_root(folder, sink)
    documents = read_file(root, sink) if root else []
    listed = documents[0].data.get("include") if documents else None
    if root is None or sink.has_errors or not isinstance(listed, list) or not listed:
        return False
    last = sink.span(Label(Origin(root.name, documents[0].root).child("include", len(listed) - 1)))
    if last is None:
        return False
    source = sink.files[root.name].text
    line = source[source.rfind("\n", 0, last.start) + 1 : last.start]
    name = encode_string(file) if root.name.endswith(".magnet") or not is_plain(file) else file
    added = f"\n{line}{name}" if line.strip() == "-" else f", {name}"
    before = root.path.read_bytes()
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    write_whole(root.path, mark + apply_edits(source, [Edit(Span(root.name, last.end, last.end), added)]).encode())
    if _is_included(folder, file):
        return True
    write_whole(root.path, before)
    return False


def _is_included(folder: Path, file: str) -> bool:
    sink = Sink()
    layers = read_layers(folder, sink, None)
    patterns = layers[-1].recipe.data.get("include") if layers and not sink.has_errors else None
    if not isinstance(patterns, list):
        return False
    return any(each.name == file for each in expand_include(folder, patterns, Origin("", ""), Sink()))
