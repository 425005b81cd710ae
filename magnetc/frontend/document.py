"""Document: what one file of a recipe says, and where each part of it stands, whatever syntax it was written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.source import Span


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a recipe: plain JSON data of one `kind`.

    `file` is the name relative to the recipe folder. `data` includes the key `kind`. `spans` maps the JSON pointer of
    each node (RFC 6901; the root is "") to the spans of its key and of its value; where there is no key, at the root and
    in lists, both are the value's span.

    `root` comes before a pointer of this document in the file's own index (`Sink.add_file`) and so in every `Origin`:
    `Origin(file, root + pointer)`. It is empty where the file is one document, as in YAML, and `/<kind>:` in the DSL,
    where one file makes one document of each kind.
    """

    kind: str
    file: str
    data: dict[str, Any]
    spans: Mapping[str, tuple[Span, Span]]
    root: str = ""

    def span(self, pointer: str, *, at_key: bool = False) -> Span:
        """Where a node stands: its value or its key, or the key of the nearest enclosing node that has a span."""
        exact = True
        while pointer and pointer not in self.spans:
            pointer, exact = pointer.rpartition("/")[0], False
        if pointer not in self.spans:
            return Span(self.file, 0, 0)
        key, value = self.spans[pointer]
        return key if at_key or not exact else value


class SpanIndex(Mapping[str, tuple[Span, Span]]):
    """Spans by JSON pointer, kept as offsets: only the few that a diagnostic asks for become `Span` objects.

    `offsets` maps a pointer to (key start, key end, value start, value end).
    """

    __slots__ = ("_file", "_offsets")

    def __init__(self, file: str, offsets: dict[str, tuple[int, int, int, int]]):
        self._file = file
        self._offsets = offsets

    def __getitem__(self, pointer: str) -> tuple[Span, Span]:
        key_start, key_end, start, end = self._offsets[pointer]
        return Span(self._file, key_start, key_end), Span(self._file, start, end)

    def __contains__(self, pointer: object) -> bool:
        return pointer in self._offsets

    def __iter__(self) -> Iterator[str]:
        return iter(self._offsets)

    def __len__(self) -> int:
        return len(self._offsets)
