"""Turns, references, replies, questions and capabilities: phrases, and whether their slots are there to be filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import split_dotted
from magnetc.frontend.names import Definitions, Scope, items, unknown
from magnetc.frontend.slots import (
    Chain,
    Named,
    has_opaque_result,
    item_slots,
    named,
    opaque_at,
    reply_slots,
    siblings,
    slot_span,
    turn_slots,
    unknown_slot,
)
from magnetc.frontend.templates import parse_template
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.template import (
    AskTemplate,
    CapabilityTemplate,
    Part,
    Phrase,
    ReferTemplate,
    ReplyTemplate,
    TurnTemplate,
)
from magnetc.ir.template import (
    slots as slots_of,
)
from magnetc.ir.types import PRIMITIVES, ListOf, MapOf, Ref, TypeExpr, TypeTable, leaves
from magnetc.source import Origin


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of a recipe, in order of definition."""

    turns: tuple[TurnTemplate, ...] = ()
    refers: tuple[ReferTemplate, ...] = ()
    replies: tuple[ReplyTemplate, ...] = ()
    asks: tuple[AskTemplate, ...] = ()
    capabilities: tuple[CapabilityTemplate, ...] = ()


def resolve_turns(documents: Iterable[Document], definitions: Definitions, tools: Mapping[str, FunctionSignature],
                  table: TypeTable, sink: Sink) -> Templates:
    """Resolve all documents of kind turns. A phrase that does not parse is left out, after an error."""
    documents = tuple(documents)
    scope = Scope(definitions, tools, table, sink)

    def each(key: str, read: Any) -> tuple:
        found = (read(data, origin, scope) for data, origin in items(documents, "turns", key))
        return tuple(template for template in found if template)

    return Templates(each("turns", _turn), each("refers", _refer), each("replies", _reply), each("asks", _ask),
                     each("capabilities", _capability))


def _phrases(data: Iterable[Mapping[str, Any]], origin: Origin, sink: Sink) -> tuple[Phrase, ...]:
    phrases = []
    for index, each in enumerate(data):
        place = origin.child("phrases", index, "text")
        span = sink.span(Label(place))
        parts = parse_template(each["text"], span, sink, place)
        if parts is not None:
            phrases.append(Phrase(locale=each["locale"], parts=parts, text=each["text"], mood=each.get("mood", ""),
                                  forms=_forms(each.get("forms") or {}, parts, origin.child("phrases", index, "forms"), sink),
                                  weight=float(each.get("weight", 1)), origin=place))
    return tuple(phrases)


def _forms(data: Mapping[str, str], parts: tuple[Part, ...], origin: Origin, sink: Sink) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """The inflected forms of a phrase. Each says what the phrase says, so that any of them may stand for it."""
    found = []
    for name, text in data.items():
        place = origin.child(name)
        form = parse_template(text, sink.span(Label(place)), sink, place)
        if form is None:
            continue
        for required in (True, False):
            own, other = ({slot.name for slot in slots_of(each, required_only=required)} for each in (form, parts))
            if own != other:
                told = ", ".join(f"`{{{slot}}}`" for slot in sorted(own ^ other))
                sink.error("MG419", f"the form `{name}` and its phrase differ in what they say: {told}", place,
                           help="give both the same slots, and the same of them in [ ]")
                break
        found.append((name, form))
    return tuple(found)


def _chain(data: Iterable[Any], origin: Origin, scope: Scope) -> Chain | None:
    """(tool, alias) pairs; None when a tool is unknown or an alias is taken."""
    chain: list[tuple[str, str]] = []
    sound = True
    for index, each in enumerate(data):
        place = origin.child("chain", index)
        name, alias = (each, "") if isinstance(each, str) else (each["tool"], each["as"])
        at = place if isinstance(each, str) else place.child("tool")
        sound = scope.definitions.tools.check(name, at, scope.sink) and sound
        taken = {as_name for _, as_name in chain}
        if index and not alias:
            scope.sink.error("MG414", f"helper `{name}` has no alias", place,
                             help=f"write `{{tool: {name}, as: h}}`, or `then {name} as h` in the DSL")
            sound = False
        elif alias and (alias in taken or not index):
            reason = "two helpers have it" if index else "the head of a chain is named by its parameters alone"
            first = next((at for at, (_, as_name) in enumerate(chain) if as_name == alias), None)
            scope.sink.error("MG414", f"`{alias}` cannot be an alias here: {reason}", place.child("as"),
                             secondary=() if first is None else (Label(origin.child("chain", first, "as"), "an alias here already"),),
                             help="give each helper a name of its own, and the head none")
            sound = False
        chain.append((name, alias))
    if sound and chain and all(name in scope.tools for name, _ in chain):
        return _without_shadows(tuple(chain), origin, scope)
    return None


def _without_shadows(chain: Chain, origin: Origin, scope: Scope) -> Chain | None:
    head = scope.tools[chain[0][0]]
    for index, (_, alias) in enumerate(chain):
        if alias and head.parameter(alias):
            scope.sink.error("MG414", f"`{alias}` cannot be an alias here: it is a parameter of `{head.name}`",
                             origin.child("chain", index, "as"), help="choose another alias")
            return None
    return chain


def _turn(data: Mapping[str, Any], origin: Origin, scope: Scope) -> TurnTemplate | None:
    phrases = _phrases(data["phrases"], origin, scope.sink)
    chain = _chain(data["chain"], origin, scope)
    if chain is None:
        return None
    known = turn_slots(chain, scope.tools)
    for phrase in phrases:
        for each in named(phrase.parts):
            if each.is_section:
                _misplaced_section(each.name, phrase, scope.sink)
            elif not each.sections and each.name not in known and not opaque_at(each.name, known):
                unknown_slot("MG410", each.name, phrase, known, f"no parameter of {_show_chain(chain)}", scope.sink)
    return TurnTemplate(chain=chain, phrases=phrases, origin=origin)


def _misplaced_section(name: str, phrase: Phrase, sink: Sink) -> None:
    sink.error("MG415", f"`{{#{name}}}` stands outside a reply", slot_span(name, phrase, sink),
               help="only a reply has a result with lists to go through; users say values in slots")


def _show_chain(chain: Chain) -> str:
    return " then ".join(f"`{name}`" + (f" as `{alias}`" if alias else "") for name, alias in chain)


def _reply(data: Mapping[str, Any], origin: Origin, scope: Scope) -> ReplyTemplate | None:
    phrases = _phrases(data["phrases"], origin, scope.sink)
    chain = _chain(data["chain"], origin, scope)
    if chain is None:
        return None
    top = reply_slots(chain, scope.tools)
    arguments = turn_slots(chain[:1], scope.tools)
    for phrase in phrases:
        for each in named(phrase.parts):
            slots = _inside(each.sections, top, arguments)
            if slots is not None:
                _check_reply_slot(each, slots, phrase, chain, scope)
    return ReplyTemplate(chain=chain, phrases=phrases, origin=origin)


def _inside(sections: tuple[str, ...], slots: dict[str, TypeExpr],
            arguments: dict[str, TypeExpr]) -> dict[str, TypeExpr] | None:
    """Slots within nested sections; None when a section is unknown or opaque, and nothing can be said of its inside."""
    for name in sections:
        expr = slots.get(name)
        if not isinstance(expr, (ListOf, MapOf)):
            return None
        slots = arguments | item_slots(expr)
    return slots


def _check_reply_slot(each: Named, slots: dict[str, TypeExpr], phrase: Phrase, chain: Chain, scope: Scope) -> None:
    expr = slots.get(each.name)
    if expr is None:
        alias = each.name.partition(".")[0]
        alias = alias if alias in {as_name for _, as_name in chain} else ""
        if not opaque_at(each.name, slots) and not (has_opaque_result(chain, alias, scope.tools) and not each.sections):
            where = f"item of `{each.sections[-1]}`" if each.sections else "result"
            unknown_slot("MG410", each.name, phrase, slots,
                         f"neither in the {where} nor a parameter of {_show_chain(chain)}", scope.sink)
    elif each.is_section and not isinstance(expr, (ListOf, MapOf)) and expr != Ref("object"):
        scope.sink.error("MG415", f"`{{#{each.name}}}` goes through a `{show_type(expr)}`, which is no list",
                         slot_span(each.name, phrase, scope.sink),
                         help=f"write `{{{each.name}}}`" if isinstance(expr, Ref) else "name a list or a map")
    elif not each.is_section and not _is_sayable(expr):
        scope.sink.error("MG415", f"`{{{each.name}}}` is a `{show_type(expr)}`, which one slot cannot say",
                         slot_span(each.name, phrase, scope.sink),
                         help=f"name a field of it, or go through it: `{{#{each.name}}}...{{/{each.name}}}`")


def _is_sayable(expr: TypeExpr) -> bool:
    return isinstance(expr, Ref) or (isinstance(expr, ListOf) and isinstance(expr.items, Ref))


def _refer(data: Mapping[str, Any], origin: Origin, scope: Scope) -> ReferTemplate | None:
    phrases = _phrases(data["phrases"], origin, scope.sink)
    name, pick, by = data["type"], data.get("pick", ""), data.get("by", "")
    if not scope.definitions.types.check(name, origin.child("type"), scope.sink):
        return None
    if scope.table.get(name) is None and name not in PRIMITIVES:
        return None
    fields, arguments, opaque = _around(name, scope)
    if not fields and not opaque:
        scope.sink.warning("MG416", f"no tool returns a `{name}`, so nothing can be referred to", origin.child("type"),
                           help="give a result field that type, or leave the reference out")
        return ReferTemplate(type=name, phrases=phrases, pick=pick, by=by, origin=origin)
    if by and by not in fields and not opaque:
        unknown("MG204", "field", by, fields, origin.child("by"), scope.sink, within=f" beside a `{name}` in any result")
    for phrase in phrases:
        for each in named(phrase.parts):
            if each.is_section:
                _misplaced_section(each.name, phrase, scope.sink)
            elif not opaque and not each.sections and each.name not in fields | arguments:
                unknown_slot("MG410", each.name, phrase, fields | arguments,
                             f"neither beside a `{name}` in any result nor a parameter of a tool that returns one",
                             scope.sink)
    return ReferTemplate(type=name, phrases=phrases, pick=pick, by=by, origin=origin)


def _around(name: str, scope: Scope) -> tuple[set[str], set[str], bool]:
    """What may identify a value of a type: fields beside it in results, and arguments of the tools that return it.

    The last item is whether some result is opaque, so that it may hold such a value too.
    """
    fields: set[str] = set()
    arguments: set[str] = set()
    opaque = False
    for tool in scope.tools.values():
        for pattern, ref in leaves(tool.returns):
            opaque = opaque or ref == Ref("object")
            if scope.table.unify(ref.name, name):
                fields |= siblings(tool.returns, pattern)
                arguments |= {parameter.name for parameter in tool.parameters}
    return fields, arguments, opaque


def _ask(data: Mapping[str, Any], origin: Origin, scope: Scope) -> AskTemplate | None:
    phrases = _phrases(data["phrases"], origin, scope.sink)
    for phrase in phrases:
        _without_slots(phrase, "a question", scope.sink)
    of = data["of"]
    if of in scope.definitions.types:
        return AskTemplate(of=of, phrases=phrases, origin=origin)
    tool, dot, parameter = of.rpartition(".")
    if not dot:
        unknown("MG202", "type", of, scope.definitions.types.origins, origin.child("of"), scope.sink)
        return None
    head, *path = split_dotted(of)
    known = [leaf.name for each in scope.tools[head].parameters for leaf in argument_leaves(each)] if head in scope.tools else []
    if ".".join(path) in known:
        return AskTemplate(of=f"{head}.{'.'.join(path)}", phrases=phrases, origin=origin)
    tool, parameter = split_dotted(tool)[-1] if tool.startswith("`") else tool, parameter.strip("`")
    if not scope.definitions.tools.check(tool, origin.child("of"), scope.sink) or tool not in scope.tools:
        return None
    if scope.tools[tool].parameter(parameter) is None:
        unknown("MG204", "parameter", parameter, (p.name for p in scope.tools[tool].parameters), origin.child("of"),
                scope.sink, within=f" of `{tool}`")
        return None
    return AskTemplate(of=f"{tool}.{parameter}", phrases=phrases, origin=origin)


def _capability(data: Mapping[str, Any], origin: Origin, scope: Scope) -> CapabilityTemplate | None:
    phrases = _phrases(data["phrases"], origin, scope.sink)
    for phrase in phrases:
        _without_slots(phrase, "a capability", scope.sink)
    if not scope.definitions.tools.check(data["tool"], origin.child("tool"), scope.sink):
        return None
    return CapabilityTemplate(tool=data["tool"], phrases=phrases, origin=origin)


def _without_slots(phrase: Phrase, what: str, sink: Sink) -> None:
    for each in named(phrase.parts):
        sink.error("MG410", f"slot `{{{each.name}}}` is in {what}, which has no value to say", slot_span(each.name, phrase, sink),
                   help="say it in words that hold for every value, without a slot")
