"""EdgeReasons: why there is an edge from one tool to another, or why there is none, as facts with the places they stand at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from magnetc.emit.chain import shortest_chain
from magnetc.emit.near_miss import Ground, Obstacle, ResultPlace, facts, obstacle, result_places
from magnetc.frontend.dotted import join_dotted, quote_name
from magnetc.frontend.resolve_graph import flows
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.pointer import tokens
from magnetc.ir.probed import Finding
from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.spec import Link, Spec
from magnetc.ir.types import PRIMITIVES, Ref

BRIDGES = 3
"""How many tools that convert a value are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueReasons:
    """A value of the source's result and a parameter of the target, and what makes or keeps them from being an edge."""

    at: str
    parameter: str
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeReasons:
    """`edge` is None where there is none: `values` are then the nearest misses, and `chain` the shortest way round.

    `advice` is a statement of the graph that would make the edge, if there can be one.
    """

    source: str
    target: str
    edge: Edge | None
    grounds: tuple[Ground, ...]
    values: tuple[ValueReasons, ...] = ()
    chain: tuple[Edge, ...] = ()
    advice: str = ""


class _Miss(NamedTuple):
    """A pair that is no flow. The smallest `rank` is the nearest: (obstacle, whether names differ, pointer)."""

    rank: tuple[Obstacle, bool, str]
    place: ResultPlace
    parameter: Parameter
    reasons: ValueReasons


def edge_reasons(spec: Spec, graph: LocalDependencyGraph, source: str, target: str) -> EdgeReasons:
    """Why there is an edge from tool `source` to tool `target` in the graph of `spec`, or why not."""
    giver, taker = spec.tool[source], spec.tool[target]
    places = {place.pointer: place for place in result_places(giver.returns, giver.origin.child("returns"))}
    edge = graph.edge.get((source, target))
    if edge is not None:
        values = tuple(_flow(spec, edge, places.get(flow.pointer), flow.pointer, taker, flow.parameter) for flow in edge.values)
        return EdgeReasons(source=source, target=target, edge=edge, grounds=_why(spec, edge, taker), values=values)
    grounds = _why_not(spec, source, target)
    misses = [] if source == target else [
        miss for parameter in taker.parameters
        if (miss := _nearest(spec, graph, giver, tuple(places.values()), taker, parameter))
    ]
    advice = next((_statement(giver, miss.place, taker, miss.parameter) for miss in sorted(misses, key=lambda miss: miss.rank)
                   if miss.place.pointer and flows(miss.place.type, miss.parameter.type, spec.type_table)), "")
    return EdgeReasons(source=source, target=target, edge=None, values=tuple(miss.reasons for miss in misses),
                       grounds=grounds or _nothing(spec, giver, taker, bool(places), bool(misses)),
                       chain=shortest_chain(graph, source, target), advice="" if (source, target) in spec.graph.unlinks else advice)


def dotted(pointer: str) -> str:
    """A pointer pattern as a link names it: lists and maps are passed through."""
    return join_dotted([token for token in tokens(pointer) if token != "*"]) or "the result"


def _links(spec: Spec, source: str, target: str) -> list[Link]:
    return [link for link in spec.graph.links if (link.source, link.target) == (source, target)]


def _flow(spec: Spec, edge: Edge, place: ResultPlace | None, pointer: str, taker: FunctionSignature, name: str) -> ValueReasons:
    """What one value of an edge rests on: a link that declares it, and types."""
    grounds = [Ground(text="a link declares it", at=link.origin) for link in _links(spec, edge.source, edge.target)
               if (link.pointer, link.parameter) == (pointer, name)]
    parameter = taker.parameter(name)
    if place is not None and parameter is not None:
        grounds += _ends(place, parameter)
        found = obstacle(place, parameter.type, spec.type_table)
        if found is Obstacle.NONE:
            grounds += facts(place, parameter.type, found, spec.type_table)
        elif not grounds[0].text.startswith("a link"):
            grounds.append(Ground(text=f"types do not make this value flow: that the edge is {edge.origin} does"))
    grounds += _probes(spec, edge.source, edge.target, pointer, name)
    return ValueReasons(at=pointer, parameter=name, grounds=tuple(grounds))


def _probes(spec: Spec, source: str, target: str, pointer: str, parameter: str) -> list[Ground]:
    """What executing both tools said of a value."""
    return [Ground(text=f"executing both: {probed.finding}" + (f", {probed.reason}" if probed.reason else ""))
            for probed in spec.graph.probes.flows if probed.place == (source, target, ValueFlow(pointer, parameter))]


def _is_refuted(spec: Spec, source: str, target: str, pointer: str, parameter: str) -> bool:
    place = (source, target, ValueFlow(pointer, parameter))
    return any(probed.place == place and probed.finding is Finding.REFUTED for probed in spec.graph.probes.flows)


def _ends(place: ResultPlace, parameter: Parameter) -> tuple[Ground, Ground]:
    same = ", the same type" if place.type == parameter.type else ""
    name = dotted(place.pointer)
    return (Ground(text=f"{name if '`' in name else f'`{name}`'} is `{show_type(place.type)}`", at=place.origin, at_key=True),
            Ground(text=f"`{parameter.name}` takes `{show_type(parameter.type)}`{same}", at=parameter.origin, at_key=True))


def _why(spec: Spec, edge: Edge, taker: FunctionSignature) -> tuple[Ground, ...]:
    """What an edge as a whole rests on, and what makes its kind."""
    grounds = [Ground(text="a link declares that it comes first", at=link.origin)
               for link in _links(spec, edge.source, edge.target) if not link.parameter]
    grounds += [ground for ground, _ in _votes(spec, edge.source, edge.target)]
    if "semantic" in (edge.origin, *edge.also):
        grounds.append(Ground(text=f"the tools read alike{_ranking(spec)}"))
    if edge.kind is EdgeKind.PREREQUISITE:
        return (*grounds, Ground(text="order matters, no value flows"))
    given = {flow.parameter for flow in edge.values}
    missing = [p for p in taker.parameters if p.required and p.name not in given]
    if edge.kind is EdgeKind.FULL:
        return (*grounds, Ground(text=f"full: it gives all that `{taker.name}` requires"))
    if not missing:
        return (*grounds, Ground(text=f"partial: `{taker.name}` requires no argument"))
    return (*grounds, *(Ground(text=f"partial: `{taker.name}` also requires `{p.name}` (`{show_type(p.type)}`)", at=p.origin,
                               at_key=True) for p in missing))


def _ranking(spec: Spec) -> str:
    """By what tools that read alike were ranked, and how many a tool is given."""
    semantic = spec.graph.inference("semantic")
    if semantic is None:
        return ""
    return f", by {semantic.by or 'their words'}" + (f": among the {semantic.top} nearest" if semantic.top else "")


def _why_not(spec: Spec, source: str, target: str) -> tuple[Ground, ...]:
    """What rules an edge out whatever the types are."""
    if source == target:
        return (Ground(text="a tool has no edge to itself"),)
    places = dict(zip(spec.graph.unlinks, spec.graph.unlinked_at))
    if (source, target) in spec.graph.unlinks:
        return (Ground(text="they are unlinked", at=places.get((source, target))),)
    return tuple(ground for ground, kind in _votes(spec, source, target) if kind == "none")


def _votes(spec: Spec, source: str, target: str) -> list[tuple[Ground, str]]:
    """What judges said of two tools, and the kind that most of them gave."""
    if spec.graph.inference("judged") is None:
        return []
    return [(Ground(text=f"judges say {each.kind}: {each.full} full, {each.partial} partial, {each.prerequisite} prerequisite, "
                         f"{each.none} none", at=each.origin if each.origin.file else None), each.kind)
            for each in spec.graph.votes if (each.source, each.target) == (source, target)]


def _nothing(spec: Spec, giver: FunctionSignature, taker: FunctionSignature, gives: bool, is_near: bool) -> tuple[Ground, ...]:
    """What to say where no value comes near any parameter."""
    if not taker.parameters:
        return (Ground(text=f"`{taker.name}` takes no argument", at=taker.origin, at_key=True),)
    if not gives:
        return (Ground(text=f"`{giver.name}` returns nothing", at=giver.origin, at_key=True),)
    if is_near:
        return (_not_found(spec),)
    wanted = list(dict.fromkeys(show_type(p.type) for p in taker.parameters))
    bare = [name for name in wanted if name in PRIMITIVES]
    return (Ground(text=f"nothing in the result of `{giver.name}` comes near what `{taker.name}` takes: "
                        + ", ".join(f"`{name}`" for name in wanted), at=taker.origin, at_key=True),
            *(Ground(text=f"`{name}` is a primitive, which never unifies: it says nothing about meaning") for name in bare))


def _not_found(spec: Spec) -> Ground:
    ways = ", ".join(each.name for each in spec.graph.infer)
    return Ground(text="no link declares it" + (f", and `infer {ways}` does not find it" if ways else ", and nothing is inferred"))


def _nearest(spec: Spec, graph: LocalDependencyGraph, giver: FunctionSignature, places: tuple[ResultPlace, ...],
             taker: FunctionSignature, parameter: Parameter) -> _Miss | None:
    """The place of a result that comes nearest to a parameter; None when none does."""
    ranked = []
    for place in places:
        found = obstacle(place, parameter.type, spec.type_table)
        is_named = dotted(place.pointer).rpartition(".")[2] == parameter.name
        bridges = _bridges(graph, giver.name, place.pointer, taker.name, parameter.name) if found is Obstacle.UNITS else []
        if is_named or bridges or not _is_far(found, place, parameter, spec):
            ranked.append(((found, not is_named, place.pointer), place, bridges))
    if not ranked:
        return None
    rank, place, bridges = min(ranked, key=lambda item: item[0])
    probes = _probes(spec, giver.name, taker.name, place.pointer, parameter.name)
    grounds = (*_ends(place, parameter), *facts(place, parameter.type, rank[0], spec.type_table), *bridges, *probes)
    if rank[0] is Obstacle.NONE and not _why_not(spec, giver.name, taker.name):
        grounds += (_not_inferred(spec, refuted=_is_refuted(spec, giver.name, taker.name, place.pointer, parameter.name)),)
    return _Miss(rank, place, parameter, ValueReasons(at=place.pointer, parameter=parameter.name, grounds=grounds))


def _not_inferred(spec: Spec, *, refuted: bool) -> Ground:
    """Why types that unify make no edge that nothing rules out."""
    typed = spec.graph.inference("typed")
    if typed is None:
        return Ground(text="they unify, but the graph does not `infer typed`")
    if refuted and spec.graph.inference("probed") is not None:
        return Ground(text="they unify, but `infer probed` leaves out what is refuted")
    return Ground(text=f"they unify, but a parameter takes values from {typed.top} tools at most (`infer typed top {typed.top}`)")


def _is_far(found: Obstacle, place: ResultPlace, parameter: Parameter, spec: Spec) -> bool:
    """Whether an obstacle between things of different names is not worth a word: any string is no city."""
    if found is Obstacle.PRIMITIVE:
        return place.type != parameter.type
    if found is Obstacle.UNITS:
        table, names = spec.type_table, [t.name for t in (place.type, parameter.type) if isinstance(t, Ref)]
        return len(names) < 2 or not set(table.ancestry(names[0])) & set(table.ancestry(names[1]))
    return found is Obstacle.UNRELATED


def _bridges(graph: LocalDependencyGraph, source: str, pointer: str, target: str, parameter: str) -> list[Ground]:
    """Tools that take the value and give one that the parameter takes."""
    found = []
    for edge in graph.successors[source]:
        onward = graph.edge.get((edge.target, target))
        into = [flow.parameter for flow in edge.values if flow.pointer == pointer]
        out = [flow.pointer for flow in onward.values if flow.parameter == parameter] if onward else []
        if into and out:
            found.append(Ground(text=f"`{edge.target}` converts it: it takes `{into[0]}` and gives `{dotted(out[0])}`"))
    return found[:BRIDGES]


def _statement(giver: FunctionSignature, place: ResultPlace, taker: FunctionSignature, parameter: Parameter) -> str:
    into = quote_name(parameter.name)
    return f"link {quote_name(giver.name)}.{dotted(place.pointer)} -> {quote_name(taker.name)}.{into}"
