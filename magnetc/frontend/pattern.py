"""Path patterns: regular expressions over tools, as text to `Pattern`. Formal syntax: `pattern` in `grammar/magnet.lark`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.frontend.dotted import unquote_name
from magnetc.frontend.dsl.blocks import MAX_DEPTH
from magnetc.frontend.dsl.extent import extent, is_token
from magnetc.frontend.dsl.parser import dsl_parser
from magnetc.frontend.dsl.syntax_errors import explain_pattern_error
from magnetc.frontend.string_literal import span_inside
from magnetc.ir.spec import Pattern
from magnetc.source import Origin, Span

if TYPE_CHECKING:
    from lark import Token, Tree

MAX_NAMES = 200
"""Tools, sets and `_` that a pattern may name: twice as many as a path has turns."""

_REPEATS = {"*": "star", "+": "plus", "?": "maybe"}


def parse_pattern(text: str, sink: Sink, origin: Origin, names: Mapping[str, tuple[str, ...]]) -> Pattern | None:
    """The pattern that `text` writes, such as `search+ (book_flight | hold_seat) _*`; None after a diagnostic.

    `names` has the tools that each name may stand for: a tool's own name, or the members of a set. `_` is any tool.
    """
    from lark.exceptions import UnexpectedInput

    flat = text.replace("\n", " ")
    if _depth(flat) > MAX_DEPTH:
        sink.error("MG154", f"this pattern has more than {MAX_DEPTH} brackets inside brackets", origin,
                   help="write it flatter")
        return None
    try:
        tree = dsl_parser().parse(flat, start="pattern")
    except UnexpectedInput as error:
        message, advice, start, end = explain_pattern_error(error, flat)
        sink.error("MG154", message, _place(text, start, end, sink, origin), help=advice)
        return None
    named = list(tree.scan_values(lambda token: is_token(token) and token.type == "NAME"))
    if len(named) > MAX_NAMES:
        sink.error("MG154", f"this pattern names {len(named):,} tools, and {MAX_NAMES} is the most that one may name", origin,
                   help="give sets of tools a name, and say what repeats with `*` and `+`")
        return None
    unknown = [name for name in named
               if (plain := unquote_name(str(name))) != "_" and plain not in names]
    for name in unknown:
        plain = unquote_name(str(name))
        near = closest(plain, names)
        place = _place(text, *extent(name), sink, origin)
        sink.error("MG203", f"unknown tool or set `{plain}`", place, help=f"did you mean `{near}`?" if near else None,
                   fix=renamed(sink, place, plain, near, safe=is_sure(plain, near, names)) if near else None)
    return None if unknown else _pattern(tree, names)


def _depth(text: str) -> int:
    depth = most = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        most = max(most, depth)
    return most


def _place(text: str, start: int, end: int, sink: Sink, origin: Origin) -> Origin | Span:
    """The span of `text[start:end]` where the source shows it, else the origin of the whole pattern."""
    span = sink.span(Label(origin))
    file = sink.files.get(span.file) if span else None
    return span_inside(file, span, text, start, end) if file and span and span.end > span.start else origin


def _pattern(item: Tree | Token, names: Mapping[str, tuple[str, ...]]) -> Pattern:
    if is_token(item):
        name = unquote_name(str(item))
        return Pattern(op="any") if name == "_" else Pattern(op="tool", tools=names[name])
    if item.data == "repeat":
        atom, *marks = item.children
        inner = _pattern(atom, names)
        return Pattern(op=_REPEATS[str(marks[0])], items=(inner,)) if marks else inner
    items = tuple(_pattern(child, names) for child in item.children)
    op = "alternate" if item.data == "pattern" else "concat"
    return items[0] if len(items) == 1 else Pattern(op=op, items=items)
