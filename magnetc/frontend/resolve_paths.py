"""Paths, what may be sampled, and operations, what is done to what was sampled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import located, swapped
from magnetc.frontend.document import Document
from magnetc.frontend.names import Definitions, duplicate, entries, items, unknown
from magnetc.frontend.pattern import parse_pattern
from magnetc.frontend.schema import probabilities
from magnetc.ir.json import Json
from magnetc.ir.spec import OperationSpec, PathSpec, ToolSet
from magnetc.source import Origin, Span

TOGETHER = ("clutter", "no_tool")
"""Operations whose ways do not exclude each other."""


def resolve_paths(documents: Iterable[Document], definitions: Definitions, sets: Mapping[str, ToolSet],
                  sink: Sink) -> tuple[PathSpec, ...]:
    """All paths in order of definition, sets replaced by their tools."""
    return tuple(_path(name, data, origin, definitions, sets, sink)
                 for name, data, origin in entries(documents, "paths", "paths")
                 if definitions.paths.origins.get(name) == origin)


def _path(name: str, data: Mapping[str, Any], origin: Origin, definitions: Definitions, sets: Mapping[str, ToolSet],
          sink: Sink) -> PathSpec:
    turns = tuple(data.get("turns", (2, 7)))
    _check_range("turns", name, turns, origin.child("turns"), sink)
    start = _expand(data.get("start") or (), origin.child("start"), definitions, sets, sink)
    within = _expand(data.get("within") or (), origin.child("within"), definitions, sets, sink)
    orders = {key: _orders(data.get(key) or (), origin.child(key), definitions, sink) for key in ("require", "forbid")}
    at_most = tuple((each["count"], each["tool"]) for index, each in enumerate(data.get("at_most") or ())
                    if definitions.tools.check(each["tool"], origin.child("at_most", index, "tool"), sink))
    distance = tuple(data["distance"]) if "distance" in data else None
    if distance:
        _check_range("distance", name, distance, origin.child("distance"), sink)
    text = " ".join(data.get("pattern", "").split())
    names = {tool: (tool,) for tool in definitions.tools.origins} | {key: each.tools for key, each in sets.items()}
    if within:
        _check_within(name, data, within, start, orders["require"], origin, sink)
    return PathSpec(name=name, turns=turns, start=start, within=within, at_most=at_most, **orders,
                    pattern=parse_pattern(text, sink, origin.child("pattern"), names) if text else None,
                    pattern_text=text, sample=data.get("sample", "walk"), distance=distance, origin=origin)


def _expand(names: Iterable[str], origin: Origin, definitions: Definitions, sets: Mapping[str, ToolSet],
            sink: Sink) -> tuple[str, ...]:
    """Tools of a list of tools and sets, each once, in order."""
    tools: list[str] = []
    for index, name in enumerate(names):
        if name in sets:
            tools += sets[name].tools
        elif name in definitions.tools:
            tools.append(name)
        elif name not in definitions.sets:
            known = (*definitions.tools.origins, *definitions.sets.origins)
            unknown("MG203", "tool or set", name, known, origin.child(index), sink)
    return tuple(dict.fromkeys(tools))


def _orders(data: Iterable[Mapping[str, str]], origin: Origin, definitions: Definitions,
            sink: Sink) -> tuple[tuple[str, str], ...]:
    orders = []
    for index, each in enumerate(data):
        known = [definitions.tools.check(each[key], origin.child(index, key), sink) for key in ("before", "after")]
        if all(known):
            orders.append((each["before"], each["after"]))
    return tuple(dict.fromkeys(orders))


def _check_within(name: str, data: Mapping[str, Any], within: tuple[str, ...], start: tuple[str, ...],
                  require: tuple[tuple[str, str], ...], origin: Origin, sink: Sink) -> None:
    """MG303: `within` must let in what the path itself starts with or requires."""
    for tool in start:
        if tool not in within:
            sink.error("MG303", f"path `{name}` starts in `{tool}`, which `within` leaves out", located(sink, origin.child("start"), tool) or origin.child("start"),
                       secondary=(Label(origin.child("within"), "only these may be called"),),
                       help=f"add `{tool}` to `within`, or leave it out of `start`", fix=_let_in(tool, origin, sink))
    for index, order in enumerate(data.get("require") or ()):
        before, after = order["before"], order["after"]
        if (before, after) in require and after in within and before not in within:
            sink.error("MG303", f"path `{name}` requires `{before}` before `{after}`, but `within` leaves `{before}` out",
                       origin.child("require", index), secondary=(Label(origin.child("within"), "only these may be called"),),
                       help=f"add `{before}` to `within`", fix=_let_in(before, origin, sink))


def _let_in(tool: str, origin: Origin, sink: Sink) -> Fix | None:
    """Add a tool to the end of `within`, written as `[…]`: a guess, since the path may have been meant without it."""
    span = sink.span(Label(origin.child("within")))
    last = span and sink.source(span)[-1:]
    return Fix.of(Span(span.file, span.end - 1, span.end), f", {tool}]", safe=False) if span and last == "]" else None


def resolve_operations(documents: Iterable[Document], sink: Sink) -> tuple[OperationSpec, ...]:
    """All operations in order, each at most once."""
    operations: dict[str, OperationSpec] = {}
    for data, origin in items(documents, "operations", "operations"):
        for name, options in data.items():
            place = origin.child(name)
            if name in operations:
                duplicate("operation", name, place, operations[name].origin, sink, help="leave one of the two out: each operation is applied once")
                continue
            options = options or {}
            for option, value in options.items():
                if isinstance(value, list):
                    _check_range(option, name, value, place.child(option), sink)
            _check_sum(name, options, place, sink)
            _check_room(options, place, sink)
            operations[name] = OperationSpec(name=name, options=tuple((k, _plain(v)) for k, v in options.items()),
                                             origin=place)
    return tuple(operations.values())


def _plain(value: Json) -> Json:
    """Lists as tuples, so that a spec can be hashed."""
    return tuple(value) if isinstance(value, list) else value


def _check_sum(operation: str, options: Mapping[str, Json], origin: Origin, sink: Sink) -> None:
    """The ways of one operation exclude each other, but for those in TOGETHER: their probabilities cannot exceed 1 together."""
    chances = probabilities(operation) if operation not in TOGETHER else ()
    shares = [value for option, value in options.items() if isinstance(value, (int, float)) and option in chances]
    if sum(shares) > 1 + 1e-9:
        sink.error("MG220", f"the probabilities of `{operation}` add up to {sum(shares):g}, which is above 1", origin,
                   at_key=True, help="lower them: they exclude each other, and what is left of 1 is that none happens")


def _check_room(options: Mapping[str, Json], origin: Origin, sink: Sink) -> None:
    """A conversation calls a tool, so `most` has to be above the lower bound of `count` for that to be kept."""
    most, low = options.get("most"), options.get("count", (0,))[0]
    if most is not None and most <= low:
        sink.error("MG209", f"`most: {most}` leaves no room for {low} tools beside the called ones", origin.child("most"),
                   help=f"write at least {low + 1}, or a lower `count`")


def _check_range(key: str, owner: str, bounds: Sequence[int], origin: Origin, sink: Sink) -> None:
    if bounds[0] > bounds[1]:
        sink.error("MG209", f"`{key}` of `{owner}` is reversed: {bounds[0]} is above {bounds[1]}", origin,
                   help="write the lower bound first", fix=swapped(sink, origin))
