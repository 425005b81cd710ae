"""Sound parts: what of a recipe can be resolved although some of it is malformed, and the names that may stand in the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from magnetc.diagnostics import Diagnostic, Sink
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.document import Document
from magnetc.frontend.dsl.blocks import KEYWORDS
from magnetc.frontend.schema import KINDS, faults, keys_of
from magnetc.source.origin import escape

_STAND_INS: dict[str, Any] = {"name": "recipe", "version": "0", "seed": 0, "world": {"python": "world:World", "now": "2026-01-01T00:00:00Z"}}
"""What a recipe cannot be resolved without, for one that lacks it."""

_ENTRIES = frozenset(("types", "said", "tools", "refine", "sets", "from", "links", "unlinks", "undos", "paths", "operations", "turns", "refers",
                      "replies", "asks", "capabilities"))
"""Keys whose entries or items stand each for itself."""

_BLOCK = re.compile(rf"^(?:{'|'.join(KEYWORDS)})\b", re.MULTILINE)
_WORD = re.compile(r"[^\W\d][\w-]*")


@dataclass(slots=True)
class Doubt:
    """Names that may be defined in what cannot be read: `words` of it, or any at all with `everything`."""

    words: set[str] = field(default_factory=set)
    everything: bool = False
    keys: set[str] = field(default_factory=set)
    """Keys whose entries are lost, however they were called."""

    def covers(self, name: str) -> bool:
        """Whether `name` may be defined there, or one so close to it that it may have been meant."""
        return self.everything or name in self.words or closest(name, self.words) is not None

    def add(self, text: str) -> None:
        self.words.update(_WORD.findall(text))


def sound_parts(documents: Sequence[Document], sink: Sink) -> tuple[list[Document], Doubt]:
    """The documents without their malformed parts, and the doubt that these, and files with errors of syntax, leave.

    `sink` has the errors of reading them. An entry or item that is left out stays as None: its name is known, and the others keep
    their places.
    """
    doubt = Doubt()
    sound = []
    for document in documents:
        if document.kind in KINDS and (kept := _without_faults(document, doubt, sink)):
            sound.append(kept)
        else:
            doubt.add(_source(document, "", sink))
    read = {document.file for document in documents}
    for diagnostic in sink.diagnostics:
        _doubt_syntax(diagnostic, read, doubt, sink)
    return sound, doubt


def _without_faults(document: Document, doubt: Doubt, sink: Sink) -> Document | None:
    found = faults(document)
    if not found:
        return document
    data = dict(document.data)
    if document.kind == "recipe":
        data = {**_STAND_INS, **data}
    for path in found:
        _take_out(path, data, document, doubt, sink)
    if document.kind == "recipe":
        data = {**_STAND_INS, **data}
    return replace(document, data=data) if not faults(replace(document, data=_dense(data))) else None


def _take_out(path: Sequence[str | int], data: dict[str, Any], document: Document, doubt: Doubt, sink: Sink) -> None:
    """Remove from `data` the entry or key that holds a fault; unknown keys of the document itself, where it is at fault."""
    if not path:
        unknown = [key for key in data if key not in keys_of(document.kind)]
        doubt.everything = doubt.everything or (document.kind == "recipe" and bool(unknown) and "include" not in data)
        for key in unknown:
            doubt.add(_source(document, f"/{escape(key)}", sink))
            del data[key]
        return
    key, *rest = path
    if key not in data:
        return
    holder = data[key]
    if key in _ENTRIES and document.kind != "recipe" and rest and isinstance(holder, (dict, list)):
        doubt.add(str(rest[0]))
        data[key] = ([None if index == rest[0] else each for index, each in enumerate(holder)] if isinstance(holder, list)
                     else {name: None if name == rest[0] else each for name, each in holder.items()})
    else:
        doubt.add(_source(document, f"/{escape(str(key))}", sink))
        doubt.everything = doubt.everything or (document.kind == "recipe" and key == "include")
        if document.kind != "recipe":
            doubt.keys.add(str(key))
        del data[key]


def _dense(data: dict[str, Any]) -> dict[str, Any]:
    return {key: [each for each in value if each is not None] if isinstance(value, list)
            else {name: each for name, each in value.items() if each is not None} if key in _ENTRIES and isinstance(value, dict)
            else value for key, value in data.items()}


def _source(document: Document, pointer: str, sink: Sink) -> str:
    """The text of a node with its key."""
    file = sink.files.get(document.file)
    if file is None or pointer not in document.spans:
        return file.text if file else ""
    key, value = document.spans[pointer]
    return file.text[min(key.start, value.start) : max(key.end, value.end)]


def _doubt_syntax(diagnostic: Diagnostic, read: set[str], doubt: Doubt, sink: Sink) -> None:
    """A file that made no document, or a block of a DSL file, may define whatever stands in it; a file that is missing, anything."""
    span = sink.span(diagnostic.primary) if diagnostic.primary else None
    of_files = diagnostic.code.startswith("MG0")
    if of_files or span is None:
        doubt.everything = doubt.everything or of_files
        return
    file = sink.files[span.file]
    if span.file.endswith(".magnet") and diagnostic.code.startswith(("MG14", "MG15")):
        starts = [match.start() for match in _BLOCK.finditer(file.text)]
        start = max((each for each in starts if each <= span.start), default=0)
        doubt.add(file.text[start : min((each for each in starts if each > span.start), default=len(file.text))])
    elif span.file not in read:
        doubt.add(file.text)


def without_references(documents: Iterable[Document]) -> list[Document]:
    """The documents without what speaks of all tools at once: what is referred to may stand in any result."""
    return [replace(document, data={key: value for key, value in document.data.items() if key != "refers"})
            if document.kind == "turns" else document for document in documents]
