"""Slots: what a template may name, and the error when nothing has that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.frontend.string_literal import span_inside
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.template import Choice, Optional, Part, Phrase, Section, Slot
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr, at_pointer
from magnetc.source import Origin, Span

Chain = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A slot or section of a phrase, with the lists that it stands in, outermost first."""

    name: str
    sections: tuple[str, ...] = ()
    is_section: bool = False


def named(parts: tuple[Part, ...], sections: tuple[str, ...] = ()) -> Iterator[Named]:
    """Every slot and section of a template, optional fragments and sections entered."""
    for part in parts:
        match part:
            case Slot(name):
                yield Named(name, sections)
            case Optional(inner):
                yield from named(inner, sections)
            case Choice(options):
                for option in options:
                    yield from named(option, sections)
            case Section(name, inner):
                yield Named(name, sections, True)
                yield from named(inner, (*sections, name))


def argument_slots(tool: FunctionSignature, prefix: str = "") -> dict[str, TypeExpr]:
    """Slot names of a tool's arguments: parameters, and fields of record parameters under dotted names."""
    found: dict[str, TypeExpr] = {}
    for parameter in tool.parameters:
        _add(found, prefix + parameter.name, parameter.type)
    return found


def result_slots(expr: TypeExpr, prefix: str = "") -> dict[str, TypeExpr]:
    """Slot names of a result: its fields, and theirs under dotted names. Lists are not entered: sections do that."""
    found: dict[str, TypeExpr] = {}
    if isinstance(expr, Record):
        for field in expr.fields:
            _add(found, prefix + field.name, field.type)
    return found


def _add(found: dict[str, TypeExpr], name: str, expr: TypeExpr) -> None:
    found[name] = expr
    found.update(result_slots(expr, name + "."))


def turn_slots(chain: Chain, tools: Mapping[str, FunctionSignature]) -> dict[str, TypeExpr]:
    """Slots of a turn: the head's arguments by their names, the helpers' behind their aliases."""
    found: dict[str, TypeExpr] = {}
    for name, alias in chain:
        found |= argument_slots(tools[name], f"{alias}." if alias else "")
    return found


def reply_slots(chain: Chain, tools: Mapping[str, FunctionSignature]) -> dict[str, TypeExpr]:
    """Slots of a reply: results first, and arguments where no result has the name. `.` is a whole result that has no fields."""
    found: dict[str, TypeExpr] = {}
    for name, alias in chain:
        found |= result_slots(tools[name].returns, f"{alias}." if alias else "")
    head = tools[chain[0][0]].returns
    if not isinstance(head, Record):
        found["."] = head
    return turn_slots(chain, tools) | found


def item_slots(expr: TypeExpr) -> dict[str, TypeExpr]:
    """Slots inside a section over `expr`: `.` for the item itself, and its fields."""
    item = expr.items if isinstance(expr, ListOf) else expr.values if isinstance(expr, MapOf) else expr
    return {".": item} | result_slots(item)


def has_opaque_result(chain: Chain, alias: str, tools: Mapping[str, FunctionSignature]) -> bool:
    """Whether nothing is known of a result, so that any path into it may be right."""
    return any(tools[name].returns == Ref("object") for name, as_name in chain if as_name == alias)


def opaque_at(name: str, slots: Mapping[str, TypeExpr]) -> bool:
    """Whether a dotted name leads into opaque JSON."""
    parts = name.split(".")
    return any(slots.get(".".join(parts[:length])) == Ref("object") for length in range(1, len(parts)))


def siblings(returns: TypeExpr, pattern: str) -> set[str]:
    """Names of what stands beside the value at `pattern` in its result, or further up: fields and dotted paths."""
    tokens = tuple(pattern.split("/")[1:])
    found: set[str] = set()
    for depth in range(len(tokens)):
        above = at_pointer(returns, tokens[:depth])
        if above is not None:
            found |= result_slots(above).keys()
    return found


def unknown_slot(code: str, name: str, phrase: Phrase, candidates: Mapping[str, TypeExpr] | set[str], what: str, sink: Sink,
                 notes: tuple[str, ...] = ()) -> None:
    """An error under the slot itself: nothing has its name."""
    known = sorted(candidates)
    near = closest(name, (each for each in known if each != "."))
    place, fix = slot_span(name, phrase, sink), None
    if near:
        advice = f"did you mean `{{{near}}}`?"
        fix = renamed(sink, place, name, near, safe=is_sure(name, near, known))
        end = slot_span(name, phrase, sink, begins=("{/",))
        if fix and isinstance(end, Span) and (closing := renamed(sink, end, name, near, safe=True)):
            fix = replace(fix, edits=(*fix.edits, *closing.edits))
    elif known and len(known) <= 12:
        advice = "slots here: " + ", ".join(f"`{{{each}}}`" for each in known)
    else:
        advice = None
    sink.error(code, f"slot `{{{name}}}` is {what}", place, help=advice, notes=notes, fix=fix)


def slot_span(name: str, phrase: Phrase, sink: Sink, begins: tuple[str, ...] = ("{", "{#")) -> Span | Origin:
    """Where a slot stands in its phrase's text, or what ends its section; the whole text when it cannot be found there."""
    whole = sink.span(Label(phrase.origin))
    file = sink.files.get(phrase.origin.file)
    starts = [phrase.text.find(begin + name) for begin in begins]
    start = max(starts)
    if whole is None or file is None or start < 0:
        return phrase.origin
    end = phrase.text.find("}", start) + 1
    return span_inside(file, whole, phrase.text, start, end or start + len(name) + 1)
