"""What a name in a recipe means: the thing that stands under a place in a file, and where it is defined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from magnetc.frontend.document import Document
from magnetc.frontend.dotted import split_dotted
from magnetc.lsp.checked import Checked
from magnetc.source import Origin, Span

SORTS = {
    "recipe": ("paths",),
    "types": ("types",),
    "tools": ("types", "tools", "sets"),
    "graph": ("tools", "sets", "types"),
    "paths": ("tools", "sets", "paths"),
    "operations": ("tools", "paths"),
    "turns": ("tools", "types"),
}
"""The sorts of names that a document of each kind speaks of, the likeliest first."""

_NAME = re.compile(r"`[^`\n]*`|[^\W\d][\w-]*")
_DOTTED = re.compile(rf"(?:{_NAME.pattern})(?:\.(?:{_NAME.pattern}))*")
_SLOT = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class Named:
    """A name at a place. `sort` is that of its definition at `origin`: type, tool, set, path or parameter; `owner` the tool
    whose parameter it is."""

    sort: str
    name: str
    span: Span
    origin: Origin
    owner: str = ""


def name_at(checked: Checked, file: str, offset: int) -> Named | None:
    """The name under `offset`, if it is that of something the recipe defines."""
    source = checked.sink.files.get(file)
    word = source and next((w for w in _DOTTED.finditer(source.text) if w.start() <= offset <= w.end()), None)
    place = place_at(checked, file, offset)
    if source is None or word is None or place is None:
        return None
    document, pointer = place
    slot = next((s for s in _SLOT.finditer(source.text) if s.start() < offset < s.end()), None)
    if slot and document.kind == "turns":
        return _parameter_of(checked, list(_chain(document, pointer)), word[0], Span(file, *word.span()))
    parts = split_dotted(word[0])
    ends = list(accumulate(len(part) + 1 for part in _NAME.findall(word[0])))
    index = next((n for n, end in enumerate(ends) if offset - word.start() < end), len(ends) - 1)
    start, length = word.start() + (ends[index - 1] if index else 0), ends[index] - (ends[index - 1] if index else 0) - 1
    span = Span(file, start, start + length)
    if index and parts[0] in checked.definitions.tools:
        return _parameter(checked, parts[0], parts[index], span)
    return _defined(checked, document.kind, parts[index], span)


def place_at(checked: Checked, file: str, offset: int) -> tuple[Document, str] | None:
    """The innermost node whose key or value holds `offset`: its document and its pointer."""
    found: tuple[int, Document, str] | None = None
    for document in checked.documents:
        if document.file != file:
            continue
        for pointer, spans in document.spans.items():
            for span in spans:
                size = span.end - span.start
                if span.start <= offset <= span.end and (found is None or (size, -len(pointer)) <= (found[0], -len(found[2]))):
                    found = size, document, pointer
    return found[1:] if found else None


def _defined(checked: Checked, kind: str, name: str, span: Span) -> Named | None:
    likely = SORTS.get(kind, ())
    for sort in (*likely, *({"types", "tools", "sets", "paths"} - set(likely))):
        names = getattr(checked.definitions, sort)
        if name in names:
            return Named(names.sort, name, span, names.origins[name])
    return None


def _parameter(checked: Checked, tool: str, name: str, span: Span) -> Named | None:
    """A parameter of a tool, or else a place of its result."""
    origin = checked.definitions.tools.origins[tool]
    document = checked.document(origin.file, origin.pointer)
    if document is None:
        return None
    for part, sort in ((("parameters",), "parameter"), (("parameters", "properties"), "parameter"), (("returns",), "result")):
        place = origin.child(*part, name)
        if place.pointer.removeprefix(document[0].root) in document[0].spans:
            return Named(sort, name, span, place, tool)
    return None


def _parameter_of(checked: Checked, chain: list[tuple[str, str]], text: str, span: Span) -> Named | None:
    """The parameter that a slot stands for: of the tool asked for, or of the helper whose alias comes before its name.

    A slot for a field of an object stands for the object.
    """
    first, *more = split_dotted(text)
    for tool, known_as in chain:
        if tool in checked.definitions.tools and ((known_as == first and more) or not known_as):
            named = _parameter(checked, tool, more[0] if known_as else first, span)
            if named:
                return named
    return None


def _chain(document: Document, pointer: str) -> Iterator[tuple[str, str]]:
    """The tools of the template that a node of a document stands in, each with its alias."""
    node: Any = document.data
    found: Any = None
    for token in pointer.split("/")[1:]:
        node = node[int(token)] if isinstance(node, list) else node.get(token, {})
        found = node.get("chain", found) if isinstance(node, dict) else found
    for number, link in enumerate(found or ()):
        helper = link if isinstance(link, dict) else {"tool": link}
        tool = str(helper.get("tool"))
        yield tool, str(helper.get("as") or ("" if number == 0 else tool))
