"""The graph document: links and unlinks between tools, and what undoes what, checked against what they return and take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import renamed
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import join_dotted, split_dotted
from magnetc.frontend.names import Definitions, Scope, items, unknown
from magnetc.frontend.resolve_infer import resolve_infer
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import GraphSpec, Link, Undo
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr, TypeTable, leaves
from magnetc.source import Origin
from magnetc.source.origin import escape


def resolve_graph(documents: Iterable[Document], definitions: Definitions, tools: Mapping[str, FunctionSignature],
                  table: TypeTable, sink: Sink) -> GraphSpec:
    """All graph documents as one."""
    documents = tuple(documents)
    scope = Scope(definitions, tools, table, sink)
    links = [link for data, origin in items(documents, "graph", "links") if (link := _link(data, origin, scope))]
    unlinks: dict[tuple[str, str], Origin] = {}
    for data, origin in items(documents, "graph", "unlinks"):
        source, target = (_tool_end(data[key], origin.child(key), scope) for key in ("from", "to"))
        if source and target:
            unlinks.setdefault((source[0], target[0]), origin)
    undos: dict[str, Undo] = {}
    for data, origin in items(documents, "graph", "undos"):
        if undo := _undo(data, origin, undos, scope):
            undos[undo.tool] = undo
    _check_order(links, sink)
    return GraphSpec(infer=resolve_infer(documents, sink), links=tuple(dict.fromkeys(links)), unlinks=tuple(unlinks),
                     undos=tuple(undos.values()), unlinked_at=tuple(unlinks.values()))


def _undo(data: Mapping[str, Any], origin: Origin, known: Mapping[str, Undo], scope: Scope) -> Undo | None:
    names = {key: data[key] for key in ("tool", "with")}
    wrong = [key for key, name in names.items() if name not in scope.definitions.tools]
    for key in wrong:
        unknown("MG203", "tool", names[key], scope.definitions.tools.origins, origin.child(key), scope.sink)
    earlier = known.get(names["tool"])
    if earlier:
        scope.sink.error("MG311", f"`{earlier.tool}` is undone twice", origin, secondary=(Label(earlier.origin, "here for the first time"),),
                         help="leave one of the two statements out")
    return None if wrong or earlier else Undo(tool=names["tool"], by=names["with"], origin=origin)


def _link(data: Mapping[str, Any], origin: Origin, scope: Scope) -> Link | None:
    source = _tool_end(data["from"], origin.child("from"), scope)
    target = _tool_end(data["to"], origin.child("to"), scope)
    if source is None or target is None:
        return None
    (source_name, path), (target_name, parameter) = source, target
    if bool(path) != bool(parameter):
        _one_sided(data, (source_name, path), (target_name, parameter), origin, scope)
        return None
    if not path:
        return Link(source=source_name, target=target_name, origin=origin)
    return _value_link(source_name, path, target_name, parameter, origin, scope)


def _one_sided(data: Mapping[str, Any], source: tuple[str, tuple[str, ...]], target: tuple[str, tuple[str, ...]], origin: Origin,
               scope: Scope) -> None:
    """MG304, with the field or parameter that was meant if only one has the type of the other side."""
    key = "to" if source[1] else "from"
    near = None
    giver, taker = scope.tools.get(source[0]), scope.tools.get(target[0])
    if giver and taker:
        ends = [(name, parameter.name) for name in field_names(giver.returns) for parameter in taker.parameters
                if (found := field_at(giver.returns, tuple(name.split(".")))) and found[1] == parameter.type
                and name in (".".join(source[1]), *(() if source[1] else (name,)))
                and parameter.name in (join_dotted(target[1]), *(() if target[1] else (parameter.name,)))]
        near = f"{data[key]}.{ends[0][1] if source[1] else ends[0][0]}" if len(ends) == 1 else None
    scope.sink.error("MG304", f"a value flows from or to a tool, but `{data[key]}` names no {'parameter' if source[1] else 'field'} for it",
                     origin.child(key), fix=renamed(scope.sink, origin.child(key), data[key], near, safe=False) if near else None,
                     help=f"did you mean `{near}`?" if near else "name a field and a parameter for a value, or two tools for a prerequisite")


def _tool_end(text: str, origin: Origin, scope: Scope) -> tuple[str, tuple[str, ...]] | None:
    """(tool, rest of the path) of one end. A tool whose own name holds dots is found by its longest prefix."""
    parts = split_dotted(text)
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in scope.definitions.tools:
            return name, parts[length:]
    unknown("MG203", "tool", parts[0] if parts else text, scope.definitions.tools.origins, origin, scope.sink)
    return None


def _value_link(source: str, path: tuple[str, ...], target: str, parameter: tuple[str, ...], origin: Origin,
                scope: Scope) -> Link | None:
    if source not in scope.tools or target not in scope.tools:
        return None
    giver, taker = scope.tools[source], scope.tools[target]
    into = taker.parameter(join_dotted(parameter)) or taker.parameter(".".join(parameter))
    if into is None:
        unknown("MG204", "parameter", ".".join(parameter), (p.name for p in taker.parameters), origin.child("to"),
                scope.sink, within=f" of `{target}`")
        return None
    found = field_at(giver.returns, path)
    if found is None:
        unknown("MG204", "field", ".".join(path), field_names(giver.returns), origin.child("from"), scope.sink,
                within=f" in the result of `{source}`")
        return None
    pointer, expr = found
    while isinstance(expr, (ListOf, MapOf)) and not isinstance(into.type, (ListOf, MapOf)):
        pointer, expr = pointer + "/*", expr.items if isinstance(expr, ListOf) else expr.values
    if is_volatile(expr, scope.table):
        scope.sink.error("MG229", f"`{'.'.join((source, *path))}` is volatile: no argument comes from it", origin.child("from"),
                         help="link another field, or make it a type that is not `volatile`")
        return None
    if not flows(expr, into.type, scope.table):
        given = f"`{'.'.join((source, *path))}` has the type `{show_type(expr)}`"
        units = [f"`{unit}`" for each in (expr, into.type) if (unit := _unit(each, scope.table))]
        scope.sink.error("MG305", f"{given}, `{target}.{into.name}` takes `{show_type(into.type)}`", origin,
                         secondary=(Label(into.origin, f"`{into.name}` is declared here", at_key=True),),
                         notes=(f"the one is in {units[0]}, the other in {units[1]}",) if len(set(units)) > 1 else (),
                         help="link a field of that type, or put a tool that converts it in between")
        return None
    return Link(source=source, target=target, pointer=pointer, parameter=into.name, origin=origin)


def is_volatile(expr: TypeExpr, table: TypeTable) -> bool:
    """Whether a part of a value is another each time."""
    return any((entity := table.get(ref.name)) is not None and entity.volatile for _, ref in leaves(expr))


def field_at(expr: TypeExpr, path: tuple[str, ...]) -> tuple[str, TypeExpr] | None:
    """(pointer pattern, type) of a dotted path into a result; lists and maps on the way are passed through."""
    pointer = ""
    for name in path:
        while isinstance(expr, (ListOf, MapOf)):
            pointer, expr = pointer + "/*", expr.items if isinstance(expr, ListOf) else expr.values
        field = next((f for f in expr.fields if f.name == name), None) if isinstance(expr, Record) else None
        if field is None:
            return None
        pointer, expr = f"{pointer}/{escape(name)}", field.type
    return pointer, expr


def field_names(expr: TypeExpr) -> list[str]:
    """Dotted paths that `field_at` finds below `expr`, in order."""
    names: list[str] = []
    for pointer, _ in leaves(expr):
        parts = [token for token in pointer.split("/")[1:] if token != "*"]
        names += [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return list(dict.fromkeys(names))


def flows(source: TypeExpr, target: TypeExpr, table: TypeTable) -> bool:
    """Whether a declared link may carry a value. One item may be a list's only one.

    A link asserts more than types know, so that it may join entity types of which neither refines the other, but not
    primitives, units or formats that differ: such a value needs a tool that converts it.
    """
    match source, target:
        case (Ref("object"), _) | (_, Ref("object")):
            return True
        case Ref(given), Ref(taken):
            return _same_measure(given, taken, table)
        case (ListOf(given), ListOf(taken)) | (MapOf(given), MapOf(taken)):
            return flows(given, taken, table)
        case _, ListOf(taken) if not isinstance(source, MapOf):
            return flows(source, taken, table)
        case Record(given), Record(taken):
            fields = {f.name: f.type for f in given}
            return all(f.optional or (f.name in fields and flows(fields[f.name], f.type, table)) for f in taken)
        case _:
            return False


def _same_measure(given: str, taken: str, table: TypeTable) -> bool:
    one, other = table.get(given), table.get(taken)
    narrow, wide = one.base if one else given, other.base if other else taken
    if narrow != wide and (narrow, wide) != ("integer", "number"):
        return False
    return not (one and other) or all(a == b or None in (a, b)
                                      for a, b in ((one.unit, other.unit), (one.format, other.format)))


def _unit(expr: TypeExpr, table: TypeTable) -> str | None:
    entity = table.get(expr.name) if isinstance(expr, Ref) else None
    return entity.unit if entity else None


def _check_order(links: Iterable[Link], sink: Sink) -> None:
    """Prerequisites must not go round in a circle: no tool of it could ever be called."""
    after: dict[str, list[Link]] = {}
    for link in links:
        if not link.parameter:
            after.setdefault(link.source, []).append(link)
    done: set[str] = set()
    for start in after:
        cycle = _cycle(start, after, done)
        if cycle:
            route = " ~> ".join(f"`{name}`" for name in (*(link.source for link in cycle), cycle[0].source))
            sink.error("MG306", f"prerequisites go round in a circle: {route}", cycle[-1].origin,
                       secondary=tuple(Label(link.origin) for link in cycle[:-1]),
                       help="leave out one of the links: as it stands, none of these tools can be called first")


def _cycle(start: str, after: Mapping[str, list[Link]], done: set[str]) -> list[Link]:
    """A cycle of links that is reached from `start` and not yet known to be `done`; empty when there is none."""
    trail: list[Link] = []
    pending: list[tuple[str, int]] = [(start, 0)]
    while pending:
        name, index = pending.pop()
        outgoing = after.get(name, []) if name not in done else []
        if index >= len(outgoing):
            done.add(name)
            if trail:
                trail.pop()
            continue
        pending.append((name, index + 1))
        link = outgoing[index]
        trail.append(link)
        on_trail = [each.source for each in trail]
        if link.target in on_trail:
            done.update(on_trail)
            return trail[on_trail.index(link.target):]
        pending.append((link.target, 0))
    return []
