"""`infer` of the graph documents: in which ways edges are found besides those declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.names import items
from magnetc.ir.spec import CANDIDATES, Inference
from magnetc.source import Origin


def resolve_infer(documents: Iterable[Document], sink: Sink) -> tuple[Inference, ...]:
    """The union of all documents, in order of mention; `typed` when none has `infer`. A way has one setting (MG308)."""
    documents = tuple(document for document in documents if document.kind == "graph")
    if not any("infer" in document.data for document in documents):
        return (Inference("typed"),)
    found: dict[str, tuple[Inference, Origin]] = {}
    for item, origin in items(documents, "graph", "infer"):
        for way in _inferences(item, origin):
            first, place = found.setdefault(way.name, (way, origin))
            if first != way:
                sink.error("MG308", f"`{way.name}` is asked for in two ways", origin, secondary=(Label(place, "first here"),),
                           help="say it once, with all its settings")
    return tuple(way for way, _ in found.values())


def _inferences(item: str | Mapping[str, Any], origin: Origin) -> Iterable[Inference]:
    ways: Mapping[str, Any] = {item: {}} if isinstance(item, str) else item
    return [Inference(name, int(options.get("top", CANDIDATES if name == "semantic" else 0)), str(options.get("by", "")), origin)
            for name, options in ways.items()]
