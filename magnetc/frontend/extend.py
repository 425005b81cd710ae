"""`extend`: what a recipe says in place of what the recipe that it extends says, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import split_dotted
from magnetc.frontend.resolve_recipe import OF_EVERY_WORLD
from magnetc.ir.json import canonical
from magnetc.source import Span
from magnetc.source.origin import escape

_BY_NAME = (("types", "types"), ("tools", "tools"), ("tools", "refine"), ("tools", "sets"), ("paths", "paths"))
_WHOLE = ("locales", "partitions", "mixture")
"""Maps of shares of one whole: mixed with a base's they would not be that."""
_NOT_INHERITED = ("include", "extend")

Spans = dict[str, tuple[Span, Span]]


def override(base: Sequence[Document], own: Sequence[Document], sink: Sink) -> list[Document]:
    """The documents of both, without what of `base` is replaced by a thing of the same name in `own`.

    Names: of types, tools, refinements, sets and paths; the value and locale of `said`; the tools of an edge; the chain, type or
    tool of a phrase, with its locale. `infer` is replaced as a whole. An operation of `own` has the options of the base's that it
    does not give.
    """
    names = {name for document in own for name, _ in _named(document)}
    kept = [_without(document, {pointer for name, pointer in _named(document) if name in names}, sink) for document in base]
    options = {name: (document, index, data) for document in base for name, index, data in _operations(document)}
    return [*kept, *(_with_options(document, options, sink) for document in own)]


def merge_recipe(base: Document, own: Document, sink: Sink) -> Document:
    """The recipe `own` with the keys of `base` that it lacks; maps are merged key by key, but for shares. Each part keeps its
    place in its own file."""
    spans: Spans = dict(own.spans)
    inherited = {key: value for key, value in base.data.items() if key not in _NOT_INHERITED}
    data = _merged(_as_that_world(inherited, own.data), own.data, "", base, spans)
    merged = replace(own, data=data, spans=spans)
    sink.move(own.file, own.root, spans)
    return merged


def _as_that_world(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`base` without its world's kind, when `own` names one."""
    world, mine = base.get("world"), own.get("world")
    if not isinstance(world, dict) or not isinstance(mine, dict) or set(mine) <= set(OF_EVERY_WORLD):
        return base
    return base | {"world": {key: value for key, value in world.items() if key in OF_EVERY_WORLD and key not in ("packages", "normalise")}}


def _merged(base: dict[str, Any], own: dict[str, Any], pointer: str, document: Document, spans: Spans) -> dict[str, Any]:
    data = {}
    for key in (*base, *(key for key in own if key not in base)):
        place = f"{pointer}/{escape(key)}"
        if key not in own:
            data[key] = base[key]
            spans.update(_below(document, place))
        elif key in base and isinstance(base[key], dict) and isinstance(own[key], dict) and not (not pointer and key in _WHOLE):
            data[key] = _merged(base[key], own[key], place, document, spans)
        else:
            data[key] = own[key]
    return data


def _below(document: Document, pointer: str) -> Spans:
    """The spans of a node and all inside it."""
    return {place: spans for place, spans in document.spans.items() if place == pointer or place.startswith(pointer + "/")}


def _named(document: Document) -> Iterator[tuple[Any, str]]:
    """Each thing that can be replaced: its name, and its pointer."""
    for kind, section in _BY_NAME:
        if document.kind == kind:
            for name in document.data.get(section) or {}:
                yield (section, name), f"/{section}/{escape(name)}"
    match document.kind:
        case "types":
            for index, each in enumerate(document.data.get("said") or ()):
                yield ("said", each["type"], canonical(each["value"]), each["locale"]), f"/said/{index}"
        case "graph":
            if "infer" in document.data:
                yield "infer", "/infer"
            for section in ("links", "unlinks"):
                for index, each in enumerate(document.data.get(section) or ()):
                    yield ("edge", split_dotted(each["from"])[0], split_dotted(each["to"])[0]), f"/{section}/{index}"
        case "operations":
            for name, index, _ in _operations(document):
                yield ("operation", name), f"/operations/{index}"
        case "turns":
            yield from _phrases(document)


def _phrases(document: Document) -> Iterator[tuple[Any, str]]:
    sections: dict[str, list[dict[str, Any]]] = {key: value for key, value in document.data.items() if isinstance(value, list)}
    for section, statements in sections.items():
        for index, each in enumerate(statements):
            head = canonical({key: value for key, value in each.items() if key != "phrases"} | (
                {"chain": [step if isinstance(step, str) else step["tool"] for step in each["chain"]]} if "chain" in each else {}))
            for number, phrase in enumerate(each["phrases"]):
                yield (section, head, phrase["locale"]), f"/{section}/{index}/phrases/{number}"


def _without(document: Document, dropped: set[str], sink: Sink) -> Document:
    """The document without the nodes at `dropped`, and without statements that have no phrase left."""
    if not dropped:
        return document
    places: dict[str, str] = {}
    data = _copy(document.data, "", "", dropped, places)
    spans = {new: document.spans[old] for new, old in places.items() if old in document.spans}
    sink.move(document.file, document.root, spans)
    return replace(document, data=data, spans=spans)


def _copy(data: Any, old: str, new: str, dropped: set[str], places: dict[str, str]) -> Any:
    """Data without what is dropped. `places` takes, for each pointer of the copy, that of its original."""
    places[new] = old
    if isinstance(data, dict):
        return {key: _copy(value, f"{old}/{escape(key)}", f"{new}/{escape(key)}", dropped, places)
                for key, value in data.items() if f"{old}/{escape(key)}" not in dropped}
    if not isinstance(data, list):
        return data
    copied: list[Any] = []
    for index, value in enumerate(data):
        place = f"{old}/{index}"
        phrases = len(value["phrases"]) if isinstance(value, dict) and isinstance(value.get("phrases"), list) else 0
        empty = phrases and all(f"{place}/phrases/{number}" in dropped for number in range(phrases))
        if place not in dropped and not empty:
            copied.append(_copy(value, place, f"{new}/{len(copied)}", dropped, places))
    return copied


def _operations(document: Document) -> Iterator[tuple[str, int, dict[str, Any]]]:
    if document.kind == "operations":
        for index, each in enumerate(document.data["operations"]):
            for name, options in each.items():
                yield name, index, options


def _with_options(document: Document, base: Mapping[str, tuple[Document, int, dict[str, Any]]], sink: Sink) -> Document:
    """The document with the options of the base's operations that it names and does not give."""
    if not any(name in base for name, _, _ in _operations(document)):
        return document
    spans: Spans = dict(document.spans)
    operations: list[Any] = list(document.data["operations"])
    for name, index, options in _operations(document):
        if name in base:
            source, number, inherited = base[name]
            operations[index] = {name: inherited | options}
            for option in set(inherited) - set(options):
                old, new = (f"/operations/{at}/{escape(name)}/{escape(option)}" for at in (number, index))
                spans.update({new + place[len(old) :]: each for place, each in _below(source, old).items()})
    sink.move(document.file, document.root, spans)
    return replace(document, data={**document.data, "operations": operations}, spans=spans)
